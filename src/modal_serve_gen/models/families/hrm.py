"""HRM: two stacks of layers that run again and again, each time with a cache."""

from dataclasses import replace

from modal_serve_gen.models.decoder import Decoder, Layer
from modal_serve_gen.models.families import plain
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("num_layers_per_stack"))


def build(text_config: TextConfig) -> Decoder:
    decoder = plain.build(text_config)
    stacked = 2 * text_config.size("num_layers_per_stack")
    layers = (Layer(layer.mixers, layer.mlps, number < stacked) for number, layer in enumerate(decoder.layers))
    return replace(decoder, layers=tuple(layers))
