"""What fills a GPU's memory, line by line: each line a low, a middle and a high figure in GiB (pure).

The pool for the KV cache is what the engine may take, less these lines. A plan is sized by the pool's low figure.
"""

import math
from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.models import Model, weights
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.overheads import ENDS, GIB, Range, activations, cuda_graphs, era, non_torch
from modal_serve_gen.plan.pools import Demand, Pool, pool

# GiB by which a GPU's reported memory differs between machines, and tables that engines add to the weights at load.
SLACK_GIB, TABLES_GIB = 0.1, 0.1
# By how much MXFP4 experts are larger where a kernel pads more: gpt-oss on H100 was logged with two.
PADDED = 0.03


@dataclass(frozen=True, slots=True)
class Line:
    """One item: GiB on each GPU, whether it is known rather than allowed for, and where the figure comes from.

    `sized` is what a plan is sized by: errors of different lines seldom fall together, so that each high is drawn
    towards its middle until all come to the root of the sum of their squares.
    """

    item: str
    low: float
    mid: float
    high: float
    exact: bool
    source: str
    sized: float = 0.0


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that the memory of one GPU depends on."""

    engine: str
    gpu: str
    gpus: int
    max_model_len: int
    max_num_seqs: int
    batched_tokens: int
    cache_bytes: float
    utilization: float | None
    extra_weight_bytes: int = 0
    draft_layers: float = 0  # of the model's own size, whose KV cache speculation adds
    draft_tokens: int = 0  # that one step of speculation verifies
    sleep: bool = False  # vLLM's sleep mode, whose allocator keeps pools of its own
    version: str | None = None  # of the engine; None: the pinned one
    pp: int = 1  # pipeline stages
    dp: int = 1  # replicas of attention, each with a cache of its own
    expert_parallel: bool = False
    eager: bool = False

    @property
    def tp(self) -> int:
        return self.gpus // (self.pp * self.dp)


@dataclass(frozen=True, slots=True)
class Memory:
    """A GPU's memory: its lines, the share that the engine takes, and the pool that is left, GiB per GPU."""

    lines: tuple[Line, ...]
    utilization: float
    low: float
    mid: float
    high: float
    pool: Pool  # how the engine uses what is left

    @property
    def needed(self) -> float:
        """GiB that one full-length request and the others at the usual fill want."""
        return self.pool.needed / GIB

    @property
    def max_concurrency(self) -> float:
        """Full-length requests at once, by the low figure (the quotient that vLLM logs at start)."""
        return self.pool.concurrency(self.low * GIB)


def memory(model: Model, setup: Setup, fill: float | None = None) -> Memory:
    """The memory of the fullest of `setup.gpus` GPUs; `fill`: how full all requests but the longest are, 0 where one
    request is all that has to fit, as it is for the engine itself.

    vLLM (0.33.0, v1/worker/gpu_worker.py): pool = total x utilisation - weights - non-torch - activations - graphs.
    SGLang: pool = (total - non-torch) x fraction - weights; activations and graphs live in the rest, so the fraction is
    chosen to leave them room.
    """
    known, usable = facts.overheads(), gpu_facts(setup.gpu).usable_gib
    lines, low, high = _sized(tuple(_lines(model, setup)))
    age = era(setup.engine, setup.version)
    if setup.engine == "sglang":
        share, left = _sglang_left(lines, usable, setup.utilization)
    else:
        share = setup.utilization or age.rules.utilization
        middle = usable * share - sum(line.mid for line in lines)
        left = {"low": middle - high, "mid": middle, "high": middle + low}
    demand = Demand(
        length=setup.max_model_len,
        requests=setup.max_num_seqs,
        fill=known.sizing.fill if fill is None else fill,
        tp=setup.tp,
        cache_bytes=setup.cache_bytes,
        in_flight=(age.rules.concurrent_batches if setup.pp == 1 else setup.pp) * setup.batched_tokens,
        draft_layers=setup.draft_layers,
        draft_tokens=setup.draft_tokens,
        pp=setup.pp,
        states=age.rules.graphs_counted and any(layer.kind == "linear" for layer in model.layers),
        prefix_caching=age.rules.states_cached,
        flashinfer=gpu_facts(setup.gpu).compute_capability >= facts.pools().vllm.delta_net_kernel_from,
    )
    used = pool(setup.engine, model, demand, left["low"] * GIB)
    return Memory(lines, share, left["low"], left["mid"], left["high"], used)


