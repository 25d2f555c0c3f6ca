"""Model families: each function reads one family's configurations into a Decoder, or returns None for others (pure).

To add a family, write such a function and name it in FAMILIES. A plain transformer that only differs in a default needs
a row in `models/defaults.py` and no function.
"""

from collections.abc import Callable
from dataclasses import replace

from modal_serve_gen.errors import InvalidConfig, quoted
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.encoders import encoder_matrices
from modal_serve_gen.models.families import latent, linear, mamba, transformer
from modal_serve_gen.models.families.deepseek_v4 import deepseek_v4
from modal_serve_gen.models.families.zamba2 import zamba2
from modal_serve_gen.models.mlp import active_fraction
from modal_serve_gen.models.text_config import MAMBA_TYPES, WIDTHS, Json, TextConfig, text_config_of

# The first that does not return None describes the model. KeyError names a missing field.
FAMILIES: tuple[Callable[[TextConfig], Decoder | None], ...] = (
    deepseek_v4,
    linear.kimi_linear,
    latent.longcat,
    latent.deepseek,
    mamba.nemotron_h,
    mamba.mamba,
    mamba.falcon_h1,
    zamba2,
    mamba.jamba,
    mamba.bamba,
    linear.qwen3_next,
    linear.lfm2,
    transformer.gemma,
    transformer.llama4,
    transformer.mimo,
    transformer.step3,
    transformer.minimax_m3,
    transformer.ernie,
    transformer.hrm,
)
# Fields of layers that no family here reads.
UNREAD_FIELDS = {
    "block_configs": "gives some layers other sizes",  # Nemotron NAS and Puzzle
    "per_layer_config": "gives some layers other sizes",  # Domyn Edge, Gemma 4 as transformers 5 writes it
    "layer_group_size": "adds layers of linear attention",  # Ling and Ring from 2.5 on
    "loop_num": "repeats its layers, with a cache for each round",  # IQuest Loop
    "n_recurrent_loops": "repeats its layers, with a cache for each round",  # Dory
    "mova_num_experts": "adds experts for attention",  # K2 Horizon
    "ngram_vocab_size_ratio": "adds embeddings of several tokens at once",  # LongCat Flash Lite
}
# Families that are not read here although their configurations look like those of others.
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
        text_config = text_config.replace(tie_word_embeddings=tied)
    check(text_config)
    decoders = (family(text_config) for family in FAMILIES)
    decoder = next((decoder for decoder in decoders if decoder), None) or transformer.plain(text_config)
    return replace(decoder, extra=(*decoder.extra, *encoder_matrices(config)))


def check(text_config: TextConfig) -> None:
    """Raise InvalidConfig for layers that no family here reads, and for sizes that contradict each other."""
    # Gemma 4 states the same in fields that are read.
    skipped = ("per_layer_config",) if text_config.get("global_head_dim") else ()
    if key := next((key for key in UNREAD_FIELDS if text_config.get(key) and key not in skipped), None):
        raise InvalidConfig(f"its {key} {UNREAD_FIELDS[key]}, which this tool does not read")
    if text_config.model_type in UNREAD_TYPES:
        raise InvalidConfig(f"its model_type is {text_config.model_type}, whose layers this tool does not read")
    if text_config.dtype not in WIDTHS:
        raise InvalidConfig(f"its dtype is {quoted(text_config.dtype, 40)}, which this tool does not support")
    heads, hidden = text_config.heads, text_config.size("hidden_size")
    has_head_size = text_config.optional("head_dim") or text_config.get("kv_lora_rank")
    if not has_head_size and text_config.model_type not in MAMBA_TYPES and hidden % heads:
        raise InvalidConfig(
            f"hidden_size {hidden:,} is not a multiple of its {heads} attention heads, and head_dim is missing"
        )
    kv_heads = text_config.get("num_key_value_heads")
    if kv_heads == 0 or (kv_heads and heads % text_config.size("num_key_value_heads")):
        raise InvalidConfig(f"its {heads} attention heads are not a multiple of its {kv_heads} KV heads")
    if active_fraction(text_config) > 1:
        raise InvalidConfig("a token uses more experts than the model has")
