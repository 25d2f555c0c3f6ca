"""Multi-head latent attention (MLA): one latent row per token for all heads; some models add a sparse index."""

from dataclasses import dataclass

from modal_serve_gen.models.decoder import Decoder, LayerGroup, ListedMixer, Mlp, attention_matrix
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


def sparse_index_of(text_config: TextConfig) -> SparseIndex:
    return SparseIndex(text_config.size("index_n_heads"), text_config.size("index_head_dim"))


def deepseek(text_config: TextConfig) -> Decoder | None:
    """Latent attention in all layers: DeepSeek V2 to V3.2, Kimi K2, GLM 4.7 Flash and 5, MiniCPM 3, Hunyuan 4."""
    if not text_config.get("kv_lora_rank"):
        return None
    if "linear_attention" in (text_config.items("layer_types") or ()):
        raise KeyError("linear_attn_config")
    return assemble(text_config, _latent_layers(text_config), mlp_layers(text_config))


def longcat(text_config: TextConfig) -> Decoder | None:
    """LongCat: each of its layers has latent attention and a dense MLP twice, with experts added to the first MLP."""
    if not text_config.get("kv_lora_rank") or "expert_ffn_hidden_size" not in text_config:
        return None
    if "num_layers" in text_config:  # each counts for two; num_hidden_layers would be the number of halves
        text_config = text_config.replace(num_hidden_layers=2 * text_config.size("num_layers"))
    dense = dense_mlp(text_config)
    first: Mlp | tuple[Mlp, ...] = (dense, experts_of(text_config)) if expert_count(text_config) else dense
    mlps = [dense if number % 2 else first for number in range(text_config.layer_count)]
    return assemble(text_config, _latent_layers(text_config), mlps)


def latent_attention(text_config: TextConfig, *, sparse: bool = False, index: SparseIndex | None = None) -> ListedMixer:
    """One layer's latent attention; without `index`, a sparse layer reuses the choice of an earlier one."""
    hidden, heads, latent = text_config.size("hidden_size"), text_config.heads, text_config.size("kv_lora_rank")
    rope_dim, nope_dim = text_config.number("qk_rope_head_dim"), text_config.number("qk_nope_head_dim")
    value_dim = text_config.optional("v_head_dim") or nope_dim
    queries = heads * (nope_dim + rope_dim)
    cached = [LayerGroup(kind="mla", key_dim=latent + rope_dim, fp8_row=SPARSE_FP8_ROW if sparse else 0)]
    if query_rank := text_config.optional("q_lora_rank"):
        projections = [
            attention_matrix("q_a_proj", hidden, query_rank, "copy"),
            attention_matrix("q_b_proj", query_rank, queries),
        ]
    else:
        projections = [attention_matrix("q_proj", hidden, queries)]
    projections += [
        attention_matrix("kv_a_proj_with_mqa", hidden, latent + rope_dim, "copy"),
        attention_matrix("kv_b_proj", latent, heads * (nope_dim + value_dim)),
        attention_matrix("o_proj", heads * value_dim, hidden),
    ]
    if text_config.flag("mla_use_output_gate") or defaults_of(text_config).gated_attention:
        projections.append(attention_matrix("g_proj", hidden, heads * value_dim))
    if index:
        cached.append(LayerGroup(kind="index", row_bytes=index.row_bytes))
        width = index.heads * index.dim
        projections += [
            attention_matrix("indexer.wq_b", query_rank or hidden, width, "copy", lora=False),
            attention_matrix("indexer.wk", hidden, index.dim + index.heads, "copy", lora=False),
        ]
    return ListedMixer(tuple(cached), tuple(projections))


def _latent_layers(text_config: TextConfig) -> list[ListedMixer]:
    """The latent attention of each layer, with an index where it is sparse and chooses tokens itself."""
    total = text_config.layer_count
    if not text_config.get("index_topk"):
        return [latent_attention(text_config)] * total
    plain = latent_attention(text_config, sparse=True)
    indexed = latent_attention(text_config, sparse=True, index=sparse_index_of(text_config))
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