def _sized(lines: tuple[Line, ...]) -> tuple[tuple[Line, ...], float, float]:
    """The lines with what they are sized by, and how much less and more than their middles they may come to."""
    below, above = ([getattr(line, end) - line.mid for line in lines] for end in ("low", "high"))
    high = math.sqrt(sum(each * each for each in above) + SLACK_GIB**2)
    low = SLACK_GIB - sum(below)  # nothing is sized by it
    drawn = high / total if (total := sum(above)) else 0.0
    found = tuple(
        Line(x.item, x.low, x.mid, x.high, x.exact, x.source, x.mid + more * drawn)
        for x, more in zip(lines, above, strict=True)
    )
    return found, low, high


def _sglang_left(lines: tuple[Line, ...], usable: float, asked: float | None) -> tuple[float, dict[str, float]]:
    """The static fraction and what is left inside it; a fraction that leaves too little outside is charged for it."""

    def total(end: str, *items: str) -> float:
        name = "sized" if end == "low" else "low" if end == "high" else "mid"  # a low pool has large lines
        return sum(getattr(line, name) for line in lines if line.item in items)

    free = {end: usable - total(end, "non_torch") for end in ENDS}
    outside = total("low", "activations", "cuda_graphs")
    share = asked or max(0.1, math.floor(100 * (1 - outside / free["low"])) / 100)
    short = max(0.0, outside - free["low"] * (1 - share))
    return share, {end: free[end] * share - short - total(end, "weights", "adapters_and_drafts") for end in ENDS}


def _lines(model: Model, setup: Setup):
    age = era(setup.engine, setup.version)
    ranks = setup.tp * setup.pp * (setup.dp if model.num_experts else 1)
    yield _weights(model, setup)
    if setup.extra_weight_bytes:
        extra = setup.extra_weight_bytes / GIB
        yield Line("adapters_and_drafts", extra, extra, extra, True, "slots for the adapters, weights of the draft")
    peak = activations(
        model,
        age,
        sequences=setup.max_num_seqs,
        tokens=setup.batched_tokens,
        tp=setup.tp,
        length=setup.max_model_len,
    )
    yield _line("activations", peak, f"allowance: {age.rules.source}")
    graphs = cuda_graphs(model, age, ranks=ranks, eager=setup.eager)
    yield _line("cuda_graphs", graphs, f"allowance: {facts.overheads().cuda_graphs.source}")
    outside = non_torch(setup.gpu, age, ranks=ranks)
    yield _line("non_torch", outside, f"allowance: {facts.overheads().non_torch.source}")
    if setup.sleep:
        table = facts.overheads().sleep
        yield Line(
            "sleep_mode", table.memory.low, table.memory.mid, table.memory.high, False, f"allowance: {table.source}"
        )


def _line(item: str, found: Range, source: str) -> Line:
    return Line(item, max(0.0, found.low), found.mid, found.high, False, source)


def _experts_over(model: Model, setup: Setup) -> float:
    """Of how many parts of the experts a GPU holds one: they are cut over the ranks of all data-parallel replicas
    together, or lie there whole (vLLM 0.33.0, layers/fused_moe/config.py, FusedMoEParallelConfig.make)."""
    ranks = setup.tp * setup.dp
    if setup.expert_parallel and model.num_experts:
        return model.num_experts / math.ceil(model.num_experts / ranks)
    return ranks


def _weights(model: Model, setup: Setup) -> Line:
    """What the fullest GPU holds after loading; a size that is not exact may be larger by its margin."""
    if model.sizes is None:
        share = model.weight_bytes / (setup.tp * setup.pp) / GIB
    else:
        share = weights.per_gpu(
            model.sizes,
            model.weight_factor,
            tp=setup.tp,
            pp=setup.pp,
            experts_over=_experts_over(model, setup),
            capability=gpu_facts(setup.gpu).compute_capability,
        ) / GIB  # fmt: skip
    exact = model.weights_exact and setup.gpus == 1
    low = share * (1 - model.weight_margin)
    high = share * (1 + model.weight_margin + (PADDED if model.quantization == "mxfp4" else 0)) + TABLES_GIB
    how = model.weights_source or "computed from config.json"
    return Line("weights", low, share, high, exact, how if setup.gpus == 1 else f"{how}, cut over {setup.gpus} GPUs")
