"""Jamba: Mamba 1 in most layers, attention in each n-th, and experts in each m-th."""

from modal_serve_gen.models.attention import attention_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.state_space import Mamba1, state_bytes_of, step_rank
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    return bool(text_config.get("attn_layer_period"))


def build(text_config: TextConfig) -> Decoder:
    mamba = Mamba1(
        text_config.size("mamba_expand") * text_config.size("hidden_size"),
        text_config.size("mamba_d_state"),
        step_rank(text_config, "mamba_dt_rank"),
        text_config.size("mamba_d_conv"),
        state_bytes_of(text_config),
    )
    attention = attention_of(text_config)
    attends = _each(text_config, "attn_layer")
    sparse = _each(text_config, "expert_layer") if text_config.get("expert_layer_period") else None
    return assemble(
        text_config, [(attention if here else mamba,) for here in attends], mlp_layers(text_config, sparse=sparse)
    )


def _each(text_config: TextConfig, prefix: str) -> list[bool]:
    """True for the layers at an offset in each period."""
    period, offset = text_config.size(f"{prefix}_period"), text_config.number(f"{prefix}_offset")
    return [number % period == offset for number in range(text_config.layer_count)]
