"""The model that a command line names, and the longest request that vLLM takes for it."""

import os
from typing import Any

from engine_stub import flags, models
from engine_stub.command import last

SIZES = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def model_of(options: flags.Parsed, table: flags.Table) -> str:
    """The model that the command line names."""
    return next(iter(options.positionals), None) or last(options, "--model") or str(table.options["--model"].default)


def max_model_len(value: str | None, config: dict[str, Any], overridden: bool) -> int:
    """The longest request in tokens. Raises models.StartError above the model's own positions, as the engine does."""
    text_config = models.text_config(config)
    positions = text_config.get("max_position_embeddings") or 2048
    rope = text_config.get("rope_scaling") or text_config.get("rope_parameters") or {}
    if isinstance(rope.get("factor"), int | float):
        positions = max(positions, int(rope["factor"] * (rope.get("original_max_position_embeddings") or positions)))
    if value is None or value.strip().lower() in ("auto", "-1"):
        return positions
    length = size(value)
    if length > positions and not overridden and os.environ.get("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "0") in ("", "0"):
        raise models.StartError(
            f"ValueError: User-specified max_model_len ({length}) is greater than the derived max_model_len "
            f"(max_position_embeddings={positions} in the model's config.json)."
        )
    return length


def size(text: str | None) -> int:
    """A size such as 16384 or 32k; 0 for none and for `auto`."""
    digits = (text or "").strip()
    try:
        return int(float(digits.rstrip("kmgtKMGT")) * SIZES.get(digits[-1:], 1))
    except ValueError:
        return 0
