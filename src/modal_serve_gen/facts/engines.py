"""What a generated app pins for each engine."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from modal_serve_gen.facts import loading
from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class Pins:
    """The resolved packages of one engine's image, or of an additional image without `base_image`."""

    version: str
    python: str
    platform: str
    read: str  # date
    resolved_packages: int
    fixed: tuple[str, ...]  # names of the packages that are not in `packages`
    direct: tuple[str, ...]  # requirements of the engine itself, a subset of `packages`
    packages: tuple[str, ...]
    unpinned: dict[str, str]  # package -> why its version is left to the index
    sources: dict[str, str]
    extras: tuple[str, ...] = field(default=())
    base_image: str = ""
    torch: str = ""
    cuda: str = ""
    optional: dict[str, str] = field(default_factory=dict)  # package that a flag needs -> pin that resolves with these


@cache
def pins() -> dict[str, Pins]:
    """Pins by engine, and by package for images in addition to an engine's."""
    return {name: record(Pins, table, f"pins.toml [{name}]") for name, table in read("pins.toml").items()}


def engines() -> tuple[str, ...]:
    """The engines: other pinned packages have no base image."""
    return tuple(name for name, pin in pins().items() if pin.base_image)


def flag_table_path(engine: str, version: str) -> Path:
    """Path of the argument and registry table of a pinned version or a CPU build (the file need not exist)."""
    return loading.FACTS / "flags" / f"{engine}-{version}.json"


@dataclass(frozen=True, slots=True)
class Format:
    """The compute capability from which a GPU computes in a weight format."""

    native: float
    kernels_below: str  # kernels that are used below it


@dataclass(frozen=True, slots=True)
class RefinedBlocks:
    """An engine that divides experts across the blocks of their scales."""

    since: str  # release
    capability: float
    least: int  # weights that share a scale then
    methods: tuple[str, ...]  # quant_method
    source: str


@dataclass(frozen=True, slots=True)
class Float16:
    """GPUs without bfloat16, and the model types that do not run in float16."""

    unsupported: tuple[str, ...]
    source: str
    bfloat16_from: float  # compute capability


@dataclass(frozen=True, slots=True)
class Quantization:
    """Weight formats, and the types of KV caches."""

    read: str
    source: str
    methods: dict[str, str]  # quant_method -> label
    removed: dict[str, dict[str, str]]  # engine -> format -> first release without it
    formats: dict[str, Format]
    refined_blocks: dict[str, RefinedBlocks]  # by engine; no entry: a shard is a multiple of the block
    float16: Float16
    cache_bytes: dict[str, float]  # bytes per element, by --kv-cache-dtype


@cache
def quantization() -> Quantization:
    """Weight formats, and the types of KV caches."""
    return record(Quantization, read("quantization.toml"), "quantization.toml")
