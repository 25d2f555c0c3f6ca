"""Kimi Linear and K3: Kimi Delta Attention, with latent attention in some layers; `linear_attn_config` lists both."""

from dataclasses import dataclass, replace

from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.latent import latent_attention_of
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


@dataclass(frozen=True, slots=True)
class KimiDeltaAttention:
    heads: int
    dim: int
    kernel: int
    full_rank_gate: bool

    def caches(self) -> tuple[LayerGroup, ...]:
        recurrent, conv = self.heads * self.dim**2, 3 * self.heads * self.dim * (self.kernel - 1)
        return (LayerGroup(kind="linear", recurrent_elements=recurrent, conv_elements=conv),)

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        def matrix(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
            return Matrix("recurrent", f"layers.{{}}.self_attn.{name}", inputs, outputs, layers, each)

        inner = self.heads * self.dim
        gates = [matrix("f_a_proj", hidden, self.dim), matrix("f_b_proj", self.dim, inner)]
        if self.full_rank_gate:
            gates.append(matrix("g_proj", hidden, inner))
        else:
            gates += [matrix("g_a_proj", hidden, self.dim), matrix("g_b_proj", self.dim, inner)]
        return [
            matrix("q_proj", hidden, inner, 3),
            *gates,
            matrix("b_proj", hidden, self.heads),
            matrix("q_conv1d", self.kernel, inner, 3),
            matrix("o_proj", inner, hidden),
        ]


def matches(text_config: TextConfig) -> bool:
    return text_config.table("linear_attn_config") is not None


def build(text_config: TextConfig) -> Decoder:
    linear = text_config.table("linear_attn_config") or TextConfig({})
    delta = KimiDeltaAttention(
        linear.size("num_heads"),
        linear.size("head_dim"),
        linear.size("short_conv_kernel_size"),
        linear.flag("use_full_rank_gate"),
    )
    latent = replace(latent_attention_of(text_config), sparse=False)
    numbers = linear.items("kda_layers")  # from 1
    if numbers is None:
        raise KeyError("kda_layers")
    mixers = [(delta if number + 1 in numbers else latent,) for number in range(text_config.layer_count)]
    return assemble(text_config, mixers, mlp_layers(text_config))
