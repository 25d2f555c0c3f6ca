"""Hybrids of attention with linear attention or short convolutions (pure)."""

import math

from modal_serve_gen.errors import InvalidConfig
from modal_serve_gen.models.attention import hybrid_layers, layer_types_of, stated_layer_types
from modal_serve_gen.models.decoder import Decoder, LayerGroup, ListedMixer, recurrent_matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.latent import latent_attention
from modal_serve_gen.models.families.mamba import NARROW
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def qwen3_next(text_config: TextConfig) -> Decoder | None:
    """Gated DeltaNet in most layers, attention in the others: Qwen3-Next, 3.5 and 3.6, OLMo Hybrid."""
    if not text_config.get("linear_num_value_heads"):
        return None
    stated = stated_layer_types(text_config)
    if not stated and (every := text_config.optional("full_attention_interval")):
        total = text_config.layer_count
        stated = ["linear_attention" if (number + 1) % every else "full_attention" for number in range(total)]
    layer_types = layer_types_of(text_config, stated)
    if "linear_attention" not in layer_types:
        raise InvalidConfig("it has sizes of linear attention, but does not say which layers use it")
    gated = text_config.flag("attn_output_gate", text_config.model_type != "olmo_hybrid")
    text_config, delta = text_config.replace(attn_output_gate=gated), _gated_delta_net(text_config)
    mixers = hybrid_layers(text_config, layer_types, linear_attention=delta)
    return assemble(text_config, mixers, mlp_layers(text_config))


def _gated_delta_net(text_config: TextConfig) -> ListedMixer:
    hidden, taps = text_config.size("hidden_size"), text_config.size("linear_conv_kernel_dim")
    key_dim, value_heads = text_config.size("linear_key_head_dim"), text_config.size("linear_num_value_heads")
    key_heads = text_config.size("linear_num_key_heads")
    keys = key_heads * key_dim
    values = value_heads * text_config.size("linear_value_head_dim")
    return ListedMixer(
        (
            LayerGroup(
                kind="linear",
                recurrent_elements=key_dim * values,
                recurrent_bytes=2 if text_config.get("mamba_ssm_dtype") in NARROW else 4,
                conv_elements=(2 * keys + values) * (taps - 1),
                checkpoints="flashinfer",
                state_heads=math.gcd(key_heads, value_heads),
            ),
        ),
        (
            recurrent_matrix("linear_attn.in_proj_q", hidden, keys, 2),
            recurrent_matrix("linear_attn.in_proj_v", hidden, values, 2),
            recurrent_matrix("linear_attn.in_proj_b", hidden, value_heads, 2),
            recurrent_matrix("linear_attn.conv1d", taps, 2 * keys + values),
            recurrent_matrix("linear_attn.out_proj", values, hidden),
        ),
    )


def kimi_linear(text_config: TextConfig) -> Decoder | None:
    """Kimi Linear and K3: Kimi Delta Attention, and latent attention in some layers (`linear_attn_config`)."""
    if (linear := text_config.table("linear_attn_config")) is None:
        return None
    delta = _kimi_delta_attention(linear, text_config.size("hidden_size"))
    latent = latent_attention(text_config)
    if (numbers := linear.items("kda_layers")) is None:  # from 1
        raise KeyError("kda_layers")
    mixers = [delta if number + 1 in numbers else latent for number in range(text_config.layer_count)]
    return assemble(text_config, mixers, mlp_layers(text_config))


def _kimi_delta_attention(linear: TextConfig, hidden: int) -> ListedMixer:
    heads, dim, taps = linear.size("num_heads"), linear.size("head_dim"), linear.size("short_conv_kernel_size")
    inner = heads * dim
    gates = [recurrent_matrix("self_attn.g_proj", hidden, inner)]
    if not linear.flag("use_full_rank_gate"):
        gates = [
            recurrent_matrix("self_attn.g_a_proj", hidden, dim),
            recurrent_matrix("self_attn.g_b_proj", dim, inner),
        ]
    return ListedMixer(
        (
            LayerGroup(
                kind="linear",
                recurrent_elements=inner * dim,
                conv_elements=3 * inner * (taps - 1),
                state_heads=heads,
            ),
        ),
        (
            recurrent_matrix("self_attn.q_proj", hidden, inner, 3),
            recurrent_matrix("self_attn.f_a_proj", hidden, dim),
            recurrent_matrix("self_attn.f_b_proj", dim, inner),
            *gates,
            recurrent_matrix("self_attn.b_proj", hidden, heads),
            recurrent_matrix("self_attn.q_conv1d", taps, inner, 3),
            recurrent_matrix("self_attn.o_proj", inner, hidden),
        ),
    )


def lfm2(text_config: TextConfig) -> Decoder | None:
    """LFM2: short convolutions, with attention in some layers."""
    if not text_config.get("conv_L_cache"):
        return None
    hidden, taps = text_config.size("hidden_size"), text_config.size("conv_L_cache")
    convolution = ListedMixer(
        (LayerGroup(kind="linear", conv_elements=(text_config.optional("conv_dim") or hidden) * (taps - 1)),),
        (
            recurrent_matrix("conv.in_proj", hidden, hidden, 3),
            recurrent_matrix("conv.conv", taps, hidden),
            recurrent_matrix("conv.out_proj", hidden, hidden),
        ),
    )
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
