"""Memory of the machine beside its GPUs: what engines take of it, and their KV cache in it."""

from dataclasses import dataclass
from functools import cache

from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class EngineMemory:
    """GiB of an engine's own processes."""

    gib: int
    source: str


@dataclass(frozen=True, slots=True)
class HostCache:
    """How an engine is told to keep a KV cache in the machine's memory: `{gib}` of all ranks, `{rank_gb}` of each."""

    arguments: tuple[str, ...]
    source: str
    remark: str = ""  # sentences for a plan


@dataclass(frozen=True, slots=True)
class HostMemory:
    read: str
    source: str
    engine: EngineMemory
    kv_cache: dict[str, HostCache]  # by engine
    dtypes: dict[str, dict[str, str]]  # engine -> data type of the KV cache -> its own name for it


@cache
def host_memory() -> HostMemory:
    """Memory of the machine beside its GPUs."""
    return record(HostMemory, read("host_memory.toml"), "host_memory.toml")
