"""Shrinks a model's configuration: the same architecture with few small layers. Pure; sizes are in miniature.toml.

Head sizes are kept, because attention kernels, rotary tables and their lists of factors depend on them. One layer of
each kind is kept, so that a hybrid has its linear, sliding and full attention and a mixture its experts.
"""

import copy
import functools
import re
import tomllib
from typing import Any

from modal_serve_gen.folders import FACTS
from modal_serve_gen.models.attention import Attention
from modal_serve_gen.models.decoder import Layer
from modal_serve_gen.models.families import decoder_of
from modal_serve_gen.models.text_config import Json, text_fields

ENCODERS = ("vision_config", "audio_config", "vision_tower", "audio_tower")
SPECIAL_ID = re.compile(r"(?P<name>\w+)_token_(id|index)$")
MARKERS = {"eos": "<|im_end|>", "bos": "<|endoftext|>", "pad": "<|endoftext|>"}
LAYER_COUNTS = ("num_hidden_layers", "num_layers", "n_layer")
MAX_LAYERS = 4


@functools.cache
def rules() -> Json:
    """The bundled miniature.toml."""
    return tomllib.loads((FACTS / "rehearsal" / "miniature.toml").read_text(encoding="utf-8"))


def shrink(config: Json, context: int | None, ids: dict[str, int]) -> tuple[Json, list[str]]:
    """The configuration of the miniature, and notes on what differs from the model.

    `context` is the length in tokens that it must allow; None keeps the model's, up to a bound. `ids` gives the
    tokenizer's id of each special token and is extended by those that only this configuration names.
    """
    small = copy.deepcopy(config)
    text = text_fields(small)
    scheme = small.get("quantization_config") or text.get("quantization_config")
    for fields in (small, text):
        for key in rules()["dropped"]["keys"]:
            fields.pop(key, None)
        if fields.get("tie_word_embeddings", True) is None:
            del fields["tie_word_embeddings"]  # unknown, which configuration classes reject
    layers = decoder_of(config).layers
    kept = _keep_layers(text, layers)
    width = text.get("hidden_size", 0)
    _limit(text, rules()["limits"])
    _shrink_attention(text, width, text_fields(config))
    encoders = _shrink_encoders(small, text)
    longest = text.get("max_position_embeddings") or rules()["longest_context"]
    text["max_position_embeddings"] = context or min(longest, rules()["longest_context"])
    _shrink_vocabulary(small, text)
    _set_special_ids(small, ids)
    size = f"{kept} of its {len(layers)} layers, {text.get('hidden_size')} of {width} dimensions"
    notes = [f"{size}, with random weights: its answers are gibberish"]
    if scheme:
        name = scheme.get("quant_method") or scheme.get("quant_algo") or "unnamed"
        notes.append(f"its weights are not quantized ({name}), because the engine has no CPU kernels for that")
    if encoders:
        notes.append("its vision and audio encoders are kept, but tiny")
    return small, notes


def _limit(fields: Json, limits: dict[str, int]) -> None:
    for key, limit in limits.items():
        if isinstance(fields.get(key), int) and not isinstance(fields[key], bool):
            fields[key] = min(fields[key], limit)


def _keep_layers(text: Json, layers: tuple[Layer, ...]) -> int:
    """Keep one layer of each kind, two at least; returns their number."""
    per_layer = {key: value for key, value in text.items() if _is_per_layer(key, value, len(layers))}
    kinds: dict[tuple[Any, ...], int] = {}
    for number, layer in enumerate(layers):
        kinds.setdefault((layer, *(str(value[number]) for value in per_layer.values())), number)
    kept = list(kinds.values())[:MAX_LAYERS]
    if len(kept) == 1:
        kept.append(min(kept[0] + 1, len(layers) - 1))
    for key, value in per_layer.items():
        text[key] = [value[number] for number in kept] if isinstance(value, list) else "".join(value[n] for n in kept)
    for key in LAYER_COUNTS:
        if key in text or (key == LAYER_COUNTS[0] and "hybrid_override_pattern" in text):
            text[key] = len(kept)
    mixers = [layers[number].mixers for number in kept]
    if text.get("num_kv_shared_layers"):
        text["num_kv_shared_layers"] = sum(isinstance(m, Attention) and not m.owns_kv for (m,) in mixers)
    if isinstance(linear := text.get("linear_attn_config"), dict):  # lists the numbers of layers, from 1
        recurrent = [any(cache.kind == "linear" for mixer in several for cache in mixer.caches()) for several in mixers]
        linear["kda_layers"] = [number for number, is_recurrent in enumerate(recurrent, 1) if is_recurrent]
        linear["full_attn_layers"] = [number for number, is_recurrent in enumerate(recurrent, 1) if not is_recurrent]
        linear["num_heads"] = 2
    return len(kept)


def _is_per_layer(key: str, value: object, count: int) -> bool:
    """True for fields with an item, or a letter, for each layer."""
    if isinstance(value, list) or (isinstance(value, str) and key == "hybrid_override_pattern"):
        return len(value) >= count > 1
    return False


def _shrink_attention(text: Json, width: int, own: Json) -> None:
    """Fewer heads of the same size, still grouped if they were."""
    heads, kv_heads = own.get("num_attention_heads"), own.get("num_key_value_heads")
    if kv_heads:
        text["num_key_value_heads"] = text["num_attention_heads"] if kv_heads == heads else 1
    if own.get("num_global_key_value_heads"):
        text["num_global_key_value_heads"] = 1
    if heads and not own.get("head_dim") and "qk_rope_head_dim" not in own:
        text["hidden_size"] = text["num_attention_heads"] * (width // heads)  # the head size is only implied


def _shrink_encoders(small: Json, text: Json) -> list[str]:
    """Shrink the vision and audio encoders; returns their names."""
    names = [name for name in ENCODERS if isinstance(small.get(name), dict)]
    for name in names:
        _limit(small[name], rules()["vision"])
        for key in ("out_hidden_size", "text_hidden_size"):
            if key in small[name]:
                small[name][key] = text.get("hidden_size")
    return names


def _shrink_vocabulary(small: Json, text: Json) -> None:
    if small.get("model_type") in rules()["own_vocabulary"]:
        return
    for fields in (small, text):
        for key in ("vocab_size", "vocab_size_per_layer_input"):
            if key in fields:
                fields[key] = rules()["vocab_size"]
    text.setdefault("vocab_size", rules()["vocab_size"])


def _set_special_ids(fields: Json, ids: dict[str, int]) -> None:
    """Point every special token id in the configuration at the miniature's vocabulary."""
    for key, value in fields.items():
        if isinstance(value, dict):
            _set_special_ids(value, ids)
        elif (match := SPECIAL_ID.match(key)) and value is not None:
            name = MARKERS.get(match["name"], f"<|{match['name']}|>")
            fields[key] = ids.setdefault(name, max(ids.values()) + 1)
