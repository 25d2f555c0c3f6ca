"""Request: the options of `new` and `plan` that the planner reads."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the user about a model. None: not given, so the plan or the workflow decides."""

    gpu: str | None = None  # such as "H100:2"
    max_model_len: int | None = None
    concurrency: int | None = None
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    kv_offload: int | None = None  # GiB of the machine's memory for a KV cache, of all GPUs together
    max_num_batched_tokens: int | None = None
    engine_version: str | None = None  # None: the pinned version
    region: str | None = None
    min_containers: int = 0
    max_containers: int | None = None
    scaledown_window: int = 300  # seconds an idle container is kept, and billed
    goal: str | None = None  # "latency" and "throughput" rank alternatives by speed or price per token
    budget: float | None = None  # USD per hour for one container
    time_per_output_token: float | None = None  # milliseconds, at full concurrency
    tokens_per_s: float | None = None  # output tokens per second of one container
    users: int | None = None  # how many requests can be under way at most
    requests_per_s: float | None = None
    prompt_tokens: int | None = None  # of a typical request
    output_tokens: int | None = None
    ttft_p95: float | None = None  # seconds to the first token that 95 % of the requests wait at most
    ready_within: float | None = None  # seconds from a request to the first container's readiness
    prompts: int | None = None  # of a batch
    by: float | None = None  # hours until it is done
    enforce_eager: bool = False  # no compilation and no CUDA graphs
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    enable_expert_parallel: bool = False

    @property
    def is_fixed(self) -> bool:
        """True for an existing setup, whose other limits are the defaults of its engine version."""
        return self.gpu is not None and (self.engine_version or self.gpu_memory_utilization) is not None

    @property
    def has_load(self) -> bool:
        """True if containers are to be counted for a load."""
        return (self.users or self.requests_per_s) is not None


NAMES = frozenset(field.name for field in fields(Request))


def from_options(options: Mapping[str, Any]) -> Request:
    """The request in `options`, which may hold other options too.

    >>> from_options({"gpu": "H100", "name": "chat"}).gpu
    'H100'
    """
    return Request(**{name: value for name, value in options.items() if name in NAMES})
