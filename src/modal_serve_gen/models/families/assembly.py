"""Puts the layers that a family describes into a Decoder, with what all families state in the same way (pure)."""

from collections.abc import Sequence

from modal_serve_gen.models.decoder import Decoder, Layer, Matrix, Mixer, Mlp
from modal_serve_gen.models.defaults import defaults_of
from modal_serve_gen.models.mlp import active_fraction
from modal_serve_gen.models.text_config import WIDTHS, TextConfig

DRAFT_LAYERS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules")


def assemble(
    text_config: TextConfig,
    mixers: Sequence[Mixer | tuple[Mixer, ...]],
    mlps: Sequence[Mlp | tuple[Mlp, ...]],
    *,
    tied: bool | None = None,
    extra: Sequence[Matrix] = (),
) -> Decoder:
    """`mixers` and `mlps` are per layer; `tied` is the family's default; `extra` are matrices outside layers."""
    hidden, defaults = text_config.size("hidden_size"), defaults_of(text_config)
    positions = 0
    if defaults.first_position is not None:
        length = text_config.optional("n_positions") or text_config.size("max_position_embeddings")
        positions = defaults.first_position + length
    layers = (
        Layer(mixer if isinstance(mixer, tuple) else (mixer,), mlp if isinstance(mlp, tuple) else (mlp,))
        for mixer, mlp in zip(mixers, mlps, strict=True)
    )
    return Decoder(
        layers=tuple(layers),
        hidden_size=hidden,
        vocab_size=text_config.size("vocab_size"),
        tied=text_config.flag("tie_word_embeddings", defaults.tied if tied is None else tied),
        embedding_width=text_config.optional("word_embed_proj_dim") or hidden,
        learned_positions=positions,
        draft_layers=draft_layers(text_config),
        draft_embeddings=bool(text_config.get("num_nextn_predict_layers")),
        extra=tuple(extra),
        active_experts=active_fraction(text_config),
        element_bytes=WIDTHS[text_config.dtype],
        rope_bytes=rope_bytes(text_config),
    )


def draft_layers(text_config: TextConfig) -> int:
    """Layers for speculation in the checkpoint."""
    return text_config.optional(*DRAFT_LAYERS) or len(text_config.get("mtp_hybrid_override_pattern") or "")


def rope_bytes(text_config: TextConfig) -> float:
    """Bytes of the table of sines and cosines: one row per position, as wide as the rotated part of a head, in 16 bits
    (vLLM 0.33.0, layers/rotary_embedding/base.py, _compute_cos_sin_cache over max_position_embeddings)."""
    length = text_config.get("max_position_embeddings")
    if not isinstance(length, int):
        return 0.0
    width = text_config.optional("qk_rope_head_dim", "head_dim") or (
        text_config.optional("hidden_size") // max(text_config.optional("num_attention_heads"), 1)
    )
    fraction = text_config.get("partial_rotary_factor")
    if fraction is None and (rope := text_config.table("rope_parameters")):
        fraction = rope.get("partial_rotary_factor")
    return 2.0 * length * width * (fraction if isinstance(fraction, (int, float)) and 0 < fraction <= 1 else 1)
