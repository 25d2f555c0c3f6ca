"""GPU generations that each engine's kernels run on."""

from dataclasses import dataclass, field
from functools import cache

from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class WeightKernels:
    """The least compute capability for weights in these formats."""

    engine: str
    formats: tuple[str, ...]  # quant_method/label, or label
    least: float
    source: str
    experts: float = 0.0  # for experts, where these need more
    since: str = "0.0"  # release


@dataclass(frozen=True, slots=True)
class AttentionKernels:
    """The generations for models with layers of all these kinds."""

    engine: str
    layers: tuple[str, ...]
    name: str  # of the attention, for messages
    majors: tuple[int, ...]  # compute capability
    source: str
    also: dict[str, tuple[str, ...]] = field(default_factory=dict)  # major -> architectures that run there as well


@dataclass(frozen=True, slots=True)
class CacheKernels:
    """The least compute capability for a KV cache in a data type."""

    engine: str
    dtype: str  # its first letters
    least: float
    source: str
    expanded: float = 0.0  # from here on stored so, and computed in 16 bits; 0: nowhere
    since: str = "0.0"  # release that does
    layers: tuple[str, ...] = ()
    head_sizes: tuple[int, ...] = ()
    without: tuple[str, ...] = ()  # model types


@dataclass(frozen=True, slots=True)
class Generations:
    read: str
    source: str
    weights: tuple[WeightKernels, ...]
    attention: tuple[AttentionKernels, ...]
    cache: tuple[CacheKernels, ...]


@cache
def generations() -> Generations:
    """GPU generations that each engine's kernels run on."""
    return record(Generations, read("generations.toml"), "generations.toml")
