"""A candidate: one GPU and count for a model, its memory, its price and the targets that it misses (pure)."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan import host, overheads, sglang
from modal_serve_gen.plan.generations import Support, support
from modal_serve_gen.plan.gpus import gpu_facts, usd_per_hour
from modal_serve_gen.plan.ledger import OUTSIDE, Memory, Setup, memory
from modal_serve_gen.plan.measured import measured_memory
from modal_serve_gen.plan.records import Alternative
from modal_serve_gen.plan.speed import Bounds, bounds
from modal_serve_gen.plan.splitting import split_refusal
from modal_serve_gen.plan.workload import Workload


@dataclass(frozen=True, slots=True)
class MissedTarget:
    """A target that is out of reach, and the factor by which it is missed."""

    text: str
    factor: float


@dataclass(frozen=True)
class Candidate:
    """One GPU and count for the model, at one length and concurrency."""

    model: Model
    workload: Workload
    setup: Setup
    memory: Memory
    usd_per_hour: float
    support: Support
    refusal: str | None  # why the model does not run there at all
    demand_missed: tuple[MissedTarget, ...] = ()  # of a load or a batch, which more than one container may serve

    @property
    def size(self) -> tuple[int, int]:
        """(max_model_len, max_num_seqs)"""
        return self.setup.max_model_len, self.setup.max_num_seqs

    @property
    def requested(self) -> tuple[int, int]:
        """The size that was asked for; of an existing setup its own."""
        return self.size if self.workload.fixed else requested_size(self.model, self.workload)

    @property
    def holds(self) -> bool:
        """True if the model runs and the pool is large enough, whatever the targets."""
        return self.refusal is None and self.memory.low >= self.memory.needed

    @property
    def fits(self) -> bool:
        return self.holds and not self.missed

    @cached_property
    def bounds(self) -> Bounds:
        """Bounds for `requests` requests of the usual share of the full length."""
        context = max(1, ceil(self.setup.max_model_len * facts.overheads().sizing.fill))
        return bounds(self.model, self.setup, context, self.requests)

    @property
    def requests(self) -> int:
        """Requests that run at once: max_num_seqs, or fewer where the cache holds fewer."""
        most = self.memory.max_concurrency / facts.overheads().sizing.fill
        return max(1, min(self.setup.max_num_seqs, int(most)))

    @property
    def estimated_ms_per_token(self) -> float:
        """Milliseconds per output token at full concurrency, by the share of the bounds that engines reach."""
        return self.bounds.time_per_output_token_all_s / facts.overheads().speed.reached * 1000

    @property
    def estimated_tokens_per_s(self) -> float:
        """Output tokens per second of all requests, by the share of the bounds that engines reach."""
        return self.bounds.output_tokens_per_s * facts.overheads().speed.reached

    @cached_property
    def missed(self) -> tuple[MissedTarget, ...]:
        """The targets that are out of reach here."""
        workload, usd = self.workload, self.usd_per_hour
        missed = []
        if workload.budget is not None and usd > workload.budget:
            text = f"${usd:.2f} per hour exceeds the budget of ${workload.budget:.2f}"
            missed.append(MissedTarget(text, usd / workload.budget))
        pace, rate = self.estimated_ms_per_token, self.estimated_tokens_per_s
        if (target := workload.time_per_output_token) is not None and pace > target:
            text = (
                f"the estimated time per output token at {self.requests} concurrent requests is {pace:.1f} ms "
                f"(target {target:g})"
            )
            missed.append(MissedTarget(text, pace / target))
        if (target := workload.tokens_per_s) is not None and rate < target:
            text = f"the estimated throughput is {rate:,.0f} output tokens/s (target {target:,.0f})"
            missed.append(MissedTarget(text, target / rate))
        return (*missed, *self.demand_missed)

    def alternative(self) -> Alternative:
        speed, usd = self.bounds, self.usd_per_hour
        return Alternative(
            gpu=self.setup.gpu,
            gpus=self.setup.gpus,
            usd_per_hour=usd,
            native=self.support.native,
            max_model_len=self.setup.max_model_len,
            max_num_seqs=self.setup.max_num_seqs,
            kv_gib_low=round(self.memory.low, 2),
            max_concurrency=round(self.memory.max_concurrency, 2),
            requests=speed.requests,
            time_per_output_token_ms=round(1000 * speed.time_per_output_token_one_s, 2),
            time_per_output_token_ms_all_requests=round(1000 * speed.time_per_output_token_all_s, 2),
            output_tokens_per_s=round(speed.output_tokens_per_s),
            usd_per_million_output_tokens=round(speed.usd_per_million(usd)[1], 3),
            usd_per_idle_window=round(usd * self.workload.scaledown_window / 3600, 4),
        )


def requested_size(model: Model, workload: Workload) -> tuple[int, int]:
    """(max_model_len, max_num_seqs) of the workload, or its defaults."""
    max_model_len = workload.max_model_len or min(workload.default_max_model_len, model.max_context)
    return max_model_len, workload.concurrency or workload.default_concurrency


def candidate(
    model: Model, workload: Workload, gpu: str, count: int, max_model_len: int, max_num_seqs: int
) -> Candidate:
    """The model on `count` of that GPU, with these limits."""
    cache_dtype = workload.kv_cache_dtype or "auto"
    tokens = workload.max_num_batched_tokens
    if tokens is None:  # apps for SGLang use vLLM's default as well
        engine = workload.engine if workload.fixed else "vllm"
        version = workload.engine_version if workload.engine == engine else None
        tokens = default_limits(engine, version, gpu, server=workload.server or not workload.fixed)[0]
    utilization = workload.gpu_memory_utilization
    if utilization is None and workload.sleep:
        utilization = facts.overheads().sleep.utilization
    setup = Setup(
        engine=workload.engine,
        gpu=gpu,
        gpus=count,
        max_model_len=max_model_len,
        max_num_seqs=max_num_seqs,
        batched_tokens=max(max_num_seqs, tokens),
        cache_bytes=facts.quantization().cache_bytes[cache_dtype],
        utilization=utilization,
        extra_weight_bytes=workload.extra_weight_bytes,
        vocabulary_bytes=workload.vocabulary_bytes,
        draft_layers=workload.draft_layers,
        draft_tokens=workload.draft_tokens,
        sleep=workload.sleep,
        version=workload.engine_version,
        pp=workload.pipeline_parallel_size,
        dp=workload.data_parallel_size,
        expert_parallel=workload.enable_expert_parallel,
        fixed=workload.fixed,
        state_slots=workload.state_slots,
    )
    supported = support(model, gpu, workload.engine, workload.engine_version, cache_dtype)
    reserved = memory(model, setup, 0.0 if workload.fixed else None)
    split = split_refusal(model, workload.ranks(gpu, count))
    refusal = supported.refusal or split
    if workload.boot_log:  # it has started there
        refusal, reserved = None, measured_memory(workload.boot_log, model, setup, reserved)
    else:
        refusal = refusal or _start_refusal(model, setup, reserved)
    usd = round(usd_per_hour(gpu, count, workload.region) + host.usd_per_hour(workload), 2)
    return Candidate(model, workload, setup, reserved, usd, supported, refusal)


def default_limits(engine: str, version: str | None, gpu: str, *, server: bool) -> tuple[int, int]:
    """Tokens per step and requests at once, where an existing setup does not set them: of SGLang, a chunk of prefill
    and the largest batch whose decoding is captured."""
    if engine == "sglang":
        return sglang.capacity(version, gpu)
    return overheads.defaults(engine, version, gpu, server=server)


def _start_refusal(model: Model, setup: Setup, reserved: Memory) -> str | None:
    """Why the engine does not start, whatever its pool holds; None if it does."""
    removed = facts.quantization().removed.get(setup.engine, {}).get(model.quantization or "")
    version = setup.version or facts.pins()[setup.engine].version
    if removed and overheads.parse_version(version) >= overheads.parse_version(removed):
        return f"{setup.engine} {version} no longer loads {model.quantization} weights"
    usable, taken = gpu_facts(setup.gpu).usable_gib, facts.overheads().start.taken
    if setup.engine == "sglang":
        return _outside_refusal(usable, reserved)
    if setup.utilization and usable * setup.utilization > usable - taken:
        return (
            f"a memory utilization of {setup.utilization:g} requires {usable * setup.utilization:.1f} GiB, but only "
            f"about {usable - taken:.1f} GiB are free when the engine starts"
        )
    return None


def _outside_refusal(usable: float, reserved: Memory) -> str | None:
    """SGLang's static fraction does not shrink for what runs outside of it, which then finds no memory."""
    context = next(line.mid for line in reserved.lines if line.item == "non_torch")
    left = (usable - context) * (1 - reserved.utilization)
    least = sum(line.mid for line in reserved.lines if line.item in OUTSIDE)
    if left >= least:
        return None
    return (
        f"a static fraction of {reserved.utilization:g} leaves {left:.1f} GiB for activations and CUDA graphs, which "
        f"need about {least:.1f} GiB"
    )
