"""Bytes of a model's weights on each GPU, for tensor, pipeline, data and expert parallelism (pure).

Parts are sized from the configuration; where the size of the files is known, all parts are scaled to it.
"""

import math

from pydantic import BaseModel, ConfigDict

from modal_serve_gen.models.decoder import Decoder, matrices
from modal_serve_gen.models.latent import LatentAttention
from modal_serve_gen.models.matrix import Split
from modal_serve_gen.models.weight_format import WeightFormat

VOCABULARY = 64  # rows are padded to a multiple (vLLM 0.33.0, layers/vocab_parallel_embedding.py)


class Weight(BaseModel):
    """Matrices of one shape that are placed alike on the GPUs: bytes of all of them together."""

    model_config = ConfigDict(frozen=True)

    part: str
    split: Split
    bytes: float
    elements: int
    inputs: int
    outputs: int
    kv_heads: int = 0
    layered: bool = True  # False: embedding, head, encoders, which are on the first or last pipeline stage
    form: str = ""


class Sizes(BaseModel):
    """All weights of a model, sized from its configuration."""

    model_config = ConfigDict(frozen=True)

    weights: tuple[Weight, ...]
    served: float  # bytes that an engine loads
    drafts: float  # bytes of prediction layers, which it loads only to speculate
    certain: bool  # False: the configuration does not say which layers are quantized
    active: float = 1.0  # fraction of the experts that one token uses
    layers: int = 1
    up_projected: int = 0  # width that MLA's latent rows are projected to, all heads together
    latent_copies: float = 0.0  # bytes of projections that an engine makes of MLA's at load
    rope: float = 0.0  # bytes of the table of sines and cosines, on every GPU


def sizes_of(decoder: Decoder, weight_format: WeightFormat) -> Sizes:
    weights = [
        Weight(
            part=matrix.part,
            split=matrix.split,
            bytes=weight_format.bytes_of(matrix, decoder.element_bytes),
            elements=matrix.elements,
            inputs=matrix.inputs,
            outputs=matrix.outputs,
            kv_heads=matrix.kv_heads,
            layered="{}" in matrix.name and matrix.part != "tower",
            form="mxfp4" if matrix.part == "experts" and weight_format.label == "mxfp4" else "",
        )
        for matrix in matrices(decoder)
    ]
    latent = [mixer for layer in decoder.layers for mixer in layer.mixers if isinstance(mixer, LatentAttention)]
    return Sizes(
        weights=tuple(weights),
        served=sum(weight.bytes for weight in weights if weight.part != "draft"),
        drafts=sum(weight.bytes for weight in weights if weight.part == "draft"),
        certain=weight_format.certain,
        active=decoder.active_experts,
        layers=len(decoder.layers),
        up_projected=max((mixer.up_projected for mixer in latent), default=0),
        # W_UK_T and W_UV, in 16 bits, in addition to kv_b_proj (vLLM 0.33.0, layers/attention/mla_attention.py,
        # process_weights_after_loading).
        latent_copies=2.0 * sum(mixer.up_projected * mixer.latent for mixer in latent),
        rope=decoder.rope_bytes,
    )


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
) -> float:
    """Bytes of weights on the fullest GPU after loading.

    Linear layers, experts and vocabulary divide by `tp`; K and V projections are replicated beyond the KV heads; every
    rank holds routers and latent projections; experts divide by `experts_over` (vLLM 0.33.0, layers/linear.py,
    fused_moe/layer.py). Of `pp` stages the fullest counts: a share of the layers, and embedding or head.
    """
    layered = first = last = 0.0
    for weight in sizes.weights:
        if weight.part == "draft":
            continue
        size = weight.bytes * factor * _padding(weight, tp, capability) / _ranks(weight, tp, experts_over)
        if weight.layered:
            layered += size
        elif weight.part == "head":
            last += size
        else:
            first += size
    tied = not any(weight.part == "head" for weight in sizes.weights)
    if tied:  # the last stage holds another copy of the embedding
        last = sum(weight.bytes * factor / tp for weight in sizes.weights if weight.part == "embedding")
    layered += sizes.latent_copies / tp
    stage = math.ceil(sizes.layers / pp) / sizes.layers
    ends = max(first, last) if pp > 1 else first if tied else first + last
    return layered * stage + ends + sizes.rope


def _ranks(weight: Weight, tp: int, experts_over: float | None) -> float:
    """Number of GPUs that a matrix is divided over."""
    if weight.split == "copy":
        return 1
    if weight.split == "heads":
        return min(tp, max(weight.kv_heads, 1))
    return experts_over or tp if weight.split == "experts" else tp


def _padding(weight: Weight, tp: int, capability: float) -> float:
    """The factor by which a matrix grows on the GPU: padded vocabulary, and MXFP4 experts that their kernels pad.

    Marlin pads one side to 256 and the divided one to 128, Triton on Hopper one side alone, TRT-LLM and CUTLASS on
    Blackwell both to 256 (vLLM 0.33.0, layers/quantization/mxfp4); logs of gpt-oss on A100 and H100 say the same.
    """
    if weight.part in ("embedding", "head"):
        return math.ceil(weight.outputs / (VOCABULARY * tp)) * VOCABULARY * tp / weight.outputs
    if weight.form != "mxfp4":
        return 1.0
    small, large = sorted((weight.inputs, weight.outputs))

    def padded(size: int, multiple: int) -> float:
        return math.ceil(size / multiple) * multiple / size

    if capability >= 10:
        return padded(small, 256) * padded(max(large // tp, 1), 256)
    if capability >= 9:
        return padded(large, 256)
    return padded(small, 256) * padded(max(large // tp, 1), 128)
