"""A model as its family describes it: layers, each with token mixers and MLPs, their matrices and caches (pure).

`families.decoder_of` reads it from a config.json. Weights, KV caches, states and LoRA slots are computed from it alone.
Sizes of caches follow vLLM 0.33.0 (v1/kv_cache_interface.py, model_executor/layers/mamba/mamba_utils.py).
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

# When a prefill saves an intermediate state, which takes the place of one more: Mamba-2 layers always, Gated DeltaNet
# with FlashInfer's kernel (vLLM 0.33.0, mamba_mixer2.py and gdn/qwen_gdn_linear_attn.py, get_kv_cache_spec).
Checkpoints = Literal["none", "flashinfer", "always"]
Kind = Literal["full", "mla", "sliding", "chunked", "compressed", "linear", "index"]


@dataclass(frozen=True, kw_only=True)
class LayerGroup:
    """`count` layers with the same cache. Sizes are those of one layer at tensor parallel size 1."""

    kind: Kind
    count: int = 1
    kv_heads: int = 0  # 0: one row for all heads, not divided by tensor parallelism
    key_dim: int = 0  # head size of K; for mla: kv_lora_rank + qk_rope_head_dim
    value_dim: int = 0  # head size of V; 0 where V is not stored separately
    window: int | None = None  # tokens that a sliding or chunked layer attends to
    row_bytes: int = 0  # bytes per entry where the layout is packed, whatever the cache's dtype
    fp8_row: int = 0  # bytes per entry where an FP8 cache has a packed layout
    block: int = 0  # tokens per page where the layer sets it; 0: the engine's --block-size
    compress_ratio: int = 1  # tokens per entry
    recurrent_elements: int = 0  # of the state of one sequence
    recurrent_bytes: int = 4  # per element
    conv_elements: int = 0  # in the model's dtype (2 bytes)
    checkpoints: Checkpoints = "none"
    state_heads: int = 0  # of the state: tensor parallelism divides this number evenly; 0: any width

    @property
    def attends(self) -> bool:
        """True for attention, which has its own keys and values."""
        return self.kind not in ("linear", "index")

    def token_bytes(self, tp: int, cache_bytes: float) -> float:
        """Bytes on each GPU for one token in all of these layers; KV heads are replicated once `tp` exceeds them."""
        if self.row_bytes:
            return self.count * self.row_bytes / self.compress_ratio
        if self.fp8_row and cache_bytes < 2:
            return self.count * self.fp8_row
        heads = max(1, self.kv_heads // tp) if self.kv_heads else 1
        return self.count * heads * (self.key_dim + self.value_dim) * cache_bytes / self.compress_ratio

    def state_bytes(self, tp: int) -> float:
        """Bytes on each GPU for the fixed-size state of one sequence in all of these layers."""
        return self.count * (self.recurrent_elements * self.recurrent_bytes + self.conv_elements * 2) / tp


# How tensor parallelism places a matrix: split over all ranks; split by KV heads, which are replicated beyond their
# number; by experts (over ranks, or over the expert-parallel group); the same on every rank.
Split = Literal["rank", "heads", "experts", "copy"]
Part = Literal["embedding", "head", "attention", "recurrent", "mlp", "experts", "shared", "router", "tower", "draft"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Matrices that are alike: `each` of them in every one of `layers`, inputs x outputs, by one name.

    The matrices that a mixer or an MLP lists are those of one layer; `matrices` sets the layers that have them.
    """

    part: Part
    name: str  # as in a checkpoint, `{}` for the layer: layers.{}.self_attn.q_proj
    inputs: int
    outputs: int
    layers: tuple[int, ...] = (0,)
    each: int = 1
    split: Split = "rank"
    lora: bool = True  # False: no adapter changes it
    kv_heads: int = 0  # where it is split by KV heads
    stored_bytes: int = 0  # per weight, whatever the checkpoint's format; 0: by that format

    @property
    def count(self) -> int:
        return len(self.layers) * self.each

    @property
    def elements(self) -> int:
        return self.inputs * self.outputs * self.count


class Mixer(Protocol):
    """Mixes tokens: attention, a state-space layer, a convolution. A frozen dataclass."""

    def caches(self) -> tuple[LayerGroup, ...]:
        """What one such layer caches."""

    def matrices(self, hidden: int) -> list[Matrix]:
        """The weights of one such layer, `hidden` wide."""


@dataclass(frozen=True, slots=True)
class ListedMixer:
    """A mixer as the list of its caches and matrices."""

    cached: tuple[LayerGroup, ...]
    weights: tuple[Matrix, ...]

    def caches(self) -> tuple[LayerGroup, ...]:
        return self.cached

    def matrices(self, hidden: int) -> list[Matrix]:
        return [*self.weights]


