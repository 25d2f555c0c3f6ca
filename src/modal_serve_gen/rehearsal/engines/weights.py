"""Write random weights for a folder's config.json: `weights.py FOLDER LIMITS`, run by the engine environment's Python.

LIMITS is JSON: upper bounds for the numbers of a vision or audio tower that the configuration does not describe, for
which transformers would use the architecture's defaults.

Ends with 3 if this transformers does not have the architecture or cannot build it. Only readable tokens can win in the
output head, so that answers are words instead of control codes and end at their token limit.
"""

import json
import sys
from pathlib import Path
from typing import Any

SEED = 20261121
HEAD_STD = 0.5  # wide enough that sampling at temperature 1 stays among readable tokens
TOWERS = ("vision_config", "audio_config")


def main(folder: Path, limits: dict[str, int]) -> int:
    import torch  # type: ignore[import-not-found]  # of the engine environment
    import transformers  # type: ignore[import-not-found]  # of the engine environment

    transformers.logging.set_verbosity_error()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    own = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    generation = (folder / "generation_config.json").read_bytes()
    architecture = (own.get("architectures") or [""])[0]
    try:
        kind = getattr(transformers, architecture, None)
        if kind is None:
            raise LookupError(f"transformers {transformers.__version__} has no {architecture}")
        try:
            config = transformers.AutoConfig.from_pretrained(folder)
        except ValueError:  # an unknown model type with a known architecture
            config = kind.config_class.from_dict({**own, "model_type": kind.config_class.model_type})
        shrink_towers(config, own, limits)
        model = kind._from_config(config, dtype=torch.bfloat16)
    except Exception as error:  # of a configuration class or a model's code
        print(f"{type(error).__name__}: {error}".splitlines()[0], file=sys.stderr)
        return 3
    shape_head(model, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
    model.save_pretrained(folder, safe_serialization=True)
    # save_pretrained has written its own versions of both.
    (folder / "config.json").write_text(json.dumps(own, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "generation_config.json").write_bytes(generation)
    return 0


def shrink_towers(config: Any, own: dict[str, Any], limits: dict[str, int]) -> None:
    """Shrink the vision and audio towers that exist by default, and describe them in the configuration `own`."""
    for name in TOWERS:
        if name in own:
            continue  # described, or null
        tower = getattr(config, name, None)
        if tower is None and name == "vision_config" and name in type(config).sub_configs:
            tower = type(config).sub_configs[name]()  # engines require it
        if tower is None:
            continue
        small = tower.to_dict()
        for key, most in limits.items():
            if isinstance(small.get(key), int) and not isinstance(small[key], bool):
                small[key] = min(small[key], most)
        own[name] = small
        setattr(config, name, type(tower)(**small))


def shape_head(model: Any, tokenizer: dict[str, Any]) -> None:
    """Fill the rows of the output head: random for printable tokens, zero for all others."""
    import torch

    head = (model.get_output_embeddings() or model.get_input_embeddings()).weight
    readable = [
        token for word, token in tokenizer["model"]["vocab"].items() if all("!" <= c <= "~" or c == "Ġ" for c in word)
    ]
    generator = torch.Generator().manual_seed(SEED)
    rows = torch.zeros(head.shape, dtype=torch.float32)
    rows[readable] = torch.randn((len(readable), head.shape[1]), generator=generator) * HEAD_STD
    with torch.no_grad():
        head.copy_(rows.to(head.dtype))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
