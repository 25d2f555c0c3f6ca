"""MiMo V2: `hybrid_layer_pattern` marks the layers with a window, which have other heads."""

from modal_serve_gen.models.attention import attention_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return text_config.items("hybrid_layer_pattern") is not None


def build(text_config: TextConfig) -> Decoder:
    marks = text_config.items("hybrid_layer_pattern") or []
    stated = stated_layer_types(text_config)
    if not stated and len(marks) >= text_config.layer_count:
        stated = ["sliding_attention" if mark else "full_attention" for mark in marks]
    mixers = attention_layers(text_config, layer_types_of(text_config, stated))
    return assemble(text_config, mixers, mlp_layers(text_config))
