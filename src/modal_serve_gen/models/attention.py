"""What each layer of a model keeps in memory while it serves, read out of its config.json (pure).

Which layers keep every token, which only a window, which a fixed state: the names differ by family, so each reader
below says which configuration keys it goes by. Sizes follow vLLM 0.33.0 (v1/kv_cache_interface.py,
model_executor/layers/mamba/mamba_utils.py, models/deepseek_v4, models/deepseek_v32/attention.py).
"""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from modal_serve_gen.errors import InvalidConfig
from modal_serve_gen.models import mamba
from modal_serve_gen.models.kinds import layer_types, shared_kv_layers
from modal_serve_gen.models.names import heads_of, hidden_of, layer_count, refuse_odd, text_part

MOST_LAYERS = 2_000
MOST = 2**40  # no size in a configuration comes near; beyond it, arithmetic would overflow
Size = Annotated[int, Field(ge=0, le=MOST)]
# Whether a prefill can save a state on its way, which takes the place of one more: Mamba-2 layers always, Gated
# DeltaNet with FlashInfer's kernel (vLLM 0.33.0, mamba_mixer2.py and gdn/qwen_gdn_linear_attn.py, get_kv_cache_spec).
Checkpoints = Literal["none", "flashinfer", "always"]
Kind = Literal["full", "sliding", "chunked", "mla", "index", "compressed", "linear"]

# DeepSeek V4's packed FP8 row: 448 B without position + 128 B with + 8 B of scales (vLLM deepseek_v4/attention.py).
V4_ROW = 584
# Sparse attention's FP8 row, fp8_ds_mla: 512 B without position, 16 B of scales, 128 B with position in 16 bits
# (vLLM 0.33.0, v1/kv_cache_interface.py, MLAAttentionSpec; a log of GLM 5.1 with an FP8 cache says the same).
SPARSE_FP8_ROW = 656


class Layers(BaseModel):
    """Layers of one kind, all alike: what each of them stores for one token, or for one sequence."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    count: int = Field(gt=0, le=MOST)
    kv_heads: Size = 0  # of the configuration, before tensor parallelism; 0: one shared row, not divided
    key_dim: Size = 0  # head size of K; for mla: kv_lora_rank + qk_rope_head_dim
    value_dim: Size = 0  # head size of V; 0 where V is not stored apart
    window: Annotated[int, Field(gt=0, le=MOST)] | None = None  # tokens a sliding or chunked layer looks back
    row_bytes: Size = 0  # bytes per kept entry where the layout is packed, whatever the cache's dtype
    fp8_row: Size = 0  # bytes per kept entry where an FP8 cache has a packed layout
    block: Size = 0  # tokens of one of its pages where that is its own; 0: as many as the engine's --block-size
    compress_ratio: int = Field(default=1, gt=0)  # one entry is kept for so many tokens
    recurrent_elements: Size = 0  # linear layers, per sequence at TP 1
    recurrent_bytes: int = 4  # per element
    conv_elements: Size = 0  # held in the model's dtype (2 bytes)
    checkpoints: Checkpoints = "none"

    @property
    def attends(self) -> bool:
        """Whether these are layers of attention, with keys and values of their own."""
        return self.kind not in ("linear", "index")

    def token_bytes(self, tp: int, cache_bytes: float) -> float:
        """Bytes on each GPU for one token in all of these layers; KV heads replicate once `tp` exceeds them."""
        if self.row_bytes:
            return self.count * self.row_bytes / self.compress_ratio
        if self.fp8_row and cache_bytes < 2:
            return self.count * self.fp8_row
        heads = max(1, self.kv_heads // tp) if self.kv_heads else 1
        return self.count * heads * (self.key_dim + self.value_dim) * cache_bytes / self.compress_ratio

    def state_bytes(self, tp: int) -> float:
        """Bytes on each GPU for one sequence's fixed state in all of these layers."""
        return self.count * (self.recurrent_elements * self.recurrent_bytes + self.conv_elements * 2) / tp


