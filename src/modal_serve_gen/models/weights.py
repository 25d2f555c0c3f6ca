"""Bytes of a model's weights on each GPU, for tensor, pipeline, data and expert parallelism (pure).

Parts are sized from the configuration; where the size of the files is known, all parts are scaled to it.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from modal_serve_gen.models.decoder import Decoder, Matrix, Part, matrices
from modal_serve_gen.models.mlp import Experts
from modal_serve_gen.models.weight_format import Storage, WeightFormat

PLAIN = Storage(16)
DIVIDED = ("mlp", "experts", "shared", "attention")
VOCABULARY = 64  # rows are padded to a multiple (vLLM 0.33.0, layers/vocab_parallel_embedding.py)


@dataclass(frozen=True, slots=True)
class Weight:
    """Matrices that are placed alike on the GPUs: bytes of all of them together."""

    matrix: Matrix
    bytes: float
    storages: tuple[Storage, ...] = ()  # in the layers that have it; 16 bits: not quantized
    mxfp4_experts: bool = False
    fp4_beside_fp8: bool = False  # experts of DeepSeek V4

    @property
    def part(self) -> Part:
        return self.matrix.part


@dataclass(frozen=True, slots=True)
class Cut:
    """A width that tensor parallelism divides: that of MLPs or experts, or of all heads together, which the layer after
    them has as its inputs."""

    part: Part
    width: int
    hidden: int  # width of the layer's other side
    block: int  # side of the blocks that share a scale; 0: no blocks
    group: int  # inputs that share a scale; 0: no groups


@dataclass(frozen=True)
class Sizes:
    """All weights of a model, sized from its configuration."""

    decoder: Decoder
    weights: tuple[Weight, ...]
    certain: bool  # False: the configuration does not say which layers are quantized
    ungated_width: int = 0  # of experts of two matrices with one FP8 scale each, which some kernels pad

    @cached_property
    def served(self) -> float:
        """Bytes that an engine loads."""
        return sum(weight.bytes for weight in self.weights if weight.part != "draft")

    @cached_property
    def drafts(self) -> float:
        """Bytes of prediction layers, which an engine loads only to speculate."""
        return sum(weight.bytes for weight in self.weights if weight.part == "draft")

    @cached_property
    def cuts(self) -> tuple[Cut, ...]:
        """The widths of MLPs, experts and attention, each once."""
        cuts = {
            Cut(weight.part, matrix.inputs, matrix.outputs, storage.block or 0, storage.group or 0)
            for weight in self.weights
            if (matrix := weight.matrix).part in DIVIDED and matrix.name.endswith((".down_proj", ".o_proj"))
            for storage in weight.storages
        }
        return tuple(sorted(cuts, key=lambda cut: (cut.width, cut.part, -cut.block)))

    @cached_property
    def up_projections(self) -> tuple[Matrix, ...]:
        """MLA's projections of its latent rows to keys and values of all heads."""
        attention = (weight.matrix for weight in self.weights if weight.part == "attention")
        return tuple(matrix for matrix in attention if matrix.name.endswith(".kv_b_proj"))

    @cached_property
    def latent_copies(self) -> float:
        """Bytes of W_UK_T and W_UV, which an engine makes of kv_b_proj at load, in 16 bits (vLLM 0.33.0,
        layers/attention/mla_attention.py, process_weights_after_loading)."""
        return 2.0 * sum(matrix.elements for matrix in self.up_projections)


def sizes_of(decoder: Decoder, weight_format: WeightFormat) -> Sizes:
    is_mxfp4 = weight_format.label == "mxfp4"
    beside_fp8 = weight_format.experts is not None and not weight_format.experts_only
    weights = (
        Weight(
            matrix,
            weight_format.bytes_of(matrix, decoder.element_bytes),
            _storages(matrix, weight_format) if matrix.part in DIVIDED else (),
            is_mxfp4 and matrix.part == "experts",
            beside_fp8 and matrix.part == "experts",
        )
        for matrix in matrices(decoder)
    )
    per_tensor = weight_format.label == "fp8" and not weight_format.block
    mlps = [mlp for layer in decoder.layers for mlp in layer.mlps if isinstance(mlp, Experts) and not mlp.gated]
    ungated = max((mlp.width for mlp in mlps), default=0) if per_tensor else 0
    return Sizes(decoder, tuple(weights), weight_format.certain, ungated)


