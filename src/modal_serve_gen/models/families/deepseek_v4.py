"""DeepSeek V4: every layer has a window; most also keep one entry for each 4 or 128 tokens, those of 4 with an index.

Keys and values are one head, and the output is projected by groups. Compressors hold float32 partial sums over the
tokens that are not compressed yet. Each cache has its own page length. Compressors are not quantized, and every rank
holds them, as it does the float32 weights of hyper-connections and two tables of positions, also in float32 (vLLM
0.33.0, models/deepseek_v4: attention.py, sparse_swa.py, compressor.py, nvidia/model.py and common/rope.py).
"""

from dataclasses import replace

from modal_serve_gen.errors import InvalidConfig
from modal_serve_gen.models.decoder import Decoder, LayerGroup, ListedMixer, attention_matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.latent import sparse_index_of
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig

ROW_BYTES = 584  # packed FP8: 448 B without position, 128 B with position, 8 B of scales


def deepseek_v4(text_config: TextConfig) -> Decoder | None:
    if (ratios := text_config.items("compress_ratios")) is None:
        return None
    total = text_config.layer_count
    if len(ratios) < total:
        raise InvalidConfig(f"its compress_ratios are {len(ratios)} for {total} layers")
    mixers = {ratio: _attention(text_config, int(ratio)) for ratio in set(ratios[:total])}
    decoder = assemble(text_config, [mixers[ratio] for ratio in ratios[:total]], mlp_layers(text_config))
    length = text_config.optional("max_position_embeddings")
    tables = 2 * 4.0 * length * text_config.size("qk_rope_head_dim")
    return replace(decoder, rope_bytes=tables, draft_embeddings=False, streams=text_config.optional("hc_mult"))


def _attention(text_config: TextConfig, ratio: int) -> ListedMixer:
    """Attention of layers with `ratio` tokens per compressed entry; 0: with their window only."""
    hidden, dim, index = text_config.size("hidden_size"), text_config.size("head_dim"), sparse_index_of(text_config)
    query_rank, queries = text_config.size("q_lora_rank"), text_config.heads * dim
    groups, output_width = text_config.size("o_groups"), text_config.size("o_groups") * text_config.size("o_lora_rank")
    cached = [LayerGroup(kind="sliding", window=text_config.size("sliding_window"), row_bytes=ROW_BYTES, block=64)]
    projections = [
        attention_matrix("wq_a", hidden, query_rank, "copy"),
        attention_matrix("wq_b", query_rank, queries),
        attention_matrix("wkv", hidden, dim, "copy"),
        attention_matrix("wo_a", queries // groups, output_width),
        attention_matrix("wo_b", output_width, hidden),
    ]
    if streams := text_config.optional("hc_mult"):  # of attention and MLP
        mix = attention_matrix("hc_fn", streams * hidden, 2 * (2 + streams) * streams, "copy", lora=False)
        projections.append(replace(mix, stored_bytes=4))
    if ratio == 4:
        cached += [
            LayerGroup(kind="compressed", row_bytes=ROW_BYTES, compress_ratio=4, block=256),
            LayerGroup(kind="index", row_bytes=index.row_bytes, compress_ratio=4, block=256),
            LayerGroup(kind="sliding", window=8, row_bytes=2 * 2 * dim * 4, block=4),
            LayerGroup(kind="sliding", window=8, row_bytes=2 * 2 * index.dim * 4, block=4),
        ]
        projections += [
            attention_matrix("compressor.wkv_gate", hidden, 4 * dim, "copy", lora=False, stored_bytes=2),
            attention_matrix("indexer.wq_b", query_rank, index.heads * index.dim, "copy", lora=False),
            attention_matrix("indexer.weights_proj", hidden, index.heads, "copy", lora=False, stored_bytes=2),
            attention_matrix("indexer.compressor", hidden, 4 * index.dim, "copy", lora=False, stored_bytes=2),
        ]
    elif ratio > 4:
        gate = attention_matrix("compressor.wkv_gate", hidden, 2 * dim, "copy", lora=False, stored_bytes=2)
        projections.append(gate)
    if ratio == 128:
        cached += [
            LayerGroup(kind="compressed", row_bytes=ROW_BYTES, compress_ratio=128, block=256),
            LayerGroup(kind="sliding", window=128, row_bytes=2 * dim * 4, block=8),
        ]
    return ListedMixer(tuple(cached), tuple(projections))
