"""Llama 4: chunked attention with a full layer every fourth, and experts in each n-th layer with a shared one."""

from modal_serve_gen.models.attention import attention_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import expert_count, experts_of, mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("attention_chunk_size") or text_config.get("interleave_moe_layer_step"))


def build(text_config: TextConfig) -> Decoder:
    total = text_config.layer_count
    stated = stated_layer_types(text_config)
    if not stated and text_config.get("attention_chunk_size"):
        every = text_config.optional("no_rope_layer_interval") or 4
        rotated = text_config.items("no_rope_layers") or [(number + 1) % every for number in range(total)]
        stated = ["chunked_attention" if marked else "full_attention" for marked in rotated[:total]]
    experts = None
    if expert_count(text_config) and text_config.get("interleave_moe_layer_step"):
        width = text_config.optional("moe_intermediate_size") or text_config.size("intermediate_size")
        experts = experts_of(text_config, shared_width=width)
    mixers = attention_layers(text_config, layer_types_of(text_config, stated))
    return assemble(text_config, mixers, mlp_layers(text_config, experts=experts))
