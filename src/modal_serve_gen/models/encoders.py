"""The weight matrices of vision and audio encoders, and of the projectors to the language model (pure).

An estimate from the shape that they share, within tens of MB. Fields are those of transformers' classes.
"""

from dataclasses import dataclass
from typing import Any

from modal_serve_gen.models.decoder import Matrix
from modal_serve_gen.models.text_config import Json, text_config_of

HIDDEN = ("embed_dim", "vt_hidden_size", "hidden_size", "d_model", "width")
DEPTHS = ("depth", "num_hidden_layers", "vt_num_hidden_layers", "encoder_layers", "conf_num_hidden_layers", "layers")
WIDTHS = ("intermediate_size", "vt_intermediate_size", "encoder_ffn_dim")
GATED = ("gemma4", "pixtral")  # model types with a gated MLP that the activation does not imply
GEMMA_3N_VISION = 294_000_000  # parameters of a MobileNet whose shape its configuration does not state
# Fields that name an encoder whose sizes are in code only: Phi 3 and 4, Ovis.
UNSIZED = ("img_processor", "audio_processor", "visual_tokenizer_config")
ENCODERS = (("vision_config", "visual"), ("audio_config", "audio_tower"))


def unsized_encoder(config: Json) -> str | None:
    """The field that names an encoder without stating its sizes."""
    if key := next((key for key in UNSIZED if config.get(key)), None):
        return key
    return "model_type" if config.get("model_type") == "molmo" else None


def encoder_matrices(config: Json) -> list[Matrix]:
    """The matrices of all encoders that a config.json describes."""
    config = config.get("thinker_config", config)
    described = [(config[key], name) for key, name in ENCODERS if isinstance(config.get(key), dict)]
    return [matrix for fields, name in described for matrix in _encoder(config, fields, name)]


@dataclass(frozen=True, slots=True)
class _Encoder:
    """One encoder's fields, and how it is joined to the language model of width `out`."""

    config: Json
    fields: Json
    name: str
    kind: str
    hidden: int
    out: int

    def matrix(self, name: str, inputs: int, outputs: int, each: int = 1, layers: tuple[int, ...] = (0,)) -> Matrix:
        return Matrix("tower", f"{self.name}.{name}", inputs, outputs, layers, each, lora=False)


def _encoder(config: Json, fields: Json, name: str) -> list[Matrix]:
    kind = str(fields.get("model_type", ""))
    if kind == "gemma3n_vision":
        return [Matrix("tower", f"{name}.timm_model", 1, GEMMA_3N_VISION, lora=False)]
    hidden, depth = _first(fields, HIDDEN), _first(fields, DEPTHS)
    if not isinstance(hidden, int) or not isinstance(depth, int) or not 0 < depth < 1000:
        return []
    out = text_config_of(config).get("hidden_size") or 0
    encoder = _Encoder(config, fields, name, kind, hidden, out)
    matrix, layers = encoder.matrix, tuple(range(depth))
    if kind == "gemma3n_audio":  # a conformer: attention, two MLPs and a gated convolution, all of one width
        return [
            matrix("layers.{}.attn", hidden, hidden, 5, layers),
            matrix("layers.{}.mlp", hidden, 4 * hidden, 4, layers),
            matrix("layers.{}.conv", hidden, hidden, 3, layers),
            matrix("projector", hidden, out),
        ]
    heads = fields.get("num_heads") or fields.get("num_attention_heads") or 1
    kv_width = hidden * (fields.get("num_key_value_heads") or heads) // heads
    gated = fields.get("hidden_act") == "silu" or kind.startswith(GATED)
    encoder_matrices = [
        matrix("layers.{}.attn", hidden, hidden, 2, layers),
        matrix("layers.{}.attn_kv", hidden, kv_width, 2, layers),
        matrix("layers.{}.mlp", hidden, _mlp_width(fields, kind, hidden), 3 if gated else 2, layers),
    ]
    if patch := _side(fields.get("patch_size")):
        frames = fields.get("temporal_patch_size") or 1
        encoder_matrices.append(matrix("patch_embed", 3 * frames * patch * patch, hidden))
    return encoder_matrices + (_glm(encoder) or _merger(encoder) or _projector(encoder))


