"""The plan as a record: the JSON of `modal-serve-gen plan --json`. Memory is GiB per GPU."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, field_serializer, model_serializer

NoteKind = Literal["price", "version", "size", "limit", "gpu", "throughput", "alternative", "sibling"]
AppNoteKind = Literal[
    "speculation", "reasoning", "routing", "access", "unconfirmed", "gated", "edited", "generator", "memory"
]
Verdict = Literal["fits", "may not fit", "does not fit", "does not run", "misses a target"]


class Record(BaseModel):
    """A frozen record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(Record):
    """Something else to know of a plan or an app: one or two sentences. JSON holds the text alone."""

    kind: NoteKind | AppNoteKind
    text: str


class Row(Record):
    """One row of the ledger."""

    item: str
    gib: float  # middle figure; the rows add up to what the engine may use
    gib_sized: float  # what the plan is sized by; for kv_cache the low figure that remains
    exact: bool  # False: an allowance or an estimate
    source: str


class KvCache(Record):
    """The KV cache pool on each GPU, and what it holds."""

    dtype: str
    bytes_per_token: float  # for one more token
    bytes_per_request: float  # for one request of max_model_len, as the engine counts it
    gib: float  # what remains by the middle figures
    gib_low: float  # what the plan is sized by
    gib_high: float
    tokens: int  # in full-length requests, by gib_low
    max_concurrency: float  # full-length requests at once, by gib_low
    state_slots: int | None = None  # for linear attention, where the engine's default would be too few


class HostCache(Record):
    """A KV cache in the machine's memory, which keeps prompts that new requests may begin with."""

    gib: int
    memory_gib: int  # that the container requests
    tokens: int  # in full-length requests
    gpu_cache_gib: float  # of all GPUs together, by the middle figures
    usd_per_hour: float  # part of the plan's
    price_date: str


class PlanBounds(Record):
    """Upper bounds on speed by memory bandwidth and compute, and the costs that follow from them."""

    context_tokens: int
    requests: int
    time_per_output_token_ms_one_request: float
    time_per_output_token_ms_all_requests: float
    decode_tokens_per_s_one_request: float
    decode_tokens_per_s_all_requests: float
    prefill_tokens_per_s: int
    time_to_first_token_ms: float
    usd_per_million_prompt_tokens: float
    usd_per_million_output_tokens: float
    usd_per_idle_window: float
    idle_window_s: int
    usd_per_hour_min_containers: float
    usd_per_hour_max_containers: float | None = None  # absent in JSON without max_containers

    @model_serializer(mode="wrap")
    def _without_absent(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in serialize(self).items() if value is not None}


class StartPhase(Record):
    """One phase of a start, from the fastest to the slowest in public logs."""

    phase: str
    low_s: float
    high_s: float
    source: str


class PlanStart(Record):
    """From the start of a container until its engine answers: an estimate."""

    low_s: float  # all phases at their fastest
    high_s: float  # their middles, and the distances to the slowest as independent errors
    first_low_s: float  # without the caches that later starts find in their Volume, or without a snapshot
    first_high_s: float
    snapshot: bool  # restored from a memory snapshot
    phases: tuple[StartPhase, ...]
    estimate: Literal[True] = True


class LoadOption(Record):
    """Another GPU for a load."""

    gpu: str
    gpus: int
    containers: int
    slots: int
    usd_per_hour: float  # of all containers
    ttft_p95_s: float


class PlanLoad(Record):
    """Containers for a load, by a queueing model: an estimate. Times are seconds."""

    requests_per_s: float
    users: int | None
    prompt_tokens: int
    output_tokens: int
    ttft_p95_target_s: float | None
    containers: int
    containers_if_fast: int | None  # if the engine reaches the high end of its efficiency
    slots: int  # requests at once in each
    running: float  # of them, on average
    waiting: float  # share of the requests that wait for a slot
    ttft_p95_s: float
    time_per_output_token_ms: float
    request_s: float  # a whole answer, without the wait for a slot
    usd_per_hour: float  # of all containers
    usd_per_month: float
    usd_per_million_output_tokens: float  # all containers' price, by the tokens of this load
    options: tuple[LoadOption, ...]  # cheapest first
    estimate: Literal[True] = True
    sources: tuple[str, ...]


