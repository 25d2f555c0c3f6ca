"""Bytes of each weight in a quantized checkpoint (pure). `quantization_config` reads the format from a config.json.

A checkpoint lists the modules that it does not quantize, which keep the model's 16 bits. The lists have the forms of
transformers, compressed-tensors and ModelOpt, as vLLM 0.33.0 reads them (model_executor/layers/quantization/utils/
quant_utils.py, is_layer_skipped; compressed_tensors/utils.py).
"""

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache

from modal_serve_gen.models.decoder import Matrix

# Parts that are quantized only where a format names them; the head only with `lm_head`.
NOT_QUANTIZED = ("embedding", "head", "router", "tower")
PREFIXES = ("model.", "model.language_model.", "language_model.model.", "backbone.", "")
MAX_PATTERN, MAX_EXPRESSIONS = 500, 200  # characters, and their number; no checkpoint comes near
# Matrices that some checkpoints store as one, and the names that they list then.
FUSED = {
    "q_proj": ("qkv_proj", "qkv"),
    "k_proj": ("qkv_proj", "qkv"),
    "v_proj": ("qkv_proj", "qkv"),
    "up_proj": ("gate_up_proj", "gate_proj"),
    "in_proj_q": ("in_proj_qkv", "in_proj_qkvz"),
    "in_proj_v": ("in_proj_qkv", "in_proj_qkvz", "in_proj_z"),
    "in_proj_b": ("in_proj_ba", "in_proj_a"),
}


@dataclass(frozen=True, slots=True)
class Storage:
    """How a quantized matrix is stored."""

    bits: float
    group: int | None = None  # weights that share one scale; None: one scale per row or matrix
    scale_bytes: float = 2.0
    zeros: bool = False  # integer zero points, of as many bits as the weights
    block: int | None = None  # side of a square block with one float32 scale

    @property
    def bytes_per_weight(self) -> float:
        size = self.bits / 8
        if self.group:
            size += (self.scale_bytes + (self.bits / 8 if self.zeros else 0)) / self.group
        return size + (4 / self.block**2 if self.block else 0)


@dataclass(frozen=True)
class WeightFormat:
    """The format of a checkpoint: its label, and how each matrix is stored."""

    label: str | None
    block: int | None  # every shard of a matrix must be a multiple of it
    storages: tuple[tuple[tuple[str, ...], Storage], ...] = ()  # by targets; no targets: every linear layer
    ignored: tuple[str, ...] = ()  # modules that are not quantized
    experts: Storage | None = None  # where experts are stored differently
    experts_only: bool = False
    certain: bool = True  # False: the configuration does not say which matrices are not quantized
    method: str | None = None  # quant_method as the checkpoint states it

    def bytes_of(self, matrix: Matrix, element_bytes: float) -> float:
        """Bytes of these matrices on all GPUs together; `element_bytes` is that of weights that are not quantized."""
        if matrix.stored_bytes:
            return matrix.elements * matrix.stored_bytes
        if self.label is None:
            return matrix.elements * element_bytes
        elements = matrix.inputs * matrix.outputs * matrix.each
        stored = (self.storage_of(matrix, layer) for layer in matrix.layers)
        return sum(elements * (storage.bytes_per_weight if storage else element_bytes) for storage in stored)

    def storage_of(self, matrix: Matrix, layer: int) -> Storage | None:
        """How this matrix of that layer is stored; None where it is not quantized."""
        if self.label is None or matrix.stored_bytes or matrix.name.endswith(("conv1d", "conv.conv")):
            return None
        if self.experts and (matrix.part == "experts" or ".experts." in matrix.name):  # of prediction layers as well
            return self.experts
        if self.experts_only:
            return None
        name = matrix.name.replace("{}", str(layer))
        default = next((storage for targets, storage in self.storages if not targets), None)
        if matrix.part in NOT_QUANTIZED or name.endswith(("embed_tokens", "eh_proj", "mlp.gate")):
            default = None
        if matrix.part == "draft":  # listed under other names, which begin with mtp
            return None if any("mtp" in pattern for pattern in self.ignored) else default
        if _is_listed(name, self.ignored):
            return None
        listed = (storage for targets, storage in self.storages if targets and _is_listed(name, targets))
        return next(listed, default)


def _is_listed(name: str, patterns: tuple[str, ...]) -> bool:
    """True if a list of names, parts of names, wildcards or `re:` expressions covers this module."""
    if not patterns:
        return False
    names, expressions = _compiled(patterns)
    head, _, tail = name.rpartition(".")
    words = name.split(".")
    parts = {".".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    if parts & names:
        return True
    for prefix in PREFIXES:
        if prefix and any(f"{prefix}{'.'.join(words[:end])}" in names for end in range(1, len(words) + 1)):
            return True
        if any(f"{prefix}{head}.{other}" in names for other in FUSED.get(tail, ())):
            return True
    return any(expression.match(f"{prefix}{name}") for expression in expressions for prefix in PREFIXES)


@lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """The plain names, and expressions for the rest.

    Expressions that could take exponential time are skipped: those with a repeated group, which no checkpoint needs.
    """
    names = frozenset(pattern for pattern in patterns if "*" not in pattern and not pattern.startswith("re:"))
    expressions = []
    wildcards = [pattern for pattern in patterns if "*" in pattern and not pattern.startswith("re:")]
    wildcards = [pattern for pattern in wildcards if len(pattern) <= MAX_PATTERN]
    if wildcards:
        globs = (glob for pattern in wildcards for glob in (pattern, f"{pattern}.*"))
        expressions.append(re.compile("|".join(map(fnmatch.translate, globs))))
    for pattern in dict.fromkeys(pattern for pattern in patterns if pattern.startswith("re:")):
        expression = pattern.removeprefix("re:")
        too_long = len(pattern) > MAX_PATTERN or len(expressions) > MAX_EXPRESSIONS
        if too_long or re.search(r"\)[*+{?]", expression):
            continue
        try:
            expressions.append(re.compile(expression))
        except (re.error, RecursionError, OverflowError):
            continue
    return names, tuple(expressions)
