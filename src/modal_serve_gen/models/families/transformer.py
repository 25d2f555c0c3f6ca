"""Transformers with attention in every layer. `plain` reads whatever no other builder recognizes."""

from dataclasses import replace

from modal_serve_gen.models.attention import (
    Attention,
    LayerType,
    attention_layers,
    attention_of,
    layer_types_of,
    stated_layer_types,
)
from modal_serve_gen.models.decoder import Decoder, Layer, Matrix, Mlp
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import dense_mlp, expert_count, experts_of, mlp_layers
from modal_serve_gen.models.text_config import TextConfig

GEMMA_FIELDS = ("global_head_dim", "hidden_size_per_layer_input", "num_kv_shared_layers", "enable_moe_block")
# Layers that only other families have, and the field that is missing for them.
MISSING = {"linear_attention": "linear_num_key_heads", "conv": "conv_L_cache", "none": "num_attention_heads"}


def plain(text_config: TextConfig) -> Decoder:
    """Attention and an MLP, or experts, in each layer."""
    layer_types = layer_types_of(text_config)
    for name in layer_types:
        if name in MISSING:
            raise KeyError(MISSING[name])
    return assemble(text_config, attention_layers(text_config, layer_types), mlp_layers(text_config))


def gemma(text_config: TextConfig) -> Decoder | None:
    """Gemma 3n and 4: layers that share keys and values, embeddings for each layer, other heads in full layers."""
    if not any(text_config.get(key) for key in GEMMA_FIELDS):
        return None
    owning = text_config.layer_count - text_config.optional("num_kv_shared_layers")
    mixers = [
        replace(_gemma_attention(text_config, name), owns_kv=number < owning)
        for number, name in enumerate(layer_types_of(text_config))
    ]
    mlps = _gemma_mlps(text_config, owning)
    return assemble(text_config, mixers, mlps, extra=_gemma_layer_embeddings(text_config))


def _gemma_attention(text_config: TextConfig, layer_type: LayerType) -> Attention:
    attention = attention_of(text_config, layer_type)
    if layer_type != "full_attention" or not (dim := text_config.optional("global_head_dim")):
        return attention
    values_are_keys = text_config.flag("attention_k_eq_v")
    return replace(
        attention,
        kv_heads=(text_config.optional("num_global_key_value_heads") if values_are_keys else 0) or attention.kv_heads,
        key_dim=dim,
        value_dim=text_config.optional("v_head_dim") or dim,
        values_are_keys=values_are_keys,
    )


def _gemma_mlps(text_config: TextConfig, owning: int) -> list[Mlp | tuple[Mlp, ...]]:
    total = text_config.layer_count
    if expert_count(text_config) and text_config.get("enable_moe_block"):  # added to the dense MLP
        return [(dense_mlp(text_config), experts_of(text_config))] * total
    if text_config.get("use_double_wide_mlp"):  # in the layers that share keys and values
        mlp = dense_mlp(text_config)
        wide = replace(mlp, width=2 * mlp.width)
        return [mlp if number < owning else wide for number in range(total)]
    return [*mlp_layers(text_config)]


def _gemma_layer_embeddings(text_config: TextConfig) -> list[Matrix]:
    """Gemma 3n and 4 E: a small embedding for each layer."""
    if not (size := text_config.optional("hidden_size_per_layer_input")):
        return []
    hidden, total = text_config.size("hidden_size"), text_config.layer_count
    layers = tuple(range(total))
    vocab = text_config.optional("vocab_size_per_layer_input") or text_config.size("vocab_size")
    return [
        Matrix("embedding", "embed_tokens_per_layer", size * total, vocab, lora=False),
        Matrix("mlp", "per_layer_model_projection", hidden, size * total, split="copy", lora=False),
        Matrix("mlp", "layers.{}.per_layer_input_gate", hidden, size, layers, split="copy", lora=False),
        Matrix("mlp", "layers.{}.per_layer_projection", size, hidden, layers, split="copy", lora=False),
    ]


def llama4(text_config: TextConfig) -> Decoder | None:
    """Llama 4: chunked attention with a full layer every fourth, and experts in each n-th layer with a shared one."""
    chunked, every = text_config.get("attention_chunk_size"), text_config.get("interleave_moe_layer_step")
    if not chunked and not every:
        return None
    total = text_config.layer_count
    stated = stated_layer_types(text_config)
    if not stated and chunked:
        interval = text_config.optional("no_rope_layer_interval") or 4
        rotated = text_config.items("no_rope_layers") or [(number + 1) % interval for number in range(total)]
        stated = ["chunked_attention" if marked else "full_attention" for marked in rotated[:total]]
    experts = None
    if expert_count(text_config) and every:
        width = text_config.optional("moe_intermediate_size") or text_config.size("intermediate_size")
        experts = experts_of(text_config, shared_width=width)
    mixers = attention_layers(text_config, layer_types_of(text_config, stated))
    return assemble(text_config, mixers, mlp_layers(text_config, experts=experts))


