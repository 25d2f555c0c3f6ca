"""DeepSeek V4: every layer has a window; most also keep one entry for each 4 or 128 tokens, those of 4 with an index.

Keys and values are one head, and the output is projected by groups. Compressors hold float32 partial sums over the
tokens that are not compressed yet. Each cache has a page length of its own (vLLM 0.33.0, models/deepseek_v4:
attention.py, sparse_swa.py and compressor.py).
"""

from dataclasses import dataclass

from modal_serve_gen.errors import InvalidConfig
from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.decoder import Decoder
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.latent import SparseIndex
from modal_serve_gen.models.matrix import Matrix, Split
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
    ratio: int  # tokens per compressed entry; 0: the layer has its window only
    index: SparseIndex

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

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        def matrix(name: str, inputs: int, outputs: int, split: Split = "rank", lora: bool = True) -> Matrix:
            return Matrix("attention", f"layers.{{}}.self_attn.{name}", inputs, outputs, layers, split=split, lora=lora)

        queries = self.heads * self.dim
        found = [
            matrix("wq_a", hidden, self.query_rank, "copy"),
            matrix("wq_b", self.query_rank, queries),
            matrix("wkv", hidden, self.dim, "copy"),
            matrix("wo_a", queries // self.output_groups, self.output_groups * self.output_rank),
            matrix("wo_b", self.output_groups * self.output_rank, hidden),
        ]
        if self.ratio == 4:
            found += [
                matrix("compressor.wkv_gate", hidden, 4 * self.dim, "copy", False),
                matrix("indexer.wq_b", self.query_rank, self.index.heads * self.index.dim, "copy", False),
                matrix("indexer.compressor", hidden, 4 * self.index.dim, "copy", False),
            ]
        elif self.ratio > 4:
            found.append(matrix("compressor.wkv_gate", hidden, 2 * self.dim, "copy", False))
        return found


def matches(text_config: TextConfig) -> bool:
    return text_config.items("compress_ratios") is not None


def build(text_config: TextConfig) -> Decoder:
    ratios, total = text_config.items("compress_ratios") or [], text_config.layer_count
    if len(ratios) < total:
        raise InvalidConfig(f"its compress_ratios are {len(ratios)} for {total} layers")
    index = SparseIndex(text_config.size("index_n_heads"), text_config.size("index_head_dim"))

    def attention(ratio: int) -> CompressedAttention:
        return CompressedAttention(
            heads=text_config.heads,
            dim=text_config.size("head_dim"),
            query_rank=text_config.size("q_lora_rank"),
            output_groups=text_config.size("o_groups"),
            output_rank=text_config.size("o_lora_rank"),
            window=text_config.size("sliding_window"),
            ratio=ratio,
            index=index,
        )

    by_ratio = {ratio: (attention(int(ratio)),) for ratio in set(ratios[:total])}
    return assemble(text_config, [by_ratio[ratio] for ratio in ratios[:total]], mlp_layers(text_config))
