"""Hybrids of attention with linear attention or short convolutions (pure)."""

from dataclasses import dataclass, replace

from modal_serve_gen.models.attention import hybrid_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, LayerGroup, Matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.latent import latent_attention_of
from modal_serve_gen.models.families.mamba import NARROW
from modal_serve_gen.models.mlp import mlp_layers
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

    def matrices(self, hidden: int) -> list[Matrix]:
        return [
            _matrix("linear_attn.in_proj_q", hidden, self.keys, 2),
            _matrix("linear_attn.in_proj_v", hidden, self.values, 2),
            _matrix("linear_attn.in_proj_b", hidden, self.value_heads, 2),
            _matrix("linear_attn.conv1d", self.kernel, 2 * self.keys + self.values),
            _matrix("linear_attn.out_proj", self.values, hidden),
        ]


@dataclass(frozen=True, slots=True)
class KimiDeltaAttention:
    heads: int
    dim: int
    kernel: int
    full_rank_gate: bool

    def caches(self) -> tuple[LayerGroup, ...]:
        recurrent, conv = self.heads * self.dim**2, 3 * self.heads * self.dim * (self.kernel - 1)
        return (LayerGroup(kind="linear", recurrent_elements=recurrent, conv_elements=conv),)

    def matrices(self, hidden: int) -> list[Matrix]:
        inner = self.heads * self.dim
        gates = [_matrix("self_attn.f_a_proj", hidden, self.dim), _matrix("self_attn.f_b_proj", self.dim, inner)]
        if self.full_rank_gate:
            gates.append(_matrix("self_attn.g_proj", hidden, inner))
        else:
            gates.append(_matrix("self_attn.g_a_proj", hidden, self.dim))
            gates.append(_matrix("self_attn.g_b_proj", self.dim, inner))
        return [
            _matrix("self_attn.q_proj", hidden, inner, 3),
            *gates,
            _matrix("self_attn.b_proj", hidden, self.heads),
            _matrix("self_attn.q_conv1d", self.kernel, inner, 3),
            _matrix("self_attn.o_proj", inner, hidden),
        ]


@dataclass(frozen=True, slots=True)
class ShortConvolution:
    kernel: int
    width: int  # of the inputs that are kept

    def caches(self) -> tuple[LayerGroup, ...]:
        return (LayerGroup(kind="linear", conv_elements=self.width * (self.kernel - 1)),)

    def matrices(self, hidden: int) -> list[Matrix]:
        return [
            _matrix("conv.in_proj", hidden, hidden, 3),
            _matrix("conv.conv", self.kernel, hidden),
            _matrix("conv.out_proj", hidden, hidden),
        ]


def _matrix(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
    return Matrix("recurrent", f"layers.{{}}.{name}", inputs, outputs, each=each)


def qwen3_next(text_config: TextConfig) -> Decoder | None:
    """Gated DeltaNet in most layers, attention in the others: Qwen3-Next, 3.5 and 3.6, OLMo Hybrid."""
    if not text_config.get("linear_num_value_heads"):
        return None
    delta = GatedDeltaNet(
        key_heads=text_config.size("linear_num_key_heads"),
        key_dim=text_config.size("linear_key_head_dim"),
        value_heads=text_config.size("linear_num_value_heads"),
        value_dim=text_config.size("linear_value_head_dim"),
        kernel=text_config.size("linear_conv_kernel_dim"),
        state_bytes=2 if text_config.get("mamba_ssm_dtype") in NARROW else 4,
    )
    stated = stated_layer_types(text_config)
    if not stated and (every := text_config.optional("full_attention_interval")):
        total = text_config.layer_count
        stated = ["linear_attention" if (number + 1) % every else "full_attention" for number in range(total)]
    gated = text_config.flag("attn_output_gate", text_config.model_type != "olmo_hybrid")
    text_config = text_config.replace(attn_output_gate=gated)
    mixers = hybrid_layers(text_config, layer_types_of(text_config, stated), linear_attention=delta)
    return assemble(text_config, mixers, mlp_layers(text_config))


def kimi_linear(text_config: TextConfig) -> Decoder | None:
    """Kimi Linear and K3: Kimi Delta Attention, and latent attention in some layers (`linear_attn_config`)."""
    if (linear := text_config.table("linear_attn_config")) is None:
        return None
    delta = KimiDeltaAttention(
        linear.size("num_heads"),
        linear.size("head_dim"),
        linear.size("short_conv_kernel_size"),
        linear.flag("use_full_rank_gate"),
    )
    latent = replace(latent_attention_of(text_config), sparse=False)
    if (numbers := linear.items("kda_layers")) is None:  # from 1
        raise KeyError("kda_layers")
    mixers = [delta if number + 1 in numbers else latent for number in range(text_config.layer_count)]
    return assemble(text_config, mixers, mlp_layers(text_config))


def lfm2(text_config: TextConfig) -> Decoder | None:
    """LFM2: short convolutions, with attention in some layers."""
    if not text_config.get("conv_L_cache"):
        return None
    width = text_config.optional("conv_dim") or text_config.size("hidden_size")
    convolution = ShortConvolution(text_config.size("conv_L_cache"), width)
    stated = stated_layer_types(text_config)
    if not stated and (attending := text_config.items("full_attn_idxs")) is not None:
        stated = ["attention" if number in attending else "conv" for number in range(text_config.layer_count)]
    mixers = hybrid_layers(text_config, layer_types_of(text_config, stated), conv=convolution)
    if text_config.get("block_auto_adjust_ff_dim"):  # two thirds of the stated width, rounded up
        multiple = text_config.optional("block_multiple_of") or 256
        factor = float(text_config.values.get("block_ffn_dim_multiplier", 1))
        stated_width = int(factor * (2 * text_config.size("intermediate_size") // 3))
        text_config = text_config.replace(intermediate_size=-(-stated_width // multiple) * multiple)
    return assemble(text_config, mixers, mlp_layers(text_config))
