"""Gemma 3n and 4: layers that share keys and values, embeddings for each layer, and full layers with other heads."""

from dataclasses import replace

from modal_serve_gen.models.attention import Attention, LayerType, attention_of, layer_types_of
from modal_serve_gen.models.decoder import Decoder, Mlp
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.mlp import dense_mlp, expert_count, experts_of, mlp_layers
from modal_serve_gen.models.text_config import TextConfig

FIELDS = ("global_head_dim", "hidden_size_per_layer_input", "num_kv_shared_layers", "enable_moe_block")


def matches(text_config: TextConfig) -> bool:
    return any(text_config.get(key) for key in FIELDS)


def build(text_config: TextConfig) -> Decoder:
    owning = text_config.layer_count - text_config.optional("num_kv_shared_layers")
    mixers = [
        (replace(_attention(text_config, name), owns_kv=number < owning),)
        for number, name in enumerate(layer_types_of(text_config))
    ]
    return assemble(text_config, mixers, _mlps(text_config, owning), extra=_per_layer_embeddings(text_config))


def _attention(text_config: TextConfig, layer_type: LayerType) -> Attention:
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


def _mlps(text_config: TextConfig, owning: int) -> list[tuple[Mlp, ...]]:
    total = text_config.layer_count
    if expert_count(text_config) and text_config.get("enable_moe_block"):  # added to the dense MLP
        return [(dense_mlp(text_config), experts_of(text_config))] * total
    if text_config.get("use_double_wide_mlp"):  # in the layers that share keys and values
        mlp = dense_mlp(text_config)
        wide = replace(mlp, width=2 * mlp.width)
        return [(mlp if number < owning else wide,) for number in range(total)]
    return [*mlp_layers(text_config)]


def _per_layer_embeddings(text_config: TextConfig) -> list[Matrix]:
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
