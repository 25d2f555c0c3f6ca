"""Latent attention in all layers: DeepSeek V2 to V3.2, Kimi K2, GLM 4.7 Flash and 5, MiniCPM 3, Hunyuan 4."""

from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.latent import latent_layers
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("kv_lora_rank"))


def build(text_config: TextConfig) -> Decoder:
    if "linear_attention" in (text_config.items("layer_types") or ()):
        raise KeyError("linear_attn_config")
    return assemble(text_config, latent_layers(text_config), mlp_layers(text_config))
