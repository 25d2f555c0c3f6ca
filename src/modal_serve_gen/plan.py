"""Model + Workload -> Plan: the memory ledger, the GPU, the limits and the price (pure)."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from .model import Model


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is asked of the model. None means: the plan chooses."""

    engine: str = "vllm"
    engine_version: str | None = None  # None: the pinned one
    gpu: str | None = None  # such as "H100:2"
    gpu_candidates: tuple[
        str, ...
    ] = ()  # the workflow's GPUs, best liked first; empty: every Modal GPU, cheapest first
    max_gpus: int = 8
    max_model_len: int | None = None
    default_max_model_len: int = 32_768
    concurrency: int | None = None
    default_concurrency: int = 32
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    max_num_batched_tokens: int | None = None
    region: str | None = None
    min_containers: int = 0
    max_containers: int | None = None
    extra_weight_bytes: int = 0  # adapters and drafts, on every GPU


class Row(BaseModel):
    """One line of the ledger: GiB on each GPU."""

    model_config = ConfigDict(frozen=True)

    item: str
    gib: float
    exact: bool  # False: an allowance, not a measurement or a formula over known numbers
    source: str


class KvCache(BaseModel):
    model_config = ConfigDict(frozen=True)

    dtype: str
    bytes_per_token: float  # in layers that keep every token, per GPU
    bytes_per_request: float  # one request of max_model_len, everything counted, per GPU
    gib: float  # what remains for the pool, by the middle allowance
    gib_low: float  # what the plan is sized by
    gib_high: float
    tokens: int  # of full-length requests, by gib_low
    max_concurrency: float  # full-length requests at once, by gib_low


class Plan(BaseModel):
    """The answer, with the JSON keys of `modal-serve-gen plan --json`. Memory is GiB per GPU."""

    model_config = ConfigDict(frozen=True)

    model: str
    revision: str
    engine: str
    engine_version: str | None
    gpu: str  # Modal's name, without the count
    gpus: int
    tensor_parallel_size: int
    fits: bool
    reason: str
    dtype: str  # "auto", or "half" where the GPU has no bfloat16
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    gpu_memory_utilization: float
    ledger: tuple[Row, ...]
    kv_cache: KvCache
    startup_timeout_s: int
    usd_per_hour: float  # one container, the region's multiplier included
    region_multiplier: float
    price_date: str
    bounds: dict[str, float]
    alternatives: tuple[dict[str, Any], ...]  # {gpu, gpus, usd_per_hour, kv_gib_low, max_concurrency}, cheapest first
    notes: tuple[str, ...]


def plan(model: Model, workload: Workload) -> Plan:
    """The cheapest GPU and count that hold the model, one full-length request and the asked concurrency.

    A plan that does not fit is a Plan too (`fits` False, `reason` says what would). Raises BadInput for values that
    make no sense for any GPU.
    """
    raise NotImplementedError


def require_fit(plan: Plan) -> Plan:
    """`plan` when it fits; raises DoesNotFit with the whole plan in `details` when it does not."""
    raise NotImplementedError


def parse_gpu(text: str) -> tuple[str, int]:
    """ "h100:2" -> ("H100", 2). Raises BadInput for an unknown name (with the nearest) or a count out of range."""
    raise NotImplementedError