def _storages(matrix: Matrix, weight_format: WeightFormat) -> tuple[Storage, ...]:
    return tuple({weight_format.storage_of(matrix, layer) or PLAIN: None for layer in matrix.layers})


def scale(known: int, sizes: Sizes) -> float:
    """The factor that scales all parts to the known bytes of the files: with prediction layers, if that is closer."""
    total = sizes.served + sizes.drafts
    return known / (total if abs(known - total) < abs(known - sizes.served) else sizes.served)


def per_gpu(
    sizes: Sizes,
    factor: float,
    *,
    tp: int = 1,
    pp: int = 1,
    experts_over: float | None = None,
    capability: float = 9.0,
    fp4_scale_bytes: float = 1.0,
    expert_multiple: int = 1,
) -> float:
    """Bytes of weights on the fullest GPU after loading.

    Linear layers, experts and vocabulary divide by `tp`; K and V projections are replicated beyond the KV heads; every
    rank holds routers and latent projections; experts divide by `experts_over` (vLLM 0.33.0, layers/linear.py,
    fused_moe/layer.py). Of `pp` stages the fullest counts: a share of the layers, and embedding or head.
    `fp4_scale_bytes` are those of a scale of 32 FP4 weights in experts beside FP8 layers; `expert_multiple` is what
    kernels pad experts of two FP8 matrices to.
    """
    layered = first = last = 0.0
    for weight in sizes.weights:
        if weight.part == "draft":
            continue
        size = weight.bytes * factor * _padding(weight, tp, capability) / _ranks(weight, tp, experts_over)
        if weight.part == "experts" and sizes.ungated_width:
            part = sizes.ungated_width / (experts_over or tp)
            size *= math.ceil(part / expert_multiple) * expert_multiple / part
        if weight.fp4_beside_fp8:
            size *= (16 + fp4_scale_bytes) / 17
        if "{}" in weight.matrix.name and weight.part != "tower":
            layered += size
        elif weight.part == "head":
            last += size
        else:
            first += size
    if sizes.decoder.tied:  # the last stage holds another copy of the embedding
        last = sum(weight.bytes * factor / tp for weight in sizes.weights if weight.part == "embedding")
    layered += sizes.latent_copies / tp
    layers = len(sizes.decoder.layers)
    ends = max(first, last) if pp > 1 else first if sizes.decoder.tied else first + last
    return layered * (math.ceil(layers / pp) / layers) + ends + sizes.decoder.rope_bytes


def _ranks(weight: Weight, tp: int, experts_over: float | None) -> float:
    """Number of GPUs that a matrix is divided over."""
    split = weight.matrix.split
    if split == "copy":
        return 1
    if split == "heads":
        return min(tp, max(weight.matrix.kv_heads, 1))
    return experts_over or tp if split == "experts" else tp


def _padding(weight: Weight, tp: int, capability: float) -> float:
    """The factor by which a matrix grows on the GPU: padded vocabulary, and MXFP4 experts that their kernels pad.

    Marlin pads one side to 256 and the divided one to 128, Triton on Hopper one side alone, TRT-LLM and CUTLASS on
    Blackwell both to 256 (vLLM 0.33.0, layers/quantization/mxfp4); logs of gpt-oss on A100 and H100 agree.
    """
    outputs = weight.matrix.outputs
    if weight.part in ("embedding", "head"):
        return math.ceil(outputs / (VOCABULARY * tp)) * VOCABULARY * tp / outputs
    if not weight.mxfp4_experts:
        return 1.0
    small, large = sorted((weight.matrix.inputs, outputs))

    def padded(size: int, multiple: int) -> float:
        return math.ceil(size / multiple) * multiple / size

    if capability >= 10:
        return padded(small, 256) * padded(max(large // tp, 1), 256)
    if capability >= 9:
        return padded(large, 256)
    return padded(small, 256) * padded(max(large // tp, 1), 128)
