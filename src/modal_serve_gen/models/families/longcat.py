"""LongCat: each of its layers has latent attention and a dense MLP twice, with experts added to the first MLP."""

from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families import deepseek
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.latent import latent_layers
from modal_serve_gen.models.mlp import dense_mlp, expert_count, experts_of
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return deepseek.matches(text_config) and "expert_ffn_hidden_size" in text_config


def build(text_config: TextConfig) -> Decoder:
    if "num_layers" in text_config:  # each counts for two; num_hidden_layers would be the number of halves
        text_config = TextConfig({**text_config.values, "num_hidden_layers": 2 * text_config.size("num_layers")})
    dense = dense_mlp(text_config)
    halves = ((dense, experts_of(text_config)), (dense,)) if expert_count(text_config) else ((dense,), (dense,))
    return assemble(
        text_config, latent_layers(text_config), [halves[number % 2] for number in range(text_config.layer_count)]
    )
