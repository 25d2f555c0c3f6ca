"""Nemotron H and Nemotron 3: each layer is a Mamba 2 mixer, attention, an MLP or experts, by a letter or a word."""

from modal_serve_gen.models.attention import attention_of
from modal_serve_gen.models.decoder import Decoder, Mixer, Mlp
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import dense_mlp, experts_of
from modal_serve_gen.models.state_space import mamba2_of
from modal_serve_gen.models.text_config import TextConfig

LETTERS = {"M": "mamba", "*": "attention", "E": "moe", "-": "mlp"}


def matches(text_config: TextConfig) -> bool:
    return _blocks(text_config) is not None


def _blocks(text_config: TextConfig) -> list[str] | None:
    if isinstance(pattern := text_config.get("hybrid_override_pattern"), str):
        return [LETTERS.get(letter, "none") for letter in pattern]
    blocks = text_config.items("layers_block_type") or []
    return [str(name) for name in blocks] if {"mlp", "moe"} & {str(name) for name in blocks} else None


def build(text_config: TextConfig) -> Decoder:
    blocks = (_blocks(text_config) or [])[: text_config.layer_count]
    mixers: dict[str, tuple[Mixer, ...]] = {}
    mlps: dict[str, tuple[Mlp, ...]] = {}
    if "mamba" in blocks:
        sizes = ("mamba_num_heads", "mamba_head_dim", "ssm_state_size", "n_groups", "conv_kernel")
        mixers["mamba"] = (mamba2_of(text_config, *sizes, usual="float32"),)
    if "attention" in blocks:
        mixers["attention"] = (attention_of(text_config),)
    if "mlp" in blocks:
        mlps["mlp"] = (dense_mlp(text_config),)
    if "moe" in blocks:
        mlps["moe"] = (experts_of(text_config),)
    return assemble(text_config, [mixers.get(name, ()) for name in blocks], [mlps.get(name, ()) for name in blocks])