class BatchOption(Record):
    """Another GPU for a batch."""

    gpu: str
    gpus: int
    containers: int
    hours_high: float
    usd_high: float


class PlanBatch(Record):
    """Containers, hours and USD for a file of prompts, starts included: an estimate."""

    prompts: int
    prompt_tokens: int
    output_tokens: int
    by_hours: float | None
    containers: int
    slots: int  # prompts at once in each
    hours_low: float  # the fastest start, and an engine at the high end of its efficiency
    hours_high: float
    usd_low: float
    usd_high: float
    start_share: float  # of usd_high: starts, and the idle window at the end
    options: tuple[BatchOption, ...]  # cheapest first
    estimate: Literal[True] = True
    sources: tuple[str, ...]


class Alternative(Record):
    """Another GPU that fits the workload."""

    gpu: str
    gpus: int
    usd_per_hour: float
    native: bool  # False: computes these weights in another format
    max_model_len: int
    max_num_seqs: int
    kv_gib_low: float
    max_concurrency: float
    requests: int
    time_per_output_token_ms: float
    time_per_output_token_ms_all_requests: float
    output_tokens_per_s: int
    usd_per_million_output_tokens: float
    usd_per_idle_window: float


class Offer(Record):
    """What GPUs hold of a workload that is too large for them."""

    gpu: str
    gpus: int
    usd_per_hour: float
    max_num_seqs: int  # requests of the requested length, at most as many as requested; 0: not one
    max_model_len: int  # tokens that all requested requests can have; 0: they do not fit at any length
    longest: int  # tokens of a single request, at most as many as requested


class Sibling(Record):
    """A smaller, quantized copy of the model, and the cheapest GPU that holds the requested size with it."""

    model: str
    revision: str | None  # None: not among the facts, so `new` needs the Hub
    quantization: str | None
    weight_gib: float
    gpu: str
    gpus: int
    usd_per_hour: float
    smaller: tuple[Offer, ...]  # cheaper GPUs, and what they hold of it
    containers: int = 1  # for a load: how many it needs, whose price `usd_per_hour` then is


class Measured(Record):
    """What an engine logged at its start, and what was estimated for it. Memory is GiB per GPU, times are seconds."""

    engine: str
    engine_version: str | None
    max_model_len: int | None
    max_num_seqs: int | None
    pool_gib: float
    pool_gib_estimated: float
    tokens: int
    max_concurrency: float | None
    weights_gib: float | None
    weights_gib_estimated: float
    load_s: float | None
    compile_s: float | None
    capture_s: float | None
    init_s: float | None


class Budget(Record):
    """What the budget buys, and what all of the requested size costs beyond it."""

    usd_per_hour: float
    buys: Offer | None  # None: nothing that runs the model
    next: Offer | None  # the cheapest above the budget that holds the requested size


class Requested(Record):
    """The size that was asked for, or the workflow's default; a plan may have lowered what was not given."""

    max_model_len: int
    max_num_seqs: int


class Plan(Record):
    """GPUs, limits, memory and price for one model and workload."""

    model: str
    revision: str
    engine: str
    engine_version: str
    gpu: str  # Modal's name, without the count
    gpus: int
    tensor_parallel_size: int
    fits: bool
    verdict: Verdict
    reason: str
    requested: Requested
    budget: Budget | None  # with a budget
    measured: Measured | None  # with a startup log
    lowered: tuple[str, ...]  # what is below `requested`, as "2 of 32 requests at once"
    dtype: Literal["auto", "half"]  # "half" where the GPU has no bfloat16
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    gpu_memory_utilization: float
    ledger: tuple[Row, ...]
    kv_cache: KvCache
    startup_timeout_s: int
    start: PlanStart
    usd_per_hour: float  # one container, including the region's multiplier
    usd_per_month: float  # the same, always on
    region_multiplier: float
    price_date: str
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    bounds: PlanBounds
    alternatives: tuple[Alternative, ...]  # best first
    siblings: tuple[Sibling, ...]  # cheapest first
    notes: tuple[Note, ...]
    load: PlanLoad | None = None
    batch: PlanBatch | None = None
    host_cache: HostCache | None = None

    @field_serializer("notes")
    def _texts(self, notes: tuple[Note, ...]) -> list[str]:
        return [note.text for note in notes]