def recurrent_matrix(name: str, inputs: int, outputs: int, each: int = 1) -> Matrix:
    return Matrix("recurrent", f"layers.{{}}.{name}", inputs, outputs, each=each)


def attention_matrix(
    name: str, inputs: int, outputs: int, split: Split = "rank", *, lora: bool = True, stored_bytes: int = 0
) -> Matrix:
    name = f"layers.{{}}.self_attn.{name}"
    return Matrix("attention", name, inputs, outputs, split=split, lora=lora, stored_bytes=stored_bytes)


class Mlp(Protocol):
    """Transforms each token: a dense MLP or a mixture of experts. A frozen dataclass."""

    def matrices(self, hidden: int) -> list[Matrix]:
        """The weights of one such layer, `hidden` wide."""


@dataclass(frozen=True, slots=True)
class Layer:
    mixers: tuple[Mixer, ...]  # two where they run in parallel (Falcon H1); none in layers that are an MLP only
    mlps: tuple[Mlp, ...]  # two where experts are added to a dense MLP; none in pure state-space models
    owns_weights: bool = True  # False: runs with the weights of an earlier layer (HRM)


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """The language model, and the matrices of its encoders."""

    layers: tuple[Layer, ...]
    hidden_size: int
    vocab_size: int
    tied: bool  # the head uses the embedding's weights
    embedding_width: int  # differs from hidden_size in OPT 350M only
    learned_positions: int = 0  # rows of a position embedding
    draft_layers: int = 0  # prediction layers in the checkpoint, which an engine loads only to speculate
    draft_embeddings: bool = False  # each of those has a copy of the embedding and the head (DeepSeek)
    extra: tuple[Matrix, ...] = ()  # of encoders, and of the language model outside its layers
    active_experts: float = 1.0  # fraction of the experts' weights that one token uses
    element_bytes: int = 2  # per weight that is not quantized
    rope_bytes: float = 0.0  # the table of sines and cosines
    streams: int = 0  # residual streams that hyper-connections mix


def layer_groups(decoder: Decoder) -> tuple[LayerGroup, ...]:
    """Layers with the same cache, grouped."""
    counts = Counter(cache for layer in decoder.layers for mixer in layer.mixers for cache in mixer.caches())
    kinds = get_args(Kind)
    groups = (replace(cache, count=cache.count * count) for cache, count in counts.items())
    return tuple(sorted(groups, key=lambda group: kinds.index(group.kind)))


def matrices(decoder: Decoder) -> list[Matrix]:
    """All weight matrices; vectors such as norms and biases, less than a thousandth of any model here, are left out."""
    hidden, vocab, width = decoder.hidden_size, decoder.vocab_size, decoder.embedding_width
    outside = [Matrix("embedding", "embed_tokens", width, vocab)]
    if decoder.learned_positions:
        outside.append(Matrix("embedding", "embed_positions", hidden, decoder.learned_positions))
    if width != hidden:
        outside.append(Matrix("embedding", "project_in", width, hidden, each=2))
    if not decoder.tied:
        outside.append(Matrix("head", "lm_head", width, vocab))
    served = [*outside, *_layer_matrices(decoder), *decoder.extra]
    return served + _draft_matrices(decoder, served)


def _layer_matrices(decoder: Decoder) -> list[Matrix]:
    """The matrices of all layers; equal ones are merged."""
    own = [layer for layer in decoder.layers if layer.owns_weights]
    layers_of: dict[Matrix, list[int]] = {}
    for modules in ([layer.mixers for layer in own], [layer.mlps for layer in own]):
        for number, several in enumerate(modules):
            for module in several:
                for matrix in module.matrices(decoder.hidden_size):
                    layers_of.setdefault(matrix, []).append(number)
    return [replace(matrix, layers=tuple(layers)) for matrix, layers in layers_of.items()]


def _draft_matrices(decoder: Decoder, served: list[Matrix]) -> list[Matrix]:
    """Those of the prediction layers, each of which is like the last layer, with a projection before it."""
    if not decoder.draft_layers:
        return []
    per_layer = [matrix for matrix in served if "{}" in matrix.name and matrix.part not in ("tower", "recurrent")]
    last = max(number for matrix in per_layer if matrix.part in ("mlp", "experts") for number in matrix.layers)
    layers = tuple(range(decoder.draft_layers))
    drafts = [replace(matrix, part="draft", layers=layers, lora=False) for matrix in per_layer if last in matrix.layers]
    hidden = decoder.hidden_size
    drafts.append(Matrix("draft", "layers.{}.eh_proj", 2 * hidden, hidden, layers, split="copy", lora=False))
    if decoder.draft_embeddings:
        drafts.append(Matrix("draft", "layers.{}.embed_tokens", hidden, decoder.vocab_size, layers, 2, lora=False))
    return drafts
