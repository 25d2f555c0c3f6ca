"""LFM2: short convolutions, with attention in some layers."""

from dataclasses import dataclass

from modal_serve_gen.models.attention import attention_of, layer_types_of, stated_layer_types
from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.decoder import Decoder, Mixer
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


@dataclass(frozen=True, slots=True)
class ShortConvolution:
    kernel: int
    width: int  # of the inputs that are kept

    def caches(self) -> tuple[LayerGroup, ...]:
        return (LayerGroup(kind="linear", conv_elements=self.width * (self.kernel - 1)),)

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        return [
            Matrix("recurrent", "layers.{}.conv.in_proj", hidden, hidden, layers, 3),
            Matrix("recurrent", "layers.{}.conv.conv", self.kernel, hidden, layers),
            Matrix("recurrent", "layers.{}.conv.out_proj", hidden, hidden, layers),
        ]


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("conv_L_cache"))


def build(text_config: TextConfig) -> Decoder:
    width = text_config.optional("conv_dim") or text_config.size("hidden_size")
    mixers: dict[str, Mixer] = {"conv": ShortConvolution(text_config.size("conv_L_cache"), width)}
    stated = stated_layer_types(text_config)
    if not stated and (attending := text_config.items("full_attn_idxs")) is not None:
        stated = ["attention" if number in attending else "conv" for number in range(text_config.layer_count)]
    layer_types = layer_types_of(text_config, stated)
    for name in {*layer_types} - {"conv"}:
        mixers[name] = attention_of(text_config, name)
    if text_config.get("block_auto_adjust_ff_dim"):  # two thirds of the stated width, rounded up
        multiple = text_config.optional("block_multiple_of") or 256
        factor = float(text_config.values.get("block_ffn_dim_multiplier", 1))
        stated_width = int(factor * (2 * text_config.size("intermediate_size") // 3))
        text_config = TextConfig({**text_config.values, "intermediate_size": -(-stated_width // multiple) * multiple})
    return assemble(text_config, [(mixers[name],) for name in layer_types], mlp_layers(text_config))
