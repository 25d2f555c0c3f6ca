"""What fills a GPU's memory, line by line: each line a low, a middle and a high figure in GiB (pure).

The pool for the KV cache is what the engine may take, less these lines. A plan is sized by the high figures.
"""

import math
from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.gpus import gpu_facts
from modal_serve_gen.model import Model
from modal_serve_gen.pools import Demand, Pool, pool

GIB = 2**30
ENDS = ("low", "mid", "high")


@dataclass(frozen=True, slots=True)
class Line:
    """One item: GiB on each GPU, whether it is known rather than allowed for, and where the figure comes from."""

    item: str
    low: float
    mid: float
    high: float
    exact: bool
    source: str


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


def batched_tokens(gpu: str) -> int:
    """The server's own max_num_batched_tokens on this GPU, by the memory it reports."""
    usable, name = gpu_facts(gpu)["usable_gib"], facts.gpu_aliases().get(gpu, gpu)
    rows = facts.overheads()["batched_tokens"]["rows"]
    return next(row["tokens"] for row in rows if usable >= row["at_least_gib"] and name not in row.get("not", ()))


def memory(model: Model, setup: Setup) -> Memory:
    """The memory of one of `setup.gpus` GPUs, the model cut over all of them.

    vLLM (0.33.0, v1/worker/gpu_worker.py): pool = total x utilisation - weights - non-torch - activations - graphs.
    SGLang: pool = (total - non-torch) x fraction - weights; activations and graphs live in the rest, so the fraction is
    chosen to leave them room.
    """
    known, usable = facts.overheads(), gpu_facts(setup.gpu)["usable_gib"]
    lines = tuple(_lines(model, setup, known))
    if setup.engine == "sglang":
        share, left = _sglang_left(lines, usable, setup.utilization)
    else:
        share = setup.utilization or known["utilization"]["default"]
        left = {end: usable * share - sum(getattr(line, end) for line in lines) for end in ENDS}
    demand = Demand(
        length=setup.max_model_len,
        requests=setup.max_num_seqs,
        fill=known["sizing"]["fill"],
        tp=setup.gpus,
        cache_bytes=setup.cache_bytes,
        in_flight=known["sizing"]["concurrent_batches"] * setup.batched_tokens,
        draft_layers=setup.draft_layers,
        draft_tokens=setup.draft_tokens,
    )
    used = pool(setup.engine, model, demand, left["low"] * GIB)
    return Memory(lines, share, left["high"], left["mid"], left["low"], used)


def _sglang_left(lines: tuple[Line, ...], usable: float, asked: float | None) -> tuple[float, dict[str, float]]:
    """The static fraction and what is left inside it; a fraction that leaves too little outside is charged for it."""

    def total(end: str, *items: str) -> float:
        return sum(getattr(line, end) for line in lines if line.item in items)

    free = {end: usable - total(end, "non_torch") for end in ENDS}
    outside = total("high", "activations", "cuda_graphs")
    share = asked or max(0.1, math.floor(100 * (1 - outside / free["high"])) / 100)
    short = max(0.0, outside - free["high"] * (1 - share))
    return share, {end: free[end] * share - short - total(end, "weights", "adapters_and_drafts") for end in ENDS}


def _lines(model: Model, setup: Setup, known: dict):
    yield _weights(model, setup, known)
    if setup.extra_weight_bytes:
        extra = setup.extra_weight_bytes / GIB
        yield Line("adapters_and_drafts", extra, extra, extra, True, "slots for the adapters, weights of the draft")
    yield _activations(model, setup, known["activations"])
    graphs = known["cuda_graphs"]
    yield Line("cuda_graphs", *_range(graphs["captured"]), False, f"allowance: {graphs['source']}")
    part = known["non_torch"]
    context = part["one_gpu" if setup.gpus == 1 else "several_gpus"]
    yield Line("non_torch", *_range(context), False, f"allowance: {part['source']}")


def _range(table: dict) -> tuple[float, float, float]:
    return table["low"], table["mid"], table["high"]


def _weights(model: Model, setup: Setup, known: dict) -> Line:
    """weights / tp, and what every rank holds again; a size that is not exact may be larger by its margin."""
    share = model.weight_bytes / setup.gpus / GIB
    copies = known["sizing"]["copies_tp"] if setup.gpus > 1 else 0.0
    high = share * (1 + model.weight_margin) * (1 + copies)
    mid = share * (1 + model.weight_margin / 2) * (1 + copies / 2)
    exact = model.weights_exact and setup.gpus == 1
    return Line("weights", share, mid, high, exact, f"{model.weights_source}, divided by {setup.gpus}")


def _activations(model: Model, setup: Setup, allowance: dict) -> Line:
    """The peak of the profiling pass: the sampler's float32 logits or one layer's forward pass, whichever is larger."""
    logits = setup.max_num_seqs * model.vocab_size * 4 / GIB
    widest = max(model.shard_sizes, default=4 * model.hidden_size)
    experts = model.experts_per_token or 1
    row = 2 * (4 * model.hidden_size + experts * (model.hidden_size + 3 * widest / setup.gpus))
    layer = setup.batched_tokens * row / GIB
    ends = []
    for end in ENDS:
        peak = max(logits * allowance["sampler_copies"][end], layer * allowance["forward_copies"][end])
        peak += allowance["base"][end] + (allowance["multimodal"][end] if model.multimodal else 0)
        ends.append(peak + (allowance["linear"][end] if any(x.kind == "linear" for x in model.layers) else 0))
    return Line("activations", *ends, False, f"allowance: {allowance['source']}")
