"""How much of a model's weights each GPU holds, for tensor, pipeline, data and expert parallelism (pure).

Parts are sized from the configuration; where the files' own sizes are known, all parts are scaled to them.
"""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict

from modal_serve_gen.errors import InvalidConfig, quoted
from modal_serve_gen.models import mamba, quantized
from modal_serve_gen.models.attention import MOST, MOST_LAYERS, Layers, kv_shape
from modal_serve_gen.models.matrix import Split
from modal_serve_gen.models.modules import EXPERTS, active_fraction, expert_count, matrices
from modal_serve_gen.models.names import heads_of, hidden_of, text_part

GIB = 2**30
VOCABULARY = 64  # rows are padded to a multiple (vLLM 0.33.0, layers/vocab_parallel_embedding.py)
# Whose values are sizes or counts; a list has one for each layer.
GROUPS = (
    "linear_num_", "linear_key_", "linear_value_", "linear_conv_", "index_n_", "index_head_", "qk_nope_", "qk_rope_",
)  # fmt: skip
SIZES = frozenset((
    *EXPERTS, "hidden_size", "intermediate_size", "intermediate_size_mlp", "moe_intermediate_size", "vocab_size",
    "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "head_dim", "global_head_dim",
    "v_head_dim", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "num_global_key_value_heads",
    "kv_lora_rank",
    "q_lora_rank", "o_lora_rank", "n_shared_experts", "num_shared_experts", "num_experts_per_tok", "mamba_num_heads",
    "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel", "conv_L_cache", "n_layer", "n_head", "n_embd",
    "moe_latent_size", "routed_expert_hidden_size", "num_nextn_predict_layers", "mtp_num_hidden_layers",
    "num_kv_shared_layers", "first_k_dense_replace", "sliding_window", "max_position_embeddings",
    "num_layers_per_stack", "num_mem_blocks", "adapter_rank", "state_size", "mamba_d_state", "mamba_d_conv",
    "mamba_n_heads", "mamba_n_groups", "mamba_ngroups", "n_mamba_heads", "mamba_headdim", "word_embed_proj_dim",
    "swa_num_attention_heads", "swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim", "shared_intermediate_size",
    "dense_intermediate_size", "share_expert_dim", "share_q_dim",
))  # fmt: skip
WIDTHS = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4, "half": 2, "float": 4, "float8_e4m3fn": 1}


class Weight(BaseModel):
    """Matrices that are alike and lie alike on the GPUs: bytes over all of them together."""

    model_config = ConfigDict(frozen=True)

    part: str
    split: Split
    bytes: float
    elements: int
    inputs: int
    outputs: int
    kv_heads: int = 0
    layered: bool = True  # False: embedding, head, towers: on the first or last pipeline stage
    form: str = ""


class Sizes(BaseModel):
    """All weights of a model, sized from its configuration."""

    model_config = ConfigDict(frozen=True)

    weights: tuple[Weight, ...]
    served: float  # bytes that an engine loads
    drafts: float  # bytes of prediction layers, which it loads only to speculate
    certain: bool
    active: float = 1.0  # part of the experts that one token uses
    layers: int = 1
    up_projected: int = 0  # width of what MLA's latent rows are projected to, all heads together


def sizes(config: dict, told: str | None = None) -> Sizes:
    """The parts of the model that `config` describes; `told` is the format where the configuration says none.

    KeyError names a missing field, InvalidConfig a contradiction.
    """
    text = text_part(config)
    scheme = quantized.read(config, told)
    latent = text.get("kv_lora_rank")
    own = WIDTHS[str(text.get("dtype") or text.get("torch_dtype") or "bfloat16").removeprefix("torch.")]
    heads = kv_shape(text)["kv_heads"] if not text.get("kv_lora_rank") and not text.get("compress_ratios") else 1
    found = [
        Weight(
            part=one.part,
            split=one.split,
            bytes=scheme.bytes_of(one, own),
            elements=one.elements,
            inputs=one.inputs,
            outputs=one.outputs,
            kv_heads=heads if one.split == "heads" else 0,
            layered="{}" in one.name and one.part != "tower",
            form="mxfp4" if one.part == "experts" and scheme.label == "mxfp4" else "",
        )
        for one in matrices(config)
    ]
    return Sizes(
        weights=tuple(found),
        served=sum(one.bytes for one in found if one.part != "draft"),
        drafts=sum(one.bytes for one in found if one.part == "draft"),
        certain=scheme.certain,
        active=active_fraction(text),
        layers=text.get("num_hidden_layers") or text.get("n_layer") or 1,
        up_projected=max((one.outputs for one in found if latent and one.inputs == latent), default=0),
    )


def check(config: dict) -> None:
    """Raises InvalidConfig for sizes that are none, and for sizes that contradict each other."""
    text = text_part(config)
    for key, value in text.items():
        if value is not None and (key in SIZES or key.startswith(GROUPS)) and not _size(value):
            raise InvalidConfig(f"{key} is {quoted(value, 40)}, which is no size")
    for key in ("num_hidden_layers", "num_layers_per_stack", "num_mem_blocks"):
        if (text.get(key) or 0) > MOST_LAYERS:
            raise InvalidConfig(f"{key} is {text[key]:,}, and no model has {MOST_LAYERS:,}")
    dtype = str(text.get("dtype") or text.get("torch_dtype") or "bfloat16").removeprefix("torch.")
    if dtype not in WIDTHS:
        raise InvalidConfig(f"its dtype is {quoted(dtype, 40)}, which is none that weights have")
    heads, hidden = heads_of(text), hidden_of(text)
    for key, size in (("hidden_size", hidden), ("num_attention_heads", heads)):
        if not size:
            raise InvalidConfig(f"{key} is {size}, which is no size")
    divided = not text.get("head_dim") and not text.get("kv_lora_rank") and text.get("model_type") not in mamba.PURE
    if divided and hidden % heads:
        raise InvalidConfig(
            f"hidden_size {hidden:,} is no multiple of its {heads} attention heads, and no head_dim is there"
        )
    kept = text.get("num_key_value_heads")
    if kept == 0 or (kept and heads % kept):
        raise InvalidConfig(f"its {heads} attention heads are no multiple of its {kept} KV heads")
    if expert_count(text) and active_fraction(text) > 1:
        raise InvalidConfig("a token uses more experts than it has")


