"""Make a tiny LoRA adapter for the miniature of its base model, in PEFT's format."""

import json
import random
import re
import struct
from pathlib import Path

RANK = 1  # within any --max-lora-rank
SEED = 20261121
# The linear layers that adapters usually change, of the language model; experts are packed differently.
LINEAR = re.compile(
    r"(?!.*(experts|visual|vision|audio)).*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)\.weight"
)


def make(base: Path, folder: Path, *, base_id: str) -> list[str]:
    """Fill `folder` with an adapter for the model in `base`; sentences about what was substituted.

    The stub engine's miniatures have no such layers: their adapter is one placeholder tensor. The same base gives
    the same bytes. Raises OSError or ValueError if `base` has no weights.
    """
    layers = {name: shape for name, shape in _shapes(base).items() if LINEAR.fullmatch(name) and len(shape) == 2}
    modules = sorted({name.split(".")[-2] for name in layers}) or ["q_proj", "v_proj"]
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base_id, "r": RANK,
        "lora_alpha": RANK, "target_modules": modules, "bias": "none",
        "lora_dropout": 0.0, "fan_in_fan_out": False, "inference_mode": True,
        "modules_to_save": None, "use_rslora": False, "use_dora": False,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    tensors: dict[str, list[int]] = {}
    for name, (rows, columns) in layers.items():
        module = f"base_model.model.{name.removesuffix('.weight')}"
        tensors |= {f"{module}.lora_A.weight": [RANK, columns], f"{module}.lora_B.weight": [rows, RANK]}
    _write(folder / "adapter_model.safetensors", tensors or {"base_model.model.q_proj.lora_A.weight": [RANK, 8]})
    text = f"a tiny adapter of rank {RANK} with random weights for {', '.join(modules)}"
    return [text if layers else f"{text}, which the stub engine does not read"]


def _shapes(base: Path) -> dict[str, list[int]]:
    """Each tensor's shape, from the headers of the safetensors files: eight bytes of length, then JSON."""
    shapes: dict[str, list[int]] = {}
    for path in sorted(base.glob("*.safetensors")):
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        shapes |= {name: row["shape"] for name, row in header.items() if name != "__metadata__"}
    if not shapes:
        raise ValueError(f"no weights in {base}")
    return shapes


def _write(path: Path, tensors: dict[str, list[int]]) -> None:
    source, header, parts, at = random.Random(SEED), dict[str, object](), list[bytes](), 0
    for name, shape in tensors.items():
        count = shape[0] * shape[1]
        parts.append(struct.pack(f"<{count}f", *(source.uniform(-0.1, 0.1) for _ in range(count))))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 4 * count]}
        at += 4 * count
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(parts))
