"""Modal's GPUs and regions."""

from dataclasses import dataclass
from functools import cache

from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU type: memory, speed, price and the limit per container."""

    usable_gib: float  # total memory as the driver reports it
    marketing_gb: float
    bandwidth_gb_per_s: float
    tflops: dict[str, float]  # dense, by format: fp16, bf16, fp8, fp4
    compute_capability: float
    nvlink: bool
    max_count: int
    usd_per_s: float
    usd_per_h: float
    sources: dict[str, str]
    usable_source: str
    price_read: str  # month
    usable_exact: bool = True  # False: an estimate, not read in a log
    max_count_documented: bool = True


@dataclass(frozen=True)
class _Gpus:
    read: str
    price_read: str
    price_source: str
    names_source: str
    usable_source: str
    memory_usd_per_gib_s: float
    aliases: dict[str, str]
    gpus: dict[str, Gpu]


@cache
def _gpus() -> _Gpus:
    document = read("gpus.toml")
    shared = {key: document.get(key) for key in ("price_read", "usable_source")}
    tables = document.get("gpus", {})
    document["gpus"] = {name: {**table, **shared} for name, table in tables.items()}
    return record(_Gpus, document, "gpus.toml")


def gpus() -> dict[str, Gpu]:
    """Modal's GPUs by name."""
    return _gpus().gpus


def memory_usd_per_gib_s() -> float:
    """The price of the machine's memory, in dollars per GiB and second."""
    return _gpus().memory_usd_per_gib_s


def gpu_aliases() -> dict[str, str]:
    """Other spellings that Modal accepts, such as A100, H100! and B200+, mapped to the name to plan with."""
    return _gpus().aliases


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Factors on the price of running in a compute region."""

    broad: float  # us, eu, ap
    narrow: float  # any other
    source: str


@dataclass(frozen=True, slots=True)
class Compute:
    """Regions that a container may be restricted to."""

    broad: tuple[str, ...]
    regions: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Regions where requests may enter Modal."""

    regions: tuple[str, ...]
    default: str
    nearest: dict[str, str]  # prefix of a compute region -> routing region; the first match counts


@dataclass(frozen=True, slots=True)
class Regions:
    """Compute and routing regions, and the price multipliers."""

    read: str
    source: str
    multipliers: Multipliers
    compute: Compute
    routing: Routing


@cache
def regions() -> Regions:
    """Compute and routing regions, and the price multipliers."""
    return record(Regions, read("regions.toml"), "regions.toml")
