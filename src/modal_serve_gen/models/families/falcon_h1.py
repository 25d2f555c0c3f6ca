"""Falcon H1: attention and Mamba 2 side by side in every layer."""

from modal_serve_gen.models.attention import attention_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.bamba import SIZES
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.state_space import mamba2_of
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return "mamba_d_ssm" in text_config


def build(text_config: TextConfig) -> Decoder:
    mixers = (attention_of(text_config), mamba2_of(text_config, *SIZES))
    return assemble(text_config, [mixers] * text_config.layer_count, mlp_layers(text_config), tied=False)
