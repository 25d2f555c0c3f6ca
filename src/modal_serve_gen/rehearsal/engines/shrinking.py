"""A model's configuration made small: the same architecture with few small layers. Pure; sizes are in miniature.toml.

Head sizes stay the model's own, because attention kernels, rotary tables and their lists of factors depend on them. Of
every kind of layer one stays, so that a hybrid keeps its linear, sliding and full attention and a mixture its experts.
"""

import copy
import functools
import re
import tomllib

from modal_serve_gen.folders import FACTS

TEXT = ("text_config", "llm_config", "language_config")  # where multimodal configurations keep their language model
OTHER = ("vision_config", "audio_config", "vision_tower", "audio_tower")
SPECIAL_ID = re.compile(r"(?P<name>\w+)_token_(id|index)$")
MARKERS = {"eos": "<|im_end|>", "bos": "<|endoftext|>", "pad": "<|endoftext|>"}
LAYER_COUNTS = ("num_hidden_layers", "num_layers", "n_layer")


@functools.cache
def rules() -> dict:
    """The bundled miniature.toml."""
    return tomllib.loads((FACTS / "rehearsal" / "miniature.toml").read_text(encoding="utf-8"))


def shrink(config: dict, context: int | None, ids: dict[str, int]) -> tuple[dict, list[str]]:
    """The miniature's configuration, and plain sentences of what is small about it.

    `context` is the length in tokens that it must allow; None keeps the model's own, up to a bound. `ids` gives the
    tokenizer's id of each special token and is extended by those that only this configuration names.
    """
    small = copy.deepcopy(config)
    text = text_part(small)
    scheme = small.get("quantization_config") or text.get("quantization_config")
    for part in (small, text):
        for key in rules()["dropped"]["keys"]:
            part.pop(key, None)
        if part.get("tie_word_embeddings", True) is None:
            del part["tie_word_embeddings"]  # not known, which configuration classes refuse
    layers, kept = _layers(text)
    wide = text.get("hidden_size", 0)
    _limit(text, rules()["limits"])
    _attention(text, wide, text_part(config))
    towers = [name for name in OTHER if isinstance(small.get(name), dict)]
    for name in towers:
        _limit(small[name], rules()["vision"])
        for key in ("out_hidden_size", "text_hidden_size"):
            if key in small[name]:
                small[name][key] = text.get("hidden_size")
    own = text.get("max_position_embeddings") or rules()["longest_context"]
    text["max_position_embeddings"] = context or min(own, rules()["longest_context"])
    if small.get("model_type") not in rules()["own_vocabulary"]:
        for part in (small, text):
            for key in ("vocab_size", "vocab_size_per_layer_input"):
                if key in part:
                    part[key] = rules()["vocab_size"]
        text.setdefault("vocab_size", rules()["vocab_size"])
    _ids(small, ids)
    size = f"{kept} of its {layers} layers, {text.get('hidden_size')} of {wide} wide"
    said = [f"{size}, with random weights: its answers are gibberish"]
    if scheme:
        name = scheme.get("quant_method") or scheme.get("quant_algo") or "unnamed"
        said.append(f"its weights are not quantised ({name}), because CPU kernels for that are missing")
    if towers:
        said.append("what sees or hears is kept, but tiny")
    return small, said


def text_part(config: dict) -> dict:
    """The part of a configuration that describes its language model: itself, unless it is multimodal."""
    return next((config[name] for name in TEXT if isinstance(config.get(name), dict)), config)


def _limit(part: dict, limits: dict) -> None:
    for key, most in limits.items():
        if isinstance(part.get(key), int) and not isinstance(part[key], bool):
            part[key] = min(part[key], most)


def _layers(text: dict) -> tuple[int, int]:
    """Keep one layer of each kind, two at least; how many there were, and how many are left."""
    count = next((text[key] for key in LAYER_COUNTS if text.get(key)), 0)
    if pattern := text.get("hybrid_override_pattern"):  # a letter per layer
        text["hybrid_override_pattern"] = "".join(dict.fromkeys(pattern))
        text["num_hidden_layers"] = len(text["hybrid_override_pattern"])
        return len(pattern), text["num_hidden_layers"]
    lists = {key: value for key, value in text.items() if isinstance(value, list) and value and len(value) >= count > 1}
    kinds = {}
    for at in range(count):
        kinds.setdefault(tuple(str(value[at]) for value in lists.values()), at)
    kept = list(kinds.values())[:4] if lists else [0]
    if shared := min(text.get("num_kv_shared_layers") or 0, len(kept)):
        kept += kept  # the layers that share need earlier ones of their kind
        text["num_kv_shared_layers"] = shared
    if len(kept) == 1:
        kept.append(min(kept[0] + 1, count - 1))
    for key, value in lists.items():
        text[key] = [value[at] for at in kept]
    for key in LAYER_COUNTS:
        if key in text:
            text[key] = len(kept)
    if isinstance(linear := text.get("linear_attn_config"), dict):  # layers by number, from 1
        linear |= {"kda_layers": [1], "full_attn_layers": [2], "num_heads": 2}
    return count, len(kept)


def _attention(text: dict, wide: int, own: dict) -> None:
    """Fewer heads of the same size, still grouped if they were."""
    heads, groups = own.get("num_attention_heads"), own.get("num_key_value_heads")
    if groups:
        text["num_key_value_heads"] = text["num_attention_heads"] if groups == heads else 1
    if own.get("num_global_key_value_heads"):
        text["num_global_key_value_heads"] = 1
    if heads and not own.get("head_dim") and "qk_rope_head_dim" not in own:
        text["hidden_size"] = text["num_attention_heads"] * (wide // heads)  # the size of a head is only implied


def _ids(part: dict, ids: dict[str, int]) -> None:
    """Point every special id of the configuration at the miniature's own vocabulary."""
    for key, value in part.items():
        if isinstance(value, dict):
            _ids(value, ids)
        elif (match := SPECIAL_ID.match(key)) and value is not None:
            name = MARKERS.get(match["name"], f"<|{match['name']}|>")
            part[key] = ids.setdefault(name, max(ids.values()) + 1)
