"""What engines reserve in GPU memory in addition to weights and KV cache, and how plans are sized."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from modal_serve_gen.facts.loading import read, record


@dataclass(frozen=True, slots=True)
class Range:
    """Low, middle and high figure of one item."""

    low: float
    mid: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.mid + other.mid, self.high + other.high)

    def times(self, factor: float) -> "Range":
        return Range(self.low * factor, self.mid * factor, self.high * factor)

    def spread(self, factor: float) -> "Range":
        """The same middle, with both ends `factor` times as far away."""
        return Range(self.mid - (self.mid - self.low) * factor, self.mid, self.mid + (self.high - self.mid) * factor)


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """Memory rules of the engine releases from `since` on."""

    since: str
    logged: tuple[str, ...]  # minor releases whose logs were read
    utilization: float
    concurrent_batches: int  # batches of tokens in flight that a window is charged with
    states_cached: bool  # hybrids cache prefixes, and keep states for them
    modular_experts: bool  # a mixture has two workspaces as wide as the hidden states
    graphs_counted: bool  # CUDA graphs are subtracted from the pool
    states_required: bool  # hybrids do not start without a state for each of max_num_seqs
    sampler_copies: Range
    base: Range
    compile: Range
    source: str
    expert_multiple: int = 1  # FP8 experts of two matrices are padded to a multiple of this width on each GPU
    mxfp4_padding: float = 0.0  # fraction by which MXFP4 experts may be larger on Hopper, in the middle
    graphs_profiled: bool = False  # the profiled run captures CUDA graphs, and what NCCL keeps for them counts


@dataclass(frozen=True, slots=True)
class NonTorch:
    """CUDA context, NCCL and workspaces outside torch, GiB."""

    one_gpu: Range
    nvlink: Range
    nvlink_rank: Range  # more for each rank
    nvlink_graphs: Range  # more where the profiled run captures CUDA graphs
    pcie: Range
    replicas: Range  # more where a mixture's experts are shared by data-parallel replicas
    source: str


@dataclass(frozen=True, slots=True)
class BeforeSglang:
    """GiB in use before SGLang loads the weights: CUDA context, NCCL, and what its start allocates."""

    one_gpu: Range
    several_gpus: Range
    source: str


@dataclass(frozen=True, slots=True)
class Activations:
    """Factors on, and additions to, the peak of the profiling run."""

    forward_copies: Range
    expert_copies: Range
    multimodal: Range
    linear: Range
    index: Range
    streams: Range  # bytes for each element of hyper-connections' streams, for each token
    source: str


@dataclass(frozen=True, slots=True)
class CudaGraphs:
    """GiB for each captured layer."""

    one_gpu: Range
    several_gpus: Range
    latent: Range  # where attention is latent (MLA), on any number of GPUs
    source: str


@dataclass(frozen=True, slots=True)
class Start:
    """GiB that are taken of a GPU before an engine starts."""

    taken: float
    source: str


@dataclass(frozen=True, slots=True)
class Sleep:
    """vLLM's sleep mode: its default utilization here, and GiB outside the profiling run."""

    utilization: float
    memory: Range
    worth_below_gib: float  # of weights, up to which a snapshot shortens the start by a good part
    source: str


@dataclass(frozen=True, slots=True)
class DefaultsRow:
    """vLLM's max_num_batched_tokens, for a server and offline, and max_num_seqs on GPUs of that size."""

    at_least_gib: float
    server: int
    offline: int
    sequences: int
    since: str = "0.0"
    except_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Defaults:
    """The first row that applies counts."""

    rows: tuple[DefaultsRow, ...]
    first_version: str
    source: str


@dataclass(frozen=True, slots=True)
class Startup:
    """How long a container may take until it is ready: base + bytes / rate, at least `least_s`."""

    base_s: int
    read_gb_per_s: float
    least_s: int
    source: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Share of the bandwidth and compute bounds that measured engines reach."""

    reached: float
    reached_high: float
    prefill_reached: float
    prefill_reached_high: float
    source: str


@dataclass(frozen=True, slots=True)
class Sizing:
    """Rules of this project."""

    fill: float  # how full the other requests are while one has full length
    least_context: int
    shrink_context_to: int
    most_concurrency: int
    without_nvlink: float
    unlogged: float
    source: str


@dataclass(frozen=True, slots=True)
class Overheads:
    """Everything but weights and KV cache, GiB per GPU, and the rules of sizing."""

    read: str
    source: str
    vllm: tuple[ReleaseRules, ...]
    sglang: tuple[ReleaseRules, ...]
    non_torch: NonTorch
    before_sglang: BeforeSglang
    activations: Activations
    cuda_graphs: CudaGraphs
    start: Start
    sleep: Sleep
    defaults: Defaults
    startup: Startup
    speed: Speed
    sizing: Sizing


@dataclass(frozen=True, slots=True)
class VllmPool:
    """vLLM allocates blocks as requests need them."""

    delta_net_kernel_from: float  # compute capability
    narrow_states: tuple[str, ...]  # architectures with states of the model's type
    source: str


@dataclass(frozen=True, slots=True)
class SglangRelease:
    """How SGLang's releases from `since` on size and divide their pool."""

    since: str
    states: Literal["every", "running", "capped"]  # which of them have one for each token that speculation verifies
    states_per_request: int
    source: str
    tracked_states: int = 0  # more for each request, where prefix caching tracks them
    spare_states: int = 0
    multimodal_gib: float = 0.0  # outside the pool, for the cache of embeddings
    prefill_graphs: bool = False
    speculation_mib: int = 0


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """Defaults of GPUs with less memory than `below_gib`."""

    below_gib: float
    chunk: int
    batch: tuple[int, ...]  # below tensor parallel size 4, and from 4
    since: str = "0.0"


@dataclass(frozen=True, slots=True)
class StaticFraction:
    """SGLang's default of --mem-fraction-static: what it leaves for activations and graphs, in MiB."""

    rows: tuple[CapacityRow, ...]  # the first that applies counts
    unseen_gib: float
    base_mib: int
    token_mib: float
    request_mib: int
    gpu_mib: int
    prefill_size_mib: int
    prefill_mla_mib: int
    least_mib: int
    least_from_gib: float
    encoder: float
    encoder_limits: tuple[float, ...]
    encoder_sensitivity: float
    encoder_layers: int
    encoder_width: int
    source: str


@dataclass(frozen=True, slots=True)
class SglangPool:
    """SGLang divides its pool at start."""

    state_to_token_bytes: float
    tracked: tuple[str, ...]  # architectures
    releases: tuple[SglangRelease, ...]
    fraction: StaticFraction
    window_to_full_tokens: dict[str, float]  # by architecture


@dataclass(frozen=True, slots=True)
class Pools:
    """How each engine divides the memory for its KV cache."""

    read: str
    source: str
    vllm: VllmPool
    sglang: SglangPool


@cache
def overheads() -> Overheads:
    """Everything but weights and KV cache, GiB per GPU, by engine version; and the rules of sizing."""
    return record(Overheads, read("overheads.toml"), "overheads.toml")


@cache
def pools() -> Pools:
    """How each engine divides the memory for its KV cache."""
    return record(Pools, read("pools.toml"), "pools.toml")
