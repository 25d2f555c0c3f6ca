"""Where a config.json keeps the language model, and its sizes by their usual names (pure)."""

from modal_serve_gen.errors import InvalidConfig

# The usual name of a size, and what families call it (vLLM 0.33.0, transformers_utils/config.py, CONFIG_FIELD_ALIASES;
# transformers' own attribute_map of each class).
NAMES = {
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers"),
    "num_key_value_heads": ("n_head_kv", "num_kv_heads", "kv_n_heads", "multi_query_group_num", "num_attention_groups"),
    "head_dim": ("attention_head_dim", "hidden_size_per_head", "kv_channels"),
    "intermediate_size": ("n_inner", "ffn_dim", "ffn_hidden_size"),
    "moe_intermediate_size": ("expert_ffn_hidden_size", "expert_hidden_dim"),
    "num_experts": ("moe_num_experts",),
    "num_experts_per_tok": ("num_experts_per_token", "top_k_experts", "moe_topk", "moe_top_k", "moe_k"),
    "n_shared_experts": ("moe_num_shared_experts", "num_shared_expert"),
    "vocab_size": ("padded_vocab_size",),
    "swa_num_attention_heads": ("num_sliding_attention_heads",),
}
# What tells of layers that are not all as the sizes say.
ODD = {
    "block_configs": "gives single layers sizes of their own",  # Nemotron NAS and Puzzle
    "per_layer_config": "gives single layers sizes of their own",  # Domyn Edge, Gemma 4 as transformers 5 writes it
    "layer_group_size": "mixes layers of linear attention in",  # Ling and Ring from 2.5 on
    "loop_num": "repeats its layers, with a cache for each round",  # IQuest Loop
    "n_recurrent_loops": "repeats its layers, with a cache for each round",  # Dory
    "mova_num_experts": "gives attention experts of its own",  # K2 Horizon
    "ngram_vocab_size_ratio": "adds embeddings of several tokens at once",  # LongCat Flash Lite
}
# Families whose layers the readers here would take for others.
UNREAD = (
    "bitnet", "jetmoe", "minimax", "minimax_text_01", "minimax_m1", "mllama_text_model", "plamo2", "recurrent_gemma",
    "zamba", "rwkv", "xlstm",
)  # fmt: skip
NESTED = ("attn_config", "ffn_config")  # MPT and DBRX keep theirs one level deeper


def text_part(config: dict) -> dict:
    """The language model's own configuration: nested in multimodal ones, the document itself elsewhere."""
    for key in ("text_config", "llm_config", "language_config", "thinker_config"):
        if isinstance(inner := config.get(key), dict):
            return text_part(inner) if key == "thinker_config" else _named({**_inherited(config), **inner})
    return _named(config)


def _inherited(config: dict) -> dict:
    """Keys that multimodal configurations state once, at the top, for the language model too."""
    return {key: config[key] for key in ("torch_dtype", "dtype", "vocab_size", "tie_word_embeddings") if key in config}


def _named(text: dict) -> dict:
    """The same with the usual names beside the family's; what has its usual name already stays."""
    deeper = [inner for key in NESTED if isinstance(inner := text.get(key), dict)]
    found = {}
    for usual, others in NAMES.items():
        if text.get(usual) is None:
            values = (place.get(name) for place in (text, *deeper) for name in others)
            if (value := next((each for each in values if each is not None), None)) is not None:
                # Hunyuan and ERNIE state some of theirs for each layer or kind of input; the first stands for all.
                found[usual] = value[0] if isinstance(value, list) and value else value
    if isinstance(near := text.get("attention_other_setting"), dict):  # Step 3.5: the layers with a window
        found["swa_num_attention_heads"] = near.get("num_attention_heads")
        found["swa_num_key_value_heads"] = near.get("num_attention_groups")
    if "num_hidden_layers" in found and "expert_ffn_hidden_size" in text:
        found["num_hidden_layers"] *= 2  # LongCat: one of its layers has attention and an MLP twice
    for key, kind in (("layers_block_type", list), ("hybrid_override_pattern", str)):
        if text.get("num_hidden_layers") is None and isinstance(blocks := text.get(key), kind):
            found["num_hidden_layers"] = len(blocks)
    return {**text, **found}


def refuse_odd(text: dict) -> None:
    """Raises InvalidConfig for layers of a make that is not read here, so that none is guessed."""
    said = ("per_layer_config",) if text.get("global_head_dim") else ()  # Gemma 4: the same in words that are read
    if key := next((key for key in ODD if text.get(key) and key not in said), None):
        raise InvalidConfig(f"its {key} {ODD[key]}, which this tool does not read")
    if text.get("model_type") in UNREAD:
        raise InvalidConfig(f"its model_type is {text['model_type']}, whose layers this tool does not read")


def heads_of(text: dict) -> int:
    """KeyError names the usual key where there is none."""
    found = text.get("num_attention_heads", text.get("n_head"))
    if found is None and "state_size" in text:  # Mamba 1 has none: ranks divide its channels
        return text.get("intermediate_size") or text.get("expand", 2) * hidden_of(text)
    if found is None:
        raise KeyError("num_attention_heads")
    return found


def hidden_of(text: dict) -> int:
    """KeyError names the usual key where there is none."""
    found = text.get("hidden_size", text.get("n_embd"))
    if found is None:
        raise KeyError("hidden_size")
    return found


def layer_count(text: dict) -> int:
    """KeyError names the usual key where there is none."""
    found = text.get("num_hidden_layers") or text.get("n_layer")
    if not found:
        raise KeyError("num_hidden_layers")
    return found