def _first(fields: Json, keys: tuple[str, ...]) -> Any:
    return next((fields[key] for key in keys if fields.get(key)), None)


def _mlp_width(fields: Json, kind: str, hidden: int) -> int:
    if kind.startswith("glm4v") and isinstance(width := fields.get("out_hidden_size"), int):
        return width  # its intermediate_size is that of the merger
    if ratio := fields.get("mlp_ratio"):
        width = fields.get("intermediate_size") or int(ratio * hidden)
    else:
        width = _first(fields, WIDTHS)
    return width if isinstance(width, int) else 4 * hidden


def _side(size: object) -> int:
    """Patches are square; InternVL lists both sides."""
    side = size[0] if isinstance(size, list) and size else size
    return side if isinstance(side, int) else 0


def _glm(encoder: _Encoder) -> list[Matrix] | None:
    """GLM: a strided convolution, then a gated MLP."""
    matrix, fields, hidden, out = encoder.matrix, encoder.fields, encoder.hidden, encoder.out
    if encoder.kind.startswith(("glm4v", "glm_ocr", "glm5")):
        wide, merged = fields.get("out_hidden_size") or out, (fields.get("spatial_merge_size") or 1) ** 2
        inner = fields.get("projection_intermediate_size") or (
            fields.get("intermediate_size") if encoder.kind.startswith("glm4v") else 3 * wide
        )
        return [
            matrix("downsample", merged * hidden, wide),
            matrix("merger.proj", wide, wide),
            matrix("merger.mlp", wide, inner or 0, 3),
        ]
    if encoder.config.get("model_type") == "chatglm":  # GLM 4V of 2024
        inner = encoder.config.get("ffn_hidden_size") or 0
        return [matrix("conv", 4 * hidden, out), matrix("linear_proj", out, out), matrix("glu", out, inner, 3)]
    return None


def _merger(encoder: _Encoder) -> list[Matrix] | None:
    """Qwen and Mistral: neighboring patches are merged."""
    matrix, fields, hidden, out = encoder.matrix, encoder.fields, encoder.hidden, encoder.out
    if merge := fields.get("spatial_merge_size"):
        merged = hidden * merge**2
        wide = fields.get("out_hidden_size") or out
        merger = [matrix("merger.0", merged, merged), matrix("merger.2", merged, wide)]
        if taps := fields.get("deepstack_visual_indexes"):
            merger.append(matrix("deepstack.0", merged, merged, len(taps)))
            merger.append(matrix("deepstack.2", merged, out, len(taps)))
        return merger
    if merge := encoder.config.get("spatial_merge_size"):  # Mistral 3: back to the encoder's width first
        return [
            matrix("merger", hidden * merge**2, hidden),
            matrix("projector.1", hidden, out),
            matrix("projector.2", out, out),
        ]
    return None


def _projector(encoder: _Encoder) -> list[Matrix]:
    """LLaVA and its successors: a projector of one or two layers, after shuffling pixels in some."""
    matrix, config, fields, out = encoder.matrix, encoder.config, encoder.fields, encoder.out
    hidden = encoder.hidden
    if shuffled := config.get("downsample_ratio"):
        hidden = round(hidden / shuffled**2)
    hidden *= (config.get("scale_factor") or config.get("downsample_factor") or 1) ** 2
    if aligned := config.get("alignment_intermediate_size"):  # Aya Vision: gated
        return [matrix("projector.1", hidden, aligned), matrix("projector.2", aligned // 2, out)]
    if inner := config.get("projector_hidden_size"):
        return [matrix("projector.1", hidden, inner), matrix("projector.2", inner, out)]
    if config.get("projector_hidden_act") or shuffled:
        if fields.get("encoder_layers") is None and "audio" in encoder.kind + str(config.get("model_type")):
            hidden *= 4
        return [matrix("projector.1", hidden, out), matrix("projector.2", out, out)]
    return [matrix("projector", hidden, out)]
