"""MiniMax M3: sparse attention; some layers also cache the keys of an index (vLLM 0.33.0, models/minimax_m3)."""

from dataclasses import replace

from modal_serve_gen.models.attention import attention_layers, layer_types_of
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig


def matches(text_config: TextConfig) -> bool:
    sparse = text_config.table("sparse_attention_config")
    return sparse is not None and "sparse_index_dim" in sparse


def build(text_config: TextConfig) -> Decoder:
    sparse = text_config.table("sparse_attention_config") or TextConfig({})
    dim, marks = sparse.size("sparse_index_dim"), sparse.items("sparse_attention_freq") or []
    mixers = [
        (replace(attention, index_dim=dim if number < len(marks) and marks[number] else 0),)
        for number, (attention,) in enumerate(attention_layers(text_config, layer_types_of(text_config)))
    ]
    return assemble(text_config, mixers, mlp_layers(text_config))
