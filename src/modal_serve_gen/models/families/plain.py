"""The default: a transformer with attention and an MLP, or experts, in each layer."""

from modal_serve_gen.models.attention import attention_layers, layer_types_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig

# Layers that only other families have, and the field that is missing for them.
MISSING = {"linear_attention": "linear_num_key_heads", "conv": "conv_L_cache", "none": "num_attention_heads"}


def matches(text_config: TextConfig) -> bool:
    return True


def build(text_config: TextConfig) -> Decoder:
    layer_types = layer_types_of(text_config)
    for name in layer_types:
        if name in MISSING:
            raise KeyError(MISSING[name])
    return assemble(text_config, attention_layers(text_config, layer_types), mlp_layers(text_config))