def layers_of(config: dict) -> tuple[Layers, ...]:
    """The kinds of layers of the model that `config` describes. KeyError names a field that is missing."""
    text = text_part(config)
    refuse_odd(text)
    for reader in (_deepseek_v4, _kimi_linear, _mla, _by_layer_types):
        if (found := reader(text)) is not None:
            return tuple(layer for layer in found if layer is not None)
    raise KeyError("num_hidden_layers")


def _group(kind: Kind, count: int, **rest: Any) -> Layers | None:
    return Layers(kind=kind, count=count, **rest) if count > 0 else None


def kv_shape(
    text: dict, heads_key: str = "num_key_value_heads", dim_key: str = "head_dim", value_key: str = "v_head_dim"
) -> dict[str, int]:
    """KV heads and head sizes; an absent head_dim is hidden_size / heads, absent KV heads are all heads."""
    heads = text.get(heads_key) or text.get("num_key_value_heads") or text.get("num_kv_heads") or heads_of(text)
    if text.get("multi_query") and not text.get("new_decoder_architecture"):  # Falcon 7B, StarCoder
        heads = 1
    dim = text.get(dim_key) or text.get("head_dim") or hidden_of(text) // heads_of(text)
    return {"kv_heads": heads, "key_dim": dim, "value_dim": text.get(value_key) or text.get("v_head_dim") or dim}


def sliding_shape(text: dict) -> dict[str, int]:
    """As kv_shape, of the layers with a window, which differ in MiMo V2 and Inkling."""
    return kv_shape(text, "swa_num_key_value_heads", "swa_head_dim", "swa_v_head_dim")


def _by_layer_types(text: dict) -> list[Layers | None]:
    """GQA models and hybrids: `layer_types`, else an interval or pattern, else every layer is full."""
    total = layer_count(text)
    kinds = layer_types(text, total)
    count = Counter(kinds[: total - shared_kv_layers(text)])
    window = text.get("sliding_window") or text.get("sliding_window_size")
    # Falcon H1 attends in every layer beside its state, Zamba 2 in its hybrid layers.
    twofold = count["both"] + count["shared"]
    found = []
    if full := count["full_attention"] + twofold:
        found.append(_group("full", full, **kv_shape(text, *_global_keys(text))))
    if count["sliding_attention"]:
        found.append(_group("sliding", count["sliding_attention"], window=window, **sliding_shape(text)))
    if count["chunked_attention"]:
        chunk = text.get("attention_chunk_size")
        found.append(_group("chunked", count["chunked_attention"], window=chunk, **kv_shape(text)))
    if linear := count["linear_attention"] + twofold:
        sizes = mamba.sizes_of(text)
        found.append(_group("linear", linear, **(mamba.state(text, sizes) if sizes else _delta_net(text))))
    if isinstance(sparse := text.get("sparse_attention_config"), dict) and "sparse_index_dim" in sparse:
        # MiniMax M3: some layers also keep keys of an index, one row in 16 bits (vLLM 0.33.0, models/minimax_m3).
        indexed = sum(bool(mark) for mark in sparse.get("sparse_attention_freq", ())[:total])
        found.append(_group("index", indexed, row_bytes=2 * sparse["sparse_index_dim"]))
    if count["conv"]:
        elements = text.get("conv_dim", text["hidden_size"]) * (text["conv_L_cache"] - 1)
        found.append(_group("linear", count["conv"], conv_elements=elements))
    return found


def _global_keys(text: dict) -> tuple[str, str]:
    """Gemma 4's full layers have head counts and sizes of their own."""
    if text.get("global_head_dim"):
        return "num_global_key_value_heads", "global_head_dim"
    return "num_key_value_heads", "head_dim"


def _delta_net(text: dict) -> dict[str, Any]:
    """Gated DeltaNet (Qwen3-Next, 3.5, 3.6): value heads x head sizes, and the convolution's last inputs."""
    keys, values = text["linear_num_key_heads"], text["linear_num_value_heads"]
    key_dim, value_dim = text["linear_key_head_dim"], text["linear_value_head_dim"]
    return {
        "recurrent_elements": values * key_dim * value_dim,
        "recurrent_bytes": 2 if text.get("mamba_ssm_dtype") in ("bfloat16", "float16") else 4,
        "conv_elements": (2 * keys * key_dim + values * value_dim) * (text["linear_conv_kernel_dim"] - 1),
        "checkpoints": "flashinfer",
    }