def mimo(text_config: TextConfig) -> Decoder | None:
    """MiMo V2: `hybrid_layer_pattern` marks the layers with a window, which have other heads."""
    if (marks := text_config.items("hybrid_layer_pattern")) is None:
        return None
    stated = stated_layer_types(text_config)
    if not stated and len(marks) >= text_config.layer_count:
        stated = ["sliding_attention" if mark else "full_attention" for mark in marks]
    mixers = attention_layers(text_config, layer_types_of(text_config, stated))
    return assemble(text_config, mixers, mlp_layers(text_config))


def step3(text_config: TextConfig) -> Decoder | None:
    """Step 3 and 3.5: queries through a narrow projection, experts in the listed layers, other heads with a window."""
    if not any(text_config.get(key) for key in ("share_q_dim", "moe_layers_enum", "attention_other_setting")):
        return None
    if windowed := text_config.table("attention_other_setting"):
        text_config = text_config.replace(
            swa_num_attention_heads=windowed.get("num_attention_heads"),
            swa_num_key_value_heads=windowed.get("num_attention_groups"),
        )
    query_width = text_config.optional("share_q_dim")
    mixers = [
        replace(attention, query_width=query_width)
        for attention in attention_layers(text_config, layer_types_of(text_config))
    ]
    sparse = None
    if isinstance(numbers := text_config.get("moe_layers_enum"), str):
        chosen = {int(number) for number in numbers.split(",") if number.strip()}
        sparse = [number in chosen for number in range(text_config.layer_count)]
    return assemble(text_config, mixers, mlp_layers(text_config, sparse=sparse))


def minimax_m3(text_config: TextConfig) -> Decoder | None:
    """MiniMax M3: sparse attention; some layers also cache the keys of an index (vLLM 0.33.0, models/minimax_m3)."""
    sparse = text_config.table("sparse_attention_config")
    if sparse is None or "sparse_index_dim" not in sparse:
        return None
    dim, marks = sparse.size("sparse_index_dim"), sparse.items("sparse_attention_freq") or []
    mixers = [
        replace(attention, index_dim=dim if number < len(marks) and marks[number] else 0)
        for number, attention in enumerate(attention_layers(text_config, layer_types_of(text_config)))
    ]
    return assemble(text_config, mixers, mlp_layers(text_config))


def ernie(text_config: TextConfig) -> Decoder | None:
    """ERNIE 4.5 with experts: between two layers, in each n-th; the VL models have other experts for images."""
    has_start = text_config.get("moe_layer_start_index") is not None
    if not expert_count(text_config) or not (has_start or text_config.model_type.startswith("ernie4_5")):
        return None
    widths = text_config.sizes("moe_intermediate_size")  # of text and images, in the VL models
    experts = experts_of(text_config, vision_width=min(widths) if len(widths) > 1 else 0)
    sparse = None
    if has_start:  # the VL models state one number for each modality
        first = min(_numbers(text_config, "moe_layer_start_index"))
        last = max(_numbers(text_config, "moe_layer_end_index") or [-1])
        every, total = text_config.optional("moe_layer_interval") or 1, text_config.layer_count
        last = total - 1 if last < 0 else last
        sparse = [first <= number <= last and (number + 1) % every == 0 for number in range(total)]
    mixers = attention_layers(text_config, layer_types_of(text_config))
    return assemble(text_config, mixers, mlp_layers(text_config, experts=experts, sparse=sparse))


def _numbers(text_config: TextConfig, key: str) -> list[int]:
    value = text_config.get(key)
    return [int(number) for number in (value if isinstance(value, list) else [value]) if number is not None]


def hrm(text_config: TextConfig) -> Decoder | None:
    """HRM: two stacks of layers that run repeatedly, with a cache for each run."""
    if not text_config.get("num_layers_per_stack"):
        return None
    decoder = plain(text_config)
    stacked = 2 * text_config.size("num_layers_per_stack")
    layers = (Layer(layer.mixers, layer.mlps, number < stacked) for number, layer in enumerate(decoder.layers))
    return replace(decoder, layers=tuple(layers))
