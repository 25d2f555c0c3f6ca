"""Run by the engine environment's Python: random weights for the config.json in the folder named by the first argument.

The second is JSON: how large the numbers of a vision tower may be that the configuration does not describe, so that the
architecture's own defaults would hold.

Ends with 3 when this transformers has no such architecture or cannot build it. The output head is shaped: only readable
tokens can win, so that answers are word salad rather than control codes, and end at their token limit.
"""

import json
import sys
from pathlib import Path

SEED = 20261121
HEAD_STD = 0.5  # wide enough that sampling at temperature 1 stays among the winners


TOWERS = ("vision_config", "audio_config")


def main(folder: Path, limits: dict) -> int:
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    ours = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    generation = (folder / "generation_config.json").read_bytes()
    architecture = (ours.get("architectures") or [""])[0]
    try:
        kind = getattr(transformers, architecture, None)
        if kind is None:
            raise LookupError(f"transformers {transformers.__version__} has no {architecture}")
        try:
            config = transformers.AutoConfig.from_pretrained(folder)
        except ValueError:  # a model type of its own for an architecture that is known
            config = kind.config_class.from_dict({**ours, "model_type": kind.config_class.model_type})
        shrink_towers(config, ours, limits)
        model = kind._from_config(config, dtype=torch.bfloat16)
    except Exception as fault:  # whatever a configuration class or a model's code does not like
        print(f"{type(fault).__name__}: {fault}".splitlines()[0], file=sys.stderr)
        return 3
    shape_head(model, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
    model.save_pretrained(folder, safe_serialization=True)
    # save_pretrained writes its own view of both.
    (folder / "config.json").write_text(json.dumps(ours, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "generation_config.json").write_bytes(generation)
    return 0


def shrink_towers(config, ours: dict, limits: dict) -> None:
    """Make small, and write down, what sees or hears by default although the configuration says nothing of it."""
    for name in TOWERS:
        if name in ours:
            continue  # described, or said to be absent
        tower = getattr(config, name, None)
        if tower is None and name == "vision_config" and name in type(config).sub_configs:
            tower = type(config).sub_configs[name]()  # engines insist on it
        if tower is None:
            continue
        small = tower.to_dict()
        for key, most in limits.items():
            if isinstance(small.get(key), int) and not isinstance(small[key], bool):
                small[key] = min(small[key], most)
        ours[name] = small
        setattr(config, name, type(tower)(**small))


def shape_head(model, tokenizer: dict) -> None:
    """Rows of the output head: random for printable tokens, zero for all others."""
    import torch

    head = (model.get_output_embeddings() or model.get_input_embeddings()).weight
    readable = [
        at for word, at in tokenizer["model"]["vocab"].items() if all("!" <= c <= "~" or c == "Ġ" for c in word)
    ]
    generator = torch.Generator().manual_seed(SEED)
    rows = torch.zeros(head.shape, dtype=torch.float32)
    rows[readable] = torch.randn((len(readable), head.shape[1]), generator=generator) * HEAD_STD
    with torch.no_grad():
        head.copy_(rows.to(head.dtype))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
