"""DeepSeek V4: every layer has a window; most also keep one entry for each 4 or 128 tokens, those of 4 with an index.

Keys and values are one head, and the output is projected by groups. Compressors hold float32 partial sums over the
tokens that are not compressed yet. Each cache has its own page length (vLLM 0.33.0, models/deepseek_v4:
attention.py, sparse_swa.py and compressor.py).
"""

from dataclasses import dataclass, replace

from modal_serve_gen.errors import InvalidConfig
from modal_serve_gen.models.decoder import Decoder, LayerGroup, Matrix
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.families.latent import SparseIndex, attention_matrix, sparse_index_of
from modal_serve_gen.models.mlp import mlp_layers
from modal_serve_gen.models.text_config import TextConfig

ROW_BYTES = 584  # packed FP8: 448 B without position, 128 B with position, 8 B of scales


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedAttention:
    heads: int
    dim: int
    query_rank: int
    output_groups: int
    output_rank: int
    window: int
    index: SparseIndex
    ratio: int = 0  # tokens per compressed entry; 0: the layer has its window only

    def caches(self) -> tuple[LayerGroup, ...]:
        window = LayerGroup(kind="sliding", window=self.window, row_bytes=ROW_BYTES, block=64)
        if self.ratio == 4:
            return (
                window,
                LayerGroup(kind="compressed", row_bytes=ROW_BYTES, compress_ratio=4, block=256),
                LayerGroup(kind="index", row_bytes=self.index.row_bytes, compress_ratio=4, block=256),
                LayerGroup(kind="sliding", window=8, row_bytes=2 * 2 * self.dim * 4, block=4),
                LayerGroup(kind="sliding", window=8, row_bytes=2 * 2 * self.index.dim * 4, block=4),
            )
        if self.ratio == 128:
            return (
                window,
                LayerGroup(kind="compressed", row_bytes=ROW_BYTES, compress_ratio=128, block=256),
                LayerGroup(kind="sliding", window=128, row_bytes=2 * self.dim * 4, block=8),
            )
        return (window,)

    def matrices(self, hidden: int) -> list[Matrix]:
        queries = self.heads * self.dim
        projections = [
            attention_matrix("wq_a", hidden, self.query_rank, "copy"),
            attention_matrix("wq_b", self.query_rank, queries),
            attention_matrix("wkv", hidden, self.dim, "copy"),
            attention_matrix("wo_a", queries // self.output_groups, self.output_groups * self.output_rank),
            attention_matrix("wo_b", self.output_groups * self.output_rank, hidden),
        ]
        if self.ratio:
            width = (4 if self.ratio == 4 else 2) * self.dim
            projections.append(attention_matrix("compressor.wkv_gate", hidden, width, "copy", lora=False))
        if self.ratio == 4:
            queries = self.index.heads * self.index.dim
            projections += [
                attention_matrix("indexer.wq_b", self.query_rank, queries, "copy", lora=False),
                attention_matrix("indexer.compressor", hidden, 4 * self.index.dim, "copy", lora=False),
            ]
        return projections


def deepseek_v4(text_config: TextConfig) -> Decoder | None:
    if (ratios := text_config.items("compress_ratios")) is None:
        return None
    total = text_config.layer_count
    if len(ratios) < total:
        raise InvalidConfig(f"its compress_ratios are {len(ratios)} for {total} layers")
    windowed = CompressedAttention(
        heads=text_config.heads,
        dim=text_config.size("head_dim"),
        query_rank=text_config.size("q_lora_rank"),
        output_groups=text_config.size("o_groups"),
        output_rank=text_config.size("o_lora_rank"),
        window=text_config.size("sliding_window"),
        index=sparse_index_of(text_config),
    )
    mixers = [replace(windowed, ratio=int(ratio)) for ratio in ratios[:total]]
    return assemble(text_config, mixers, mlp_layers(text_config))
