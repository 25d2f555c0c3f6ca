"""Multi-head latent attention (MLA): one latent row per token for all heads; some models add a sparse index (pure)."""

from dataclasses import dataclass

from modal_serve_gen.models.cache import LayerGroup
from modal_serve_gen.models.habits import habits_of
from modal_serve_gen.models.matrix import Matrix, Split
from modal_serve_gen.models.text_config import TextConfig

# The FP8 row of sparse attention, fp8_ds_mla: 512 B without position, 16 B of scales, 128 B with position in 16 bits
# (vLLM 0.33.0, v1/kv_cache_interface.py, MLAAttentionSpec; a log of GLM 5.1 with an FP8 cache says the same).
SPARSE_FP8_ROW = 656


@dataclass(frozen=True, slots=True)
class SparseIndex:
    """Chooses the tokens that sparse attention attends to."""

    heads: int
    dim: int

    @property
    def row_bytes(self) -> int:
        """FP8 keys and one float32 scale for each 128 of them."""
        return self.dim + self.dim // 128 * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentAttention:
    heads: int
    latent: int  # kv_lora_rank
    rope_dim: int
    nope_dim: int
    value_dim: int
    query_rank: int = 0  # q_lora_rank; 0: queries are projected at once
    gated: bool = False
    sparse: bool = False
    index: SparseIndex | None = None  # None in sparse layers: they reuse the choice of an earlier layer

    @property
    def up_projected(self) -> int:
        """Width that latent rows are projected to, all heads together."""
        return self.heads * (self.nope_dim + self.value_dim)

    def caches(self) -> tuple[LayerGroup, ...]:
        row = LayerGroup(kind="mla", key_dim=self.latent + self.rope_dim, fp8_row=SPARSE_FP8_ROW if self.sparse else 0)
        return (row, LayerGroup(kind="index", row_bytes=self.index.row_bytes)) if self.index else (row,)

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        def matrix(name: str, inputs: int, outputs: int, split: Split = "rank", lora: bool = True) -> Matrix:
            return Matrix("attention", f"layers.{{}}.self_attn.{name}", inputs, outputs, layers, split=split, lora=lora)

        queries = self.heads * (self.nope_dim + self.rope_dim)
        if self.query_rank:
            found = [matrix("q_a_proj", hidden, self.query_rank, "copy"), matrix("q_b_proj", self.query_rank, queries)]
        else:
            found = [matrix("q_proj", hidden, queries)]
        found += [
            matrix("kv_a_proj_with_mqa", hidden, self.latent + self.rope_dim, "copy"),
            matrix("kv_b_proj", self.latent, self.up_projected),
            matrix("o_proj", self.heads * self.value_dim, hidden),
        ]
        if self.gated:
            found.append(matrix("g_proj", hidden, self.heads * self.value_dim))
        if self.index:
            width = self.index.heads * self.index.dim
            found += [
                matrix("indexer.wq_b", self.query_rank or hidden, width, "copy", False),
                matrix("indexer.wk", hidden, self.index.dim + self.index.heads, "copy", False),
            ]
        return found


def latent_attention_of(text_config: TextConfig, *, index: SparseIndex | None = None) -> LatentAttention:
    nope_dim = text_config.number("qk_nope_head_dim")
    return LatentAttention(
        heads=text_config.heads,
        latent=text_config.size("kv_lora_rank"),
        rope_dim=text_config.number("qk_rope_head_dim"),
        nope_dim=nope_dim,
        value_dim=text_config.optional("v_head_dim") or nope_dim,
        query_rank=text_config.optional("q_lora_rank"),
        gated=text_config.flag("mla_use_output_gate") or habits_of(text_config).gated_attention,
        sparse=bool(text_config.get("index_topk")),
        index=index,
    )


def latent_layers(text_config: TextConfig) -> list[tuple[LatentAttention, ...]]:
    """The latent attention of each layer, with an index where it is sparse and chooses tokens itself."""
    plain = latent_attention_of(text_config)
    total = text_config.layer_count
    if not plain.sparse:
        return [(plain,)] * total
    index = SparseIndex(text_config.size("index_n_heads"), text_config.size("index_head_dim"))
    indexed = latent_attention_of(text_config, index=index)
    return [(indexed if marked else plain,) for marked in _index_marks(text_config, total)]


def _index_marks(text_config: TextConfig, total: int) -> list[bool]:
    """True for the layers that have an index."""
    if (types := text_config.items("indexer_types")) and len(types) >= total:
        return [name == "full" for name in types[:total]]
    if pattern := text_config.get("index_topk_pattern"):
        return [mark != "S" for mark in pattern[:total]]
    every = text_config.optional("index_topk_freq") or 1
    offset = text_config.optional("index_skip_topk_offset") if "index_skip_topk_offset" in text_config else 2
    return [max(number - offset + 1, 0) % every == 0 for number in range(total)]
