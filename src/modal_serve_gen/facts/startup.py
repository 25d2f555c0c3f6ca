"""How long each phase of a start takes."""

from dataclasses import dataclass
from functools import cache

from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class Span:
    """From the fastest to the slowest that was logged."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase that takes as long for every model."""

    seconds: Span
    source: str


@dataclass(frozen=True, slots=True)
class EnginePhase:
    """Import and initialization, in seconds."""

    vllm: Span
    sglang: Span
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Reading the weights."""

    gb_per_s: Span
    source: str


@dataclass(frozen=True, slots=True)
class Compilation:
    """Seconds per layer, with the cache and without."""

    per_layer: Span
    first_per_layer: Span
    source: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Seconds per layer."""

    per_layer: Span
    source: str


@dataclass(frozen=True, slots=True)
class Kernels:
    """Kernels for FP8 weights, on GPUs from that compute capability on, with the cache and without."""

    seconds: Span
    first_seconds: Span
    from_capability: float
    source: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Restoring a memory snapshot."""

    seconds: Span
    gb_per_s: Span
    source: str


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Hours a month."""

    month: int
    source: str


@dataclass(frozen=True, slots=True)
class StartupPhases:
    """The phases of a start, in order."""

    read: str
    source: str
    container: Phase
    engine: EnginePhase
    weights: Reading
    compile: Compilation
    capture: Capture
    profile: Phase
    kernels: Kernels
    snapshot: Snapshot
    working_hours: WorkingHours


@cache
def startup_phases() -> StartupPhases:
    """How long each phase of a start takes, and the working hours of a month."""
    return record(StartupPhases, read("startup.toml"), "startup.toml")
