"""The KV cache in the machine's memory: what it holds and costs, and the flags that ask for it (pure)."""

import math
from collections.abc import Iterator, Sequence

from modal_serve_gen import facts
from modal_serve_gen.models.decoder import LayerGroup
from modal_serve_gen.plan.gpus import gpu_facts, region_multiplier
from modal_serve_gen.plan.ledger import Memory, Setup
from modal_serve_gen.plan.overheads import GIB
from modal_serve_gen.plan.records import HostCache
from modal_serve_gen.plan.workload import Workload


def requested_gib(kv_offload: int) -> int:
    """GiB of memory that a container with such a cache requests: the engine's own processes take some as well."""
    return kv_offload + facts.host_memory().engine.gib


def usd_per_hour(workload: Workload) -> float:
    """USD per hour for that memory; 0 without such a cache, where a container requests what Modal gives by default."""
    if workload.kv_offload is None:
        return 0.0
    seconds = 3600 * region_multiplier(workload.region)
    return round(requested_gib(workload.kv_offload) * facts.memory_usd_per_gib_s() * seconds, 2)


def host_cache(workload: Workload, layers: Sequence[LayerGroup], setup: Setup, memory: Memory) -> HostCache | None:
    """The cache as a record.

    Each rank keeps its own part of every token; vLLM keeps latent rows, which are the same on all ranks, once
    (distributed/kv_transfer/kv_connector/v1/offloading/config.py, replicated_layout).
    """
    if workload.kv_offload is None:
        return None
    same = setup.engine == "vllm" and setup.gpus == setup.tp and all(layer.kind == "mla" for layer in layers)
    ranks, size = 1 if same else setup.gpus, workload.kv_offload * GIB
    return HostCache(
        gib=workload.kv_offload,
        memory_gib=requested_gib(workload.kv_offload),
        tokens=int(size / (memory.pool.request * ranks) * setup.max_model_len) if memory.pool.request else 0,
        gpu_cache_gib=round(max(memory.mid, 0.0) * ranks, 1),
        usd_per_hour=usd_per_hour(workload),
        price_date=gpu_facts(setup.gpu).price_read,
    )


def notes(workload: Workload, layers: Sequence[LayerGroup], setup: Setup, memory: Memory) -> Iterator[str]:
    """What such a cache is for, and what it is not for."""
    if (cache := host_cache(workload, layers, setup, memory)) is None:
        return
    yield (
        f"{cache.gib} GiB of host memory keep about {cache.tokens:,} tokens of earlier prompts, which requests with "
        "the same beginning read instead of computing. Requests get no longer, and no more of them run at once."
    )
    yield (
        f"The container requests {cache.memory_gib} GiB of memory, ${cache.usd_per_hour:.2f} of the price per hour (as "
        f"of {cache.price_date})."
    )
    if remark := facts.host_memory().kv_cache[setup.engine].remark:
        yield remark
    if cache.gib < cache.gpu_cache_gib:
        yield (
            f"--kv-offload {cache.gib} is less than the {cache.gpu_cache_gib:.0f} GiB of KV cache on the GPUs, most of "
            "which it repeats. Raise it above that, or leave it out."
        )


def cache_flags(
    engine: str, dtype: str | None, kv_offload: int | None, *, gpus: int, replicas: int = 1
) -> tuple[str, ...]:
    """Flags for the data type of the KV cache and for the one in the machine's memory, as this engine spells them.

    Each data-parallel replica keeps its own, so that it is told its share."""
    known, flags = facts.host_memory(), []
    if dtype is not None:
        flags.append(f"--kv-cache-dtype={known.dtypes.get(engine, {}).get(dtype, dtype)}")
    if kv_offload is not None:
        sizes = {"gib": f"{kv_offload / replicas:g}", "rank_gb": max(1, math.floor(kv_offload * GIB / gpus / 1e9))}
        flags += [argument.format(**sizes) for argument in known.kv_cache[engine].arguments]
    return tuple(flags)
