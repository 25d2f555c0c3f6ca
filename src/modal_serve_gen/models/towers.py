"""The matrices of encoders for pictures and sound, and of what joins them to a language model (pure).

An estimate by the shape that they all have, within tens of MB; keys are those of transformers' classes.
"""

from modal_serve_gen.models.matrix import Matrix
from modal_serve_gen.models.names import text_part

HIDDEN = ("embed_dim", "vt_hidden_size", "hidden_size", "d_model", "width")
DEPTHS = ("depth", "num_hidden_layers", "vt_num_hidden_layers", "encoder_layers", "conf_num_hidden_layers", "layers")
WIDTHS = ("intermediate_size", "vt_intermediate_size", "encoder_ffn_dim")
# Whose MLP has three matrices although they do not say "silu".
THREE = ("gemma4", "pixtral")
MOBILENET = 294_000_000  # parameters of Gemma 3n's encoder, whose shape its configuration does not give


# Whose encoders are named, or left to their code, without sizes: Phi 3 and 4, Ovis, Molmo.
UNSIZED = ("img_processor", "audio_processor", "visual_tokenizer_config")
PLACES = (("vision_config", "visual"), ("audio_config", "audio_tower"))


def unsized(config: dict) -> str | None:
    """Where `config` tells of an encoder whose size it does not say."""
    if named := next((key for key in UNSIZED if config.get(key)), None):
        return named
    return "model_type" if config.get("model_type") == "molmo" else None


def towers(config: dict) -> list[Matrix]:
    """All encoders that `config` describes."""
    config = config.get("thinker_config", config)
    found: list[Matrix] = []
    for key, name in PLACES:
        if isinstance(tower := config.get(key), dict):
            found += _tower(config, tower, name, text_part(config).get("hidden_size") or 0)
    return found


def _tower(config: dict, tower: dict, name: str, out: int) -> list[Matrix]:
    kind = str(tower.get("model_type", ""))
    hidden = next((tower[k] for k in HIDDEN if tower.get(k)), None)
    depth = next((tower[k] for k in DEPTHS if tower.get(k)), None)
    if kind == "gemma3n_vision":
        return [Matrix("tower", f"{name}.timm_model", 1, MOBILENET, lora=False)]
    if not isinstance(hidden, int) or not isinstance(depth, int) or not 0 < depth < 1000:
        return []

    def one(tail: str, inputs: int, outputs: int, layers=(0,), each=1) -> Matrix:
        return Matrix("tower", f"{name}.{tail}", inputs, outputs, layers, each, lora=False)

    width, layers = _width(tower, kind, hidden), tuple(range(depth))
    if kind == "gemma3n_audio":  # a conformer: two MLPs and a gated convolution beside attention, all of one width
        return [one("layers.{}.attn", hidden, hidden, layers, 5), one("layers.{}.mlp", hidden, 4 * hidden, layers, 4),
                one("layers.{}.conv", hidden, hidden, layers, 3), one("projector", hidden, out)]  # fmt: skip
    heads = tower.get("num_heads") or tower.get("num_attention_heads") or 1
    kept = hidden * (tower.get("num_key_value_heads") or heads) // heads
    three = tower.get("hidden_act") == "silu" or kind.startswith(THREE)
    found = [
        one("layers.{}.attn", hidden, hidden, layers, 2),
        one("layers.{}.attn_kv", hidden, kept, layers, 2),
        one("layers.{}.mlp", hidden, width, layers, 3 if three else 2),
    ]
    if patch := _side(tower.get("patch_size")):
        frames = tower.get("temporal_patch_size") or 1
        found.append(one("patch_embed", 3 * frames * patch * patch, hidden))
    return found + _joint(config, tower, kind, hidden, out, one)


def _width(tower: dict, kind: str, hidden: int) -> int:
    if kind.startswith("glm4v") and isinstance(found := tower.get("out_hidden_size"), int):
        return found  # its intermediate_size is the merger's
    if ratio := tower.get("mlp_ratio"):
        found = tower.get("intermediate_size") or int(ratio * hidden)
    else:
        found = next((tower[key] for key in WIDTHS if tower.get(key)), None)
    return found if isinstance(found, int) else 4 * hidden


def _side(size: object) -> int:
    """Patches are square; InternVL says so twice."""
    return size[0] if isinstance(size, list) and size else size if isinstance(size, int) else 0


def _joint(config: dict, tower: dict, kind: str, hidden: int, out: int, one) -> list[Matrix]:
    """What turns an encoder's output into the language model's: patches are merged, then projected."""
    if kind.startswith(("glm4v", "glm_ocr", "glm5")):
        wide, merged = tower.get("out_hidden_size") or out, (tower.get("spatial_merge_size") or 1) ** 2
        inner = tower.get("projection_intermediate_size") or (
            tower.get("intermediate_size") if kind.startswith("glm4v") else 3 * wide
        )
        return [one("downsample", merged * hidden, wide), one("merger.proj", wide, wide),
                one("merger.mlp", wide, inner or 0, each=3)]  # fmt: skip
    if config.get("model_type") == "chatglm":  # GLM 4V of 2024
        inner = config.get("ffn_hidden_size") or 0
        return [one("conv", 4 * hidden, out), one("linear_proj", out, out), one("glu", out, inner, each=3)]
    if merge := tower.get("spatial_merge_size"):
        merged = hidden * merge**2
        found = [one("merger.0", merged, merged), one("merger.2", merged, tower.get("out_hidden_size") or out)]
        if kept := tower.get("deepstack_visual_indexes"):
            found.append(one("deepstack.0", merged, merged, each=len(kept)))
            found.append(one("deepstack.2", merged, out, each=len(kept)))
        return found
    if merge := config.get("spatial_merge_size"):  # Mistral 3: back to the encoder's own width first
        return [one("merger", hidden * merge**2, hidden), one("projector.1", hidden, out), one("projector.2", out, out)]
    if shuffled := config.get("downsample_ratio"):
        hidden = round(hidden / shuffled**2)
    hidden *= (config.get("scale_factor") or config.get("downsample_factor") or 1) ** 2
    if aligned := config.get("alignment_intermediate_size"):  # Aya Vision: gated
        return [one("projector.1", hidden, aligned), one("projector.2", aligned // 2, out)]
    if inner := config.get("projector_hidden_size"):
        return [one("projector.1", hidden, inner), one("projector.2", inner, out)]
    if config.get("projector_hidden_act") or shuffled:  # LLaVA and those after it
        if tower.get("encoder_layers") is None and "audio" in kind + str(config.get("model_type")):
            hidden *= 4
        return [one("projector.1", hidden, out), one("projector.2", out, out)]
    return [one("projector", hidden, out)]
