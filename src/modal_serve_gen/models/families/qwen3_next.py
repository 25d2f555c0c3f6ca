"""Gated DeltaNet in most layers, attention in the others: Qwen3-Next, 3.5 and 3.6, OLMo Hybrid."""

from dataclasses import dataclass, replace

from modal_serve_gen.models.attention import attention_of, layer_types_of, stated_layer_types
from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.decoder import Decoder, Mixer
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.state_space import NARROW
from modal_serve_gen.models.text_config import TextConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedDeltaNet:
    key_heads: int
    key_dim: int
    value_heads: int
    value_dim: int
    kernel: int
    state_bytes: int  # per element of the state

    @property
    def keys(self) -> int:
        return self.key_heads * self.key_dim

    @property
    def values(self) -> int:
        return self.value_heads * self.value_dim

    def caches(self) -> tuple[LayerGroup, ...]:
        return (
            LayerGroup(
                kind="linear",
                recurrent_elements=self.key_dim * self.values,
                recurrent_bytes=self.state_bytes,
                conv_elements=(2 * self.keys + self.values) * (self.kernel - 1),
                checkpoints="flashinfer",
            ),
        )

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        def matrix(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
            return Matrix("recurrent", f"layers.{{}}.linear_attn.{name}", inputs, outputs, layers, each)

        return [
            matrix("in_proj_q", hidden, self.keys, 2),
            matrix("in_proj_v", hidden, self.values, 2),
            matrix("in_proj_b", hidden, self.value_heads, 2),
            matrix("conv1d", self.kernel, 2 * self.keys + self.values),
            matrix("out_proj", self.values, hidden),
        ]


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("linear_num_value_heads"))


def build(text_config: TextConfig) -> Decoder:
    delta = GatedDeltaNet(
        key_heads=text_config.size("linear_num_key_heads"),
        key_dim=text_config.size("linear_key_head_dim"),
        value_heads=text_config.size("linear_num_value_heads"),
        value_dim=text_config.size("linear_value_head_dim"),
        kernel=text_config.size("linear_conv_kernel_dim"),
        state_bytes=2 if text_config.get("mamba_ssm_dtype") in NARROW else 4,
    )
    gated = text_config.flag("attn_output_gate", text_config.model_type != "olmo_hybrid")
    stated = stated_layer_types(text_config)
    if not stated and (every := text_config.optional("full_attention_interval")):
        total = text_config.layer_count
        stated = ["linear_attention" if (number + 1) % every else "full_attention" for number in range(total)]
    mixers: dict[str, Mixer] = {"linear_attention": delta}
    layer_types = layer_types_of(text_config, stated)
    for name in {*layer_types} - {"linear_attention"}:
        mixers[name] = replace(attention_of(text_config, name), gated=gated)
    return assemble(text_config, [(mixers[name],) for name in layer_types], mlp_layers(text_config))
