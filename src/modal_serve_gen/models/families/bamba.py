"""Mamba 2 in most layers and attention in the listed ones: Bamba, Granite 4."""

from modal_serve_gen.models.attention import attention_of, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, Mixer
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.state_space import mamba2_of
from modal_serve_gen.models.text_config import TextConfig

SIZES = ("mamba_n_heads", "mamba_d_head", "mamba_d_state", "mamba_n_groups", "mamba_d_conv")


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("mamba_n_heads"))


def build(text_config: TextConfig) -> Decoder:
    stated = stated_layer_types(text_config)
    if not stated and (attending := text_config.items("attn_layer_indices")) is not None:
        stated = ["attention" if number in attending else "mamba" for number in range(text_config.layer_count)]
    layer_types = layer_types_of(text_config, stated)
    mixers: dict[str, Mixer] = {"linear_attention": mamba2_of(text_config, *SIZES)}
    for name in {*layer_types} - {"linear_attention"}:
        mixers[name] = attention_of(text_config, name)
    return assemble(text_config, [(mixers[name],) for name in layer_types], mlp_layers(text_config))
