"""Multi-head latent attention (MLA): one latent row per token for all heads; some models add a sparse index."""

from dataclasses import dataclass, replace

from modal_serve_gen.models.decoder import Decoder, LayerGroup, Matrix, Mlp, Split
from modal_serve_gen.models.defaults import defaults_of
from modal_serve_gen.models.families.assembly import assemble
from modal_serve_gen.models.mlp import dense_mlp, expert_count, experts_of, mlp_layers
from modal_serve_gen.models.text_config import TextConfig

# The FP8 row of sparse attention, fp8_ds_mla: 512 B without position, 16 B of scales, 128 B with position in 16 bits
# (vLLM 0.33.0, v1/kv_cache_interface.py, MLAAttentionSpec; a log of GLM 5.1 with an FP8 cache agrees).
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
    query_rank: int = 0  # q_lora_rank; 0: queries are projected in one step
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

    def matrices(self, hidden: int) -> list[Matrix]:
        queries = self.heads * (self.nope_dim + self.rope_dim)
        if self.query_rank:
            projections = [
                attention_matrix("q_a_proj", hidden, self.query_rank, "copy"),
                attention_matrix("q_b_proj", self.query_rank, queries),
            ]
        else:
            projections = [attention_matrix("q_proj", hidden, queries)]
        projections += [
            attention_matrix("kv_a_proj_with_mqa", hidden, self.latent + self.rope_dim, "copy"),
            attention_matrix("kv_b_proj", self.latent, self.up_projected),
            attention_matrix("o_proj", self.heads * self.value_dim, hidden),
        ]
        if self.gated:
            projections.append(attention_matrix("g_proj", hidden, self.heads * self.value_dim))
        if self.index:
            width = self.index.heads * self.index.dim
            projections += [
                attention_matrix("indexer.wq_b", self.query_rank or hidden, width, "copy", lora=False),
                attention_matrix("indexer.wk", hidden, self.index.dim + self.index.heads, "copy", lora=False),
            ]
        return projections


def attention_matrix(name: str, inputs: int, outputs: int, split: Split = "rank", *, lora: bool = True) -> Matrix:
    return Matrix("attention", f"layers.{{}}.self_attn.{name}", inputs, outputs, split=split, lora=lora)


def deepseek(text_config: TextConfig) -> Decoder | None:
    """Latent attention in all layers: DeepSeek V2 to V3.2, Kimi K2, GLM 4.7 Flash and 5, MiniCPM 3, Hunyuan 4."""
    if not text_config.get("kv_lora_rank"):
        return None
    if "linear_attention" in (text_config.items("layer_types") or ()):
        raise KeyError("linear_attn_config")
    return assemble(text_config, latent_layers(text_config), mlp_layers(text_config))


def longcat(text_config: TextConfig) -> Decoder | None:
    """LongCat: each of its layers has latent attention and a dense MLP twice, with experts added to the first MLP."""
    if not text_config.get("kv_lora_rank") or "expert_ffn_hidden_size" not in text_config:
        return None
    if "num_layers" in text_config:  # each counts for two; num_hidden_layers would be the number of halves
        text_config = text_config.replace(num_hidden_layers=2 * text_config.size("num_layers"))
    dense = dense_mlp(text_config)
    first: Mlp | tuple[Mlp, ...] = (dense, experts_of(text_config)) if expert_count(text_config) else dense
    mlps = [dense if number % 2 else first for number in range(text_config.layer_count)]
    return assemble(text_config, latent_layers(text_config), mlps)


def latent_attention_of(text_config: TextConfig) -> LatentAttention:
    """One layer's latent attention, without an index."""
    nope_dim = text_config.number("qk_nope_head_dim")
    return LatentAttention(
        heads=text_config.heads,
        latent=text_config.size("kv_lora_rank"),
        rope_dim=text_config.number("qk_rope_head_dim"),
        nope_dim=nope_dim,
        value_dim=text_config.optional("v_head_dim") or nope_dim,
        query_rank=text_config.optional("q_lora_rank"),
        gated=text_config.flag("mla_use_output_gate") or defaults_of(text_config).gated_attention,
        sparse=bool(text_config.get("index_topk")),
    )


def sparse_index_of(text_config: TextConfig) -> SparseIndex:
    return SparseIndex(text_config.size("index_n_heads"), text_config.size("index_head_dim"))


def latent_layers(text_config: TextConfig) -> list[LatentAttention]:
    """The latent attention of each layer, with an index where it is sparse and chooses tokens itself."""
    plain, total = latent_attention_of(text_config), text_config.layer_count
    if not plain.sparse:
        return [plain] * total
    indexed = replace(plain, index=sparse_index_of(text_config))
    return [indexed if marked else plain for marked in _index_marks(text_config, total)]


def _index_marks(text_config: TextConfig, total: int) -> list[bool]:
    """True for the layers that have an index."""
    if (types := text_config.items("indexer_types")) and len(types) >= total:
        return [name == "full" for name in types[:total]]
    if pattern := text_config.get("index_topk_pattern"):
        return [mark != "S" for mark in pattern[:total]]
    every = text_config.optional("index_topk_freq") or 1
    offset = text_config.optional("index_skip_topk_offset") if "index_skip_topk_offset" in text_config else 2
    return [max(number - offset + 1, 0) % every == 0 for number in range(total)]
