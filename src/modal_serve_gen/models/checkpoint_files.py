"""The weight files of a repository or folder that an engine loads, and errors for other formats (pure)."""

import re
from collections.abc import Collection

from modal_serve_gen.errors import ModelError

PICKLE = re.compile(r"(pytorch_model.*|consolidated.*|model.*)\.(bin|pt|pth|ckpt)")


def weight_files(names: Collection[str]) -> list[str]:
    """The safetensors files that an engine loads: no adapters; consolidated copies only without others."""
    files = sorted(name for name in names if name.endswith(".safetensors") and "adapter" not in name)
    return [name for name in files if not name.startswith("consolidated")] or files


def refuse_other_formats(model: str, names: Collection[str]) -> None:
    """Raise ModelError for weights or models in a format that no engine here loads."""
    if "adapter_config.json" in names:
        raise ModelError(
            f"{model} is a LoRA adapter, not a complete model.",
            "Choose its base model, and add the adapter with `new --lora NAME=REPO@SHA`.",
        )
    if "model_index.json" in names:
        raise ModelError(
            f"{model} is a diffusion pipeline, not a text-generation model.", "Choose a model that generates text."
        )
    if any(name.endswith(".gguf") for name in names):
        raise ModelError(
            f"{model} has its weights as GGUF files only, which the engines here do not load.",
            "Choose the repository that it was converted from, or an AWQ, FP8 or NVFP4 version.",
        )
    if any(PICKLE.fullmatch(name) for name in names):
        raise ModelError(
            f"{model} has its weights as pickle files only, and loading those executes code.",
            "Choose a revision or a copy with safetensors files.",
        )
