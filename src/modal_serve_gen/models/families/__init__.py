"""Model families: each module reads one family's configurations, or those of a few relatives, into a Decoder (pure).

To add a family, write a module with `matches(text_config)` and `build(text_config)`, and name it in FAMILIES. A plain
transformer that only differs in a default needs a row in `models/habits.py` and no module.
"""

from dataclasses import replace
from typing import Protocol

from modal_serve_gen.errors import InvalidConfig, quoted
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.encoders import encoder_matrices
from modal_serve_gen.models.families import (
    bamba,
    deepseek,
    deepseek_v4,
    ernie,
    falcon_h1,
    gemma,
    hrm,
    jamba,
    kimi_linear,
    lfm2,
    llama4,
    longcat,
    mamba,
    mimo,
    minimax_m3,
    nemotron_h,
    plain,
    qwen3_next,
    step3,
    zamba2,
)
from modal_serve_gen.models.mlp import active_fraction
from modal_serve_gen.models.text_config import WIDTHS, Json, TextConfig, text_config_of


class Family(Protocol):
    def matches(self, text_config: TextConfig) -> bool:
        """True for configurations of this family."""

    def build(self, text_config: TextConfig) -> Decoder:
        """The decoder that such a configuration describes. KeyError names a missing field."""


# The first that matches reads the configuration.
FAMILIES: tuple[Family, ...] = (
    deepseek_v4,
    kimi_linear,
    longcat,
    deepseek,
    nemotron_h,
    mamba,
    falcon_h1,
    zamba2,
    jamba,
    bamba,
    qwen3_next,
    lfm2,
    gemma,
    llama4,
    mimo,
    step3,
    minimax_m3,
    ernie,
    hrm,
    plain,
)
# Fields of layers that no module here reads.
UNREAD_FIELDS = {
    "block_configs": "gives some layers other sizes",  # Nemotron NAS and Puzzle
    "per_layer_config": "gives some layers other sizes",  # Domyn Edge, Gemma 4 as transformers 5 writes it
    "layer_group_size": "adds layers of linear attention",  # Ling and Ring from 2.5 on
    "loop_num": "repeats its layers, with a cache for each round",  # IQuest Loop
    "n_recurrent_loops": "repeats its layers, with a cache for each round",  # Dory
    "mova_num_experts": "adds experts for attention",  # K2 Horizon
    "ngram_vocab_size_ratio": "adds embeddings of several tokens at once",  # LongCat Flash Lite
}
# Families whose configurations look like others but are not.
UNREAD_TYPES = (
    "bitnet",
    "jetmoe",
    "minimax",
    "minimax_m1",
    "minimax_text_01",
    "mllama_text_model",
    "plamo2",
    "recurrent_gemma",
    "rwkv",
    "xlstm",
    "zamba",
)


def decoder_of(config: Json) -> Decoder:
    """The decoder that a config.json describes. KeyError names a missing field, InvalidConfig a contradiction."""
    text_config = text_config_of(config)
    if (tied := config.get("tie_word_embeddings")) is not None:
        text_config = TextConfig({**text_config.values, "tie_word_embeddings": tied})
    check(text_config)
    family = next(family for family in FAMILIES if family.matches(text_config))
    decoder = family.build(text_config)
    return replace(decoder, extra=(*decoder.extra, *encoder_matrices(config)))


def check(text_config: TextConfig) -> None:
    """Raise InvalidConfig for layers that no module here reads, and for sizes that contradict each other."""
    # Gemma 4 says the same in fields that are read.
    skipped = ("per_layer_config",) if text_config.get("global_head_dim") else ()
    if key := next((key for key in UNREAD_FIELDS if text_config.get(key) and key not in skipped), None):
        raise InvalidConfig(f"its {key} {UNREAD_FIELDS[key]}, which this tool does not read")
    if text_config.model_type in UNREAD_TYPES:
        raise InvalidConfig(f"its model_type is {text_config.model_type}, whose layers this tool does not read")
    if text_config.dtype not in WIDTHS:
        raise InvalidConfig(f"its dtype is {quoted(text_config.dtype, 40)}, which this tool does not know")
    heads, hidden = text_config.heads, text_config.size("hidden_size")
    given = text_config.optional("head_dim") or text_config.get("kv_lora_rank")
    if not given and not mamba.matches(text_config) and hidden % heads:
        raise InvalidConfig(
            f"hidden_size {hidden:,} is not a multiple of its {heads} attention heads, and head_dim is missing"
        )
    kv_heads = text_config.get("num_key_value_heads")
    if kv_heads == 0 or (kv_heads and heads % text_config.size("num_key_value_heads")):
        raise InvalidConfig(f"its {heads} attention heads are not a multiple of its {kv_heads} KV heads")
    if active_fraction(text_config) > 1:
        raise InvalidConfig("a token uses more experts than there are")