def _size(value: object) -> bool:
    if isinstance(value, list):  # Gemma 3n and others have one for each layer
        return all(_size(each) for each in value)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def scale(known: int, sized: Sizes) -> float:
    """What to multiply each part by, so that they come to the bytes known of the files: with their prediction layers,
    where that comes closer."""
    whole = sized.served + sized.drafts
    return known / (whole if abs(known - whole) < abs(known - sized.served) else sized.served)


def per_gpu(
    sized: Sizes,
    factor: float,
    layers: tuple[Layers, ...],
    config: dict[str, Any],
    *,
    tp: int = 1,
    pp: int = 1,
    experts_over: float | None = None,
    capability: float = 9.0,
) -> float:
    """Bytes of weights on the fullest GPU after loading.

    Linear layers, experts and vocabulary divide by `tp`; K and V projections replicate beyond the KV heads; routers and
    latent projections lie on every rank; experts divide by `experts_over` (vLLM 0.33.0, layers/linear.py,
    fused_moe/layer.py). Of `pp` stages the fullest counts: a share of the layers, and embedding or head.
    """
    layered = first = last = 0.0
    for one in sized.weights:
        if one.part == "draft":
            continue
        size = one.bytes * factor * _padding(one, tp, capability)
        size /= _ranks(one, tp, experts_over)
        if one.layered:
            layered += size
        elif one.part == "head":
            last += size
        else:
            first += size
    if not any(one.part == "head" for one in sized.weights):
        last = sum(one.bytes * factor / tp for one in sized.weights if one.part == "embedding")
    layered += _latent_copies(layers, config, tp)
    stage = math.ceil(sized.layers / pp) / sized.layers
    return layered * stage + (max(first, last) if pp > 1 else first + (last if _own_head(sized) else 0)) + _rope(config)


def _own_head(sized: Sizes) -> bool:
    return any(one.part == "head" for one in sized.weights)


def _ranks(one: Weight, tp: int, experts_over: float | None) -> float:
    if one.split == "copy":
        return 1
    if one.split == "heads":
        return min(tp, max(one.kv_heads, 1))
    return experts_over or tp if one.split == "experts" else tp


def _padding(one: Weight, tp: int, capability: float) -> float:
    """How much larger a matrix becomes on the GPU: padded vocabulary, and MXFP4 experts that their kernels pad.

    Marlin pads one side to 256 and the cut one to 128, Triton on Hopper one side alone, TRT-LLM and CUTLASS on
    Blackwell both to 256 (vLLM 0.33.0, layers/quantization/mxfp4); logs of gpt-oss on A100 and H100 say the same.
    """
    if one.part in ("embedding", "head"):
        return math.ceil(one.outputs / (VOCABULARY * tp)) * VOCABULARY * tp / one.outputs
    if one.form != "mxfp4":
        return 1.0
    sides = sorted((one.inputs, one.outputs))

    def padded(size: int, to: int) -> float:
        return math.ceil(size / to) * to / size

    if capability >= 10:
        return padded(sides[0], 256) * padded(sides[1] // tp, 256)
    if capability >= 9:
        return padded(sides[1], 256)
    return padded(sides[0], 256) * padded(sides[1] // tp, 128)


def _latent_copies(layers: tuple[Layers, ...], config: dict, tp: int) -> float:
    """Bytes of the two absorbed projections that MLA layers make at load, in 16 bits, beside kv_b_proj
    (vLLM 0.33.0, layers/attention/mla_attention.py, process_weights_after_loading: W_UK_T and W_UV)."""
    count = sum(layer.count for layer in layers if layer.kind == "mla")
    text = text_part(config)
    if not count or not text.get("kv_lora_rank"):
        return 0.0
    value = text.get("v_head_dim") or text["qk_nope_head_dim"]
    each = text["num_attention_heads"] * (text["qk_nope_head_dim"] + value) * text["kv_lora_rank"]
    return 2.0 * each * count / tp


def _rope(config: dict) -> float:
    """Bytes of the table of sines and cosines: one row a position, the rotated part of a head wide, in 16 bits
    (vLLM 0.33.0, layers/rotary_embedding/base.py, _compute_cos_sin_cache over max_position_embeddings)."""
    text = text_part(config)
    length = text.get("max_position_embeddings")
    if not isinstance(length, int):
        return 0.0
    dim = text.get("qk_rope_head_dim") or (
        text.get("head_dim") or (text.get("hidden_size") or 0) // max(text.get("num_attention_heads") or 1, 1)
    )
    part = text.get("partial_rotary_factor")
    nested = text.get("rope_parameters")
    if part is None and isinstance(nested, dict):
        part = nested.get("partial_rotary_factor")
    return 2.0 * length * dim * (part if isinstance(part, (int, float)) and 0 < part <= 1 else 1)
