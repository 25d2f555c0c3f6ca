"""A model as its family describes it: layers, each with token mixers and MLPs (pure).

`families.decoder_of` reads it from a config.json. Weights, KV caches, states and LoRA slots are computed from it alone.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, get_args

from modal_serve_gen.models.cache import Kind, LayerGroup
from modal_serve_gen.models.matrix import Matrix

Key = TypeVar("Key")


class Mixer(Protocol):
    """Mixes tokens: attention, a state-space layer, a convolution. A frozen dataclass."""

    def caches(self) -> tuple[LayerGroup, ...]:
        """What one such layer caches."""

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        """The weights of `layers`, `hidden` wide, which all have this mixer."""


class Mlp(Protocol):
    """Transforms each token: a dense MLP or a mixture of experts. A frozen dataclass."""

    def matrices(self, hidden: int, layers: tuple[int, ...]) -> list[Matrix]:
        """The weights of `layers`, `hidden` wide, which all have this MLP."""


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
    draft_embeddings: bool = False  # those come with embedding and head again (DeepSeek)
    extra: tuple[Matrix, ...] = ()  # of encoders, and of the language model outside its layers
    active_experts: float = 1.0  # fraction of the experts' weights that one token uses
    element_bytes: int = 2  # per weight that is not quantized
    rope_bytes: float = 0.0  # the table of sines and cosines


def layers_by(values: list[tuple[Key, ...]]) -> dict[Key, tuple[int, ...]]:
    """The numbers of the layers that have each value."""
    layers: dict[Key, list[int]] = {}
    for number, several in enumerate(values):
        for value in several:
            layers.setdefault(value, []).append(number)
    return {value: tuple(numbers) for value, numbers in layers.items()}


def layer_groups(decoder: Decoder) -> tuple[LayerGroup, ...]:
    """Layers with the same cache, grouped."""
    counts = Counter(cache for layer in decoder.layers for mixer in layer.mixers for cache in mixer.caches())
    kinds = get_args(Kind)
    groups = (replace(cache, count=cache.count * count) for cache, count in counts.items())
    return tuple(sorted(groups, key=lambda group: kinds.index(group.kind)))


def matrices(decoder: Decoder) -> list[Matrix]:
    """All weight matrices; vectors such as norms and biases, less than a thousandth of any model here, are left out."""
    hidden, vocab, width = decoder.hidden_size, decoder.vocab_size, decoder.embedding_width
    found = [Matrix("embedding", "embed_tokens", width, vocab)]
    if decoder.learned_positions:
        found.append(Matrix("embedding", "embed_positions", hidden, decoder.learned_positions))
    if width != hidden:
        found.append(Matrix("embedding", "project_in", width, hidden, each=2))
    if not decoder.tied:
        found.append(Matrix("head", "lm_head", width, vocab))
    own = [layer for layer in decoder.layers if layer.owns_weights]
    per_layer: list[Matrix] = []
    for mixer, layers in layers_by([layer.mixers for layer in own]).items():
        per_layer += mixer.matrices(hidden, layers)
    for mlp, layers in layers_by([layer.mlps for layer in own]).items():
        per_layer += mlp.matrices(hidden, layers)
    found += [*_merged(per_layer), *decoder.extra]
    return found + _draft_matrices(decoder, found)


def _merged(matrices: list[Matrix]) -> list[Matrix]:
    """Matrices that differ only in their layers, as one."""
    merged: dict[Matrix, list[int]] = {}
    for matrix in matrices:
        merged.setdefault(replace(matrix, layers=()), []).extend(matrix.layers)
    return [replace(matrix, layers=tuple(sorted(layers))) for matrix, layers in merged.items() if layers]


def _draft_matrices(decoder: Decoder, found: list[Matrix]) -> list[Matrix]:
    """Each prediction layer is like the last layer, with a projection before it."""
    if not decoder.draft_layers:
        return []
    per_layer = [matrix for matrix in found if "{}" in matrix.name and matrix.part not in ("tower", "recurrent")]
    last = max(number for matrix in per_layer if matrix.part in ("mlp", "experts") for number in matrix.layers)
    layers = tuple(range(decoder.draft_layers))
    drafts = [replace(matrix, part="draft", layers=layers, lora=False) for matrix in per_layer if last in matrix.layers]
    hidden = decoder.hidden_size
    drafts.append(Matrix("draft", "layers.{}.eh_proj", 2 * hidden, hidden, layers, split="copy", lora=False))
    if decoder.draft_embeddings:
        drafts.append(Matrix("draft", "layers.{}.embed_tokens", hidden, decoder.vocab_size, layers, 2, lora=False))
    return drafts
