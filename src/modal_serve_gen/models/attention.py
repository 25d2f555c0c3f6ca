"""Attention with separate keys and values: full, sliding or chunked, as a config.json states for each layer (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from modal_serve_gen.models.decoder import Kind, LayerGroup, Matrix, Mixer, Split
from modal_serve_gen.models.defaults import defaults_of
from modal_serve_gen.models.text_config import TextConfig

LayerType = Literal["full_attention", "sliding_attention", "chunked_attention", "linear_attention", "conv", "none"]
# Names for these in configurations. An unknown name counts as full: too much memory rather than too little.
LAYER_TYPES: dict[str, LayerType] = {
    "sliding_attention": "sliding_attention",
    "hybrid_sliding": "sliding_attention",
    "chunked_attention": "chunked_attention",
    "linear_attention": "linear_attention",
    "mamba": "linear_attention",
    "conv": "conv",
    "mlp": "none",
    "moe": "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One layer's attention. Head counts and sizes are those at tensor parallel size 1."""

    heads: int
    kv_heads: int
    key_dim: int
    value_dim: int
    kind: Kind = "full"
    window: int | None = None  # tokens that a sliding or chunked layer attends to
    gated: bool = False  # the query projection also gives a gate of the same size
    query_width: int = 0  # of a narrow projection before the queries (Step 3)
    owns_kv: bool = True  # False: reads the keys and values of an earlier layer
    values_are_keys: bool = False  # no value projection
    index_dim: int = 0  # also caches keys of a sparse index, one row in 16 bits (MiniMax M3)

    def caches(self) -> tuple[LayerGroup, ...]:
        index = (LayerGroup(kind="index", row_bytes=2 * self.index_dim),) if self.index_dim else ()
        if not self.owns_kv:
            return index
        shape = LayerGroup(
            kind=self.kind,
            kv_heads=self.kv_heads,
            key_dim=self.key_dim,
            value_dim=self.value_dim,
            window=self.window,
        )
        return (shape, *index)

    def matrices(self, hidden: int) -> list[Matrix]:
        def matrix(name: str, inputs: int, outputs: int, split: Split = "rank", kv_heads: int = 0) -> Matrix:
            name = f"layers.{{}}.self_attn.{name}"
            return Matrix("attention", name, inputs, outputs, split=split, kv_heads=kv_heads)

        queries = self.heads * self.key_dim * (2 if self.gated else 1)
        projections = [matrix("q_proj", hidden, queries)]
        if self.query_width:
            projections = [
                matrix("q_proj", hidden, self.query_width, "copy"),
                matrix("wq", self.query_width, queries),
            ]
        if self.owns_kv:
            projections.append(matrix("k_proj", hidden, self.kv_heads * self.key_dim, "heads", self.kv_heads))
        projections.append(matrix("o_proj", self.heads * self.value_dim, hidden))
        if self.owns_kv and not self.values_are_keys:
            projections.append(matrix("v_proj", hidden, self.kv_heads * self.value_dim, "heads", self.kv_heads))
        return projections


def attention_of(text_config: TextConfig, layer_type: str = "full_attention") -> Attention:
    """Attention of the layers of this type; those with a window may differ in their heads (MiMo V2, Inkling, Step 3.5).

    An absent head_dim is hidden_size / heads; absent KV heads are as many as query heads.
    """
    heads = text_config.heads
    kv_heads = text_config.optional("num_key_value_heads", "num_kv_heads") or heads
    key_dim = text_config.optional("head_dim") or text_config.size("hidden_size") // heads
    value_dim = text_config.optional("v_head_dim") or key_dim
    kind: Kind = "full"
    window = None
    if layer_type == "sliding_attention":
        kind, window = "sliding", text_config.optional("sliding_window", "sliding_window_size")
        heads = text_config.optional("swa_num_attention_heads") or heads
        kv_heads = text_config.optional("swa_num_key_value_heads") or kv_heads
        key_dim = text_config.optional("swa_head_dim") or key_dim
        value_dim = text_config.optional("swa_v_head_dim", "v_head_dim") or key_dim
    elif layer_type == "chunked_attention":
        kind, window = "chunked", text_config.size("attention_chunk_size")
    if text_config.get("multi_query") and not text_config.get("new_decoder_architecture"):  # Falcon 7B, StarCoder
        kv_heads = 1
    gated = defaults_of(text_config).gated_attention or text_config.flag("attn_output_gate")
    return Attention(
        heads=heads, kv_heads=kv_heads, key_dim=key_dim, value_dim=value_dim, kind=kind, window=window, gated=gated
    )


def attention_layers(text_config: TextConfig, layer_types: Sequence[LayerType]) -> list[Attention]:
    """The attention of each layer; its number of query heads may be stated for each (Laguna)."""
    by_type = {name: attention_of(text_config, name) for name in set(layer_types)}
    layers = [by_type[name] for name in layer_types]
    if (heads := text_config.items("num_attention_heads_per_layer")) and len(heads) >= len(layers):
        return [replace(attention, heads=int(number)) for attention, number in zip(layers, heads, strict=False)]
    return layers


def hybrid_layers(text_config: TextConfig, layer_types: Sequence[LayerType], **others: Mixer) -> list[Mixer]:
    """The mixer of each layer: one of `others` by the type of the layer, else attention."""
    mixers = {name: others.get(name) or attention_of(text_config, name) for name in set(layer_types)}
    return [mixers[name] for name in layer_types]


def layer_types_of(text_config: TextConfig, stated: list[Any] | None = None) -> list[LayerType]:
    """The type of each layer: stated by name, else by an interval or pattern, else the default of its model type."""
    total = text_config.layer_count
    window = text_config.optional("sliding_window", "sliding_window_size")
    longest = text_config.optional("max_position_embeddings")
    windowed = bool(window) and text_config.get("use_sliding_window") is not False and not window >= longest > 0
    if stated := stated or stated_layer_types(text_config):
        types = [LAYER_TYPES.get(str(name), "full_attention") for name in stated[:total]]
        return ["full_attention" if name == "sliding_attention" and not windowed else name for name in types]
    if not windowed:
        return ["full_attention"] * total
    defaults = defaults_of(text_config)
    pattern = text_config.get("sliding_window_pattern") or text_config.get("global_attn_every_n_layers")
    if isinstance(pattern, str):  # EXAONE 4: a letter per layer, L for local and G for global
        return ["full_attention" if pattern[i % len(pattern)] == "G" else "sliding_attention" for i in range(total)]
    every = pattern or defaults.full_every
    if isinstance(every, int) and every > 0:
        return ["full_attention" if (i + 1) % every == 0 else "sliding_attention" for i in range(total)]
    return ["sliding_attention" if defaults.windowed else "full_attention"] * total


def stated_layer_types(text_config: TextConfig) -> list[Any] | None:
    """The list of layer types in a configuration, None where it is missing or too short."""
    types = text_config.items("layers_block_type") or text_config.items("layer_types")
    if types is None or len(types) < text_config.layer_count:
        return None
    if any("compressed" in str(name) for name in types):
        raise KeyError("compress_ratios")
    return types