def _mla(text: dict) -> list[Layers | None] | None:
    """Multi-head latent attention (DeepSeek V2 to V3.2, Kimi K2, GLM 4.7 Flash and 5): one latent row per token."""
    if not text.get("kv_lora_rank"):
        return None
    total = text["num_hidden_layers"]
    if "linear_attention" in (text.get("layer_types") or ()):
        raise KeyError("linear_attn_config")
    row = SPARSE_FP8_ROW if text.get("index_topk") else 0
    found = [_group("mla", total, key_dim=text["kv_lora_rank"] + text["qk_rope_head_dim"], fp8_row=row)]
    if text.get("index_topk"):
        size = text["index_head_dim"]
        # FP8 keys and one float32 scale for 128 of them.
        found.append(_group("index", _indexed(text, total), row_bytes=size + size // 128 * 4))
    return found


def _indexed(text: dict, total: int) -> int:
    """Layers with a sparse-attention index of their own; the others reuse the last one's choice."""
    if isinstance(marks := text.get("indexer_types"), list) and len(marks) >= total:
        return sum(mark == "full" for mark in marks[:total])
    if pattern := text.get("index_topk_pattern"):
        return sum(mark != "S" for mark in pattern[:total])
    every, offset = text.get("index_topk_freq") or 1, text.get("index_skip_topk_offset", 2)
    return sum(max(layer - offset + 1, 0) % every == 0 for layer in range(total))


def _kimi_linear(text: dict) -> list[Layers | None] | None:
    """Kimi Delta Attention beside MLA layers: `linear_attn_config` lists both."""
    linear = text.get("linear_attn_config")
    if not isinstance(linear, dict):
        return None
    heads, dim = linear["num_heads"], linear["head_dim"]
    state = {
        "recurrent_elements": heads * dim * dim,
        "conv_elements": 3 * heads * dim * (linear["short_conv_kernel_size"] - 1),
    }
    full = _group("mla", len(linear["full_attn_layers"]), key_dim=text["kv_lora_rank"] + text["qk_rope_head_dim"])
    return [full, _group("linear", len(linear["kda_layers"]), **state)]


def _deepseek_v4(text: dict) -> list[Layers | None] | None:
    """DeepSeek V4: every layer has a window; most also keep one entry for 4 or 128 tokens, those of 4 with an index.

    Compressors hold float32 partial sums over the tokens not yet compressed: windows of 8 and 128 tokens. Each cache
    has pages of its own length (models/deepseek_v4/attention.py, sparse_swa.py and compressor.py).
    """
    ratios = text.get("compress_ratios")
    if not isinstance(ratios, list):
        return None
    if len(ratios) < text["num_hidden_layers"]:
        raise InvalidConfig(f"its compress_ratios are {len(ratios)} for {text['num_hidden_layers']} layers")
    ratios, dim, index = ratios[: text["num_hidden_layers"]], text["head_dim"], text["index_head_dim"]
    count = Counter(ratios)
    entry = index + index // 128 * 4
    return [
        _group("sliding", len(ratios), window=text["sliding_window"], row_bytes=V4_ROW, block=64),
        _group("compressed", count[4], row_bytes=V4_ROW, compress_ratio=4, block=256),
        _group("index", count[4], row_bytes=entry, compress_ratio=4, block=256),
        _group("compressed", count[128], row_bytes=V4_ROW, compress_ratio=128, block=256),
        _group("sliding", count[4], window=8, row_bytes=2 * 2 * dim * 4, block=4),
        _group("sliding", count[4], window=8, row_bytes=2 * 2 * index * 4, block=4),
        _group("sliding", count[128], window=128, row_bytes=2 * dim * 4, block=8),
    ]
