"""Which layer of a model is of which kind: by lists, intervals, patterns or the family's habit (pure).

Keys are those of the families' config.json; what is left unsaid follows transformers' classes and vLLM 0.33.0.
"""

from modal_serve_gen.models import mamba
from modal_serve_gen.models.names import layer_count

# Families whose older configurations leave out `layer_types`: every n-th layer is a full one (transformers defaults).
FULL_EVERY = {
    "gemma2": 2, "gemma3": 6, "gemma3_text": 6, "gemma3n_text": 5, "gemma4_text": 6, "vaultgemma": 2, "gpt_oss": 2,
    "cohere2": 4, "olmo3": 4, "afmoe": 4, "muse_glimmer_text": 4,
}  # fmt: skip
# The kinds of layers, by the words for them.
MARKS = {
    "sliding_attention": "sliding_attention", "hybrid_sliding": "sliding_attention",
    "chunked_attention": "chunked_attention", "linear_attention": "linear_attention", "mamba": "linear_attention",
    "conv": "conv", "mlp": "none", "moe": "none", "both": "both", "shared": "shared",
}  # fmt: skip
# Families without kinds of layers: a window that is set is every layer's (vLLM 0.33.0, engine/arg_utils.py,
# EngineArgs.create_engine_config).
ALL_WINDOWED = {"mistral", "ministral", "mixtral", "phi3", "phimoe", "starcoder2"}


def layer_kinds(text: dict) -> list[str]:
    """For each layer, what mixes tokens in it: attention, linear, conv, both at once, shared or none.

    KeyError names a missing field.
    """
    total = layer_count(text)
    if isinstance(linear := text.get("linear_attn_config"), dict):
        return ["linear" if at + 1 in linear["kda_layers"] else "attention" for at in range(total)]
    if text.get("kv_lora_rank") or text.get("compress_ratios"):
        return ["attention"] * total
    names = {"linear_attention": "linear", "conv": "conv", "none": "none", "both": "both", "shared": "shared"}
    return [names.get(kind, "attention") for kind in layer_types(text, total)]


def shared_kv_layers(text: dict) -> int:
    """Gemma 3n and 4 E: the last layers read an earlier layer's keys and values."""
    return text.get("num_kv_shared_layers") or 0


def layer_types(text: dict, total: int) -> list[str]:
    """For each layer, what it keeps: full, sliding, chunked or linear attention, conv, none, both or shared."""
    window = text.get("sliding_window") or text.get("sliding_window_size")
    longest = text.get("max_position_embeddings") or 0
    windowed = bool(window) and text.get("use_sliding_window") is not False and not window >= longest > 0
    if marks := _marks(text, total):
        # An unknown kind counts as full: too much memory rather than too little.
        marks = [MARKS.get(kind, "full_attention") for kind in marks[:total]]
        return ["full_attention" if kind == "sliding_attention" and not windowed else kind for kind in marks]
    if every := text.get("full_attention_interval"):
        return ["full_attention" if (i + 1) % every == 0 else "linear_attention" for i in range(total)]
    if text.get("attention_chunk_size"):  # Llama 4: every 4th layer has no position encoding and sees everything
        every = text.get("no_rope_layer_interval") or 4
        plain = text.get("no_rope_layers") or [0 if (i + 1) % every == 0 else 1 for i in range(total)]
        return ["chunked_attention" if has_rope else "full_attention" for has_rope in plain[:total]]
    every = text.get("sliding_window_pattern") or text.get("global_attn_every_n_layers")
    if windowed and isinstance(every, str):  # EXAONE 4: a letter is a layer, L local, G global
        return ["full_attention" if every[i % len(every)] == "G" else "sliding_attention" for i in range(total)]
    every = every or FULL_EVERY.get(text.get("model_type", ""))
    if windowed and isinstance(every, int) and every > 0:
        return ["full_attention" if (i + 1) % every == 0 else "sliding_attention" for i in range(total)]
    all_windowed = windowed and text.get("model_type") in ALL_WINDOWED
    return ["sliding_attention" if all_windowed else "full_attention"] * total


def _marks(text: dict, total: int) -> list[str] | None:
    """What the configuration says of each layer, in its family's own words; None where it lists nothing."""
    if isinstance(pattern := text.get("hybrid_override_pattern"), str):  # Nemotron H: a letter is a layer
        return [{"*": "attention", "M": "mamba"}.get(letter, "mlp") for letter in pattern[:total]]
    if text.get("model_type") in mamba.PURE:
        return ["mamba"] * total
    if "mamba_d_ssm" in text:  # Falcon H1
        return ["both"] * total
    listed = text.get("layers_block_type") or text.get("layer_types")
    if isinstance(listed, list) and len(listed) >= total:
        if any("compressed" in str(kind) for kind in listed):
            raise KeyError("compress_ratios")
        return ["shared" if kind == "hybrid" and text.get("num_mem_blocks") else kind for kind in listed]
    if every := text.get("attn_layer_period"):  # Jamba
        return ["attention" if at % every == text["attn_layer_offset"] else "mamba" for at in range(total)]
    for key, other in (("attn_layer_indices", "mamba"), ("full_attn_idxs", "conv")):  # Bamba, LFM 2
        if isinstance(chosen := text.get(key), list):
            return ["attention" if at in chosen else other for at in range(total)]
    if isinstance(marks := text.get("hybrid_layer_pattern"), list) and len(marks) >= total:  # MiMo V2: 1 has a window
        return ["sliding_attention" if one else "attention" for one in marks]
    return None
