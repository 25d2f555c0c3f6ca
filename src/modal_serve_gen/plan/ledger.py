"""The memory of one GPU, item by item, with a low, a middle and a high figure in GiB (pure).

The KV cache pool is what the engine may use, less these items. A plan is sized by the pool's low figure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from modal_serve_gen import facts
from modal_serve_gen.facts import Range
from modal_serve_gen.models import Model, weights
from modal_serve_gen.plan import sglang
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.overheads import GIB, activations, cuda_graphs, non_torch, release
from modal_serve_gen.plan.pools import Demand, Pool, pool

# GiB: differences in a GPU's reported memory between machines; tables that engines add to the weights at load.
SLACK_GIB, TABLES_GIB = 0.1, 0.1
# Fraction by which MXFP4 experts are larger where a kernel pads more: two sizes of gpt-oss were logged on H100.
PADDED = 0.03
HOPPER = 9
# Fraction of a draft that SGLang may share with its model: pools of Qwen3.6 27B are logged 0.7 GiB larger.
DRAFT_SHARED = 0.15
SGLANG_SCALE = 4  # bytes of a scale of FP4 experts beside FP8 (SGLang 0.5.14, quantization/fp8.py, create_weights)
OUTSIDE = ("activations", "cuda_graphs")  # lines that SGLang's static fraction has to leave memory for


@dataclass(frozen=True, slots=True)
class Line:
    """One item: GiB on each GPU, and where the figure comes from.

    A plan is sized by `sized`: the errors of different lines rarely add up, so each high figure is moved towards its
    middle until their total is the root of the sum of their squares.
    """

    item: str
    low: float
    mid: float
    high: float
    exact: bool  # False: an allowance or an estimate
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
    cache_bytes: float  # per element
    utilization: float | None
    extra_weight_bytes: int = 0
    vocabulary_bytes: int = 0  # of a draft's embedding and head, divided by tensor parallelism
    draft_layers: float = 0  # layers with a KV cache for speculation, in layers of the model's own size
    draft_tokens: int = 0  # tokens that one speculative step verifies
    sleep: bool = False  # vLLM's sleep mode, whose allocator keeps separate pools
    version: str | None = None  # of the engine; None: the pinned version
    pp: int = 1  # pipeline stages
    dp: int = 1  # replicas of attention, each with its own cache
    expert_parallel: bool = False
    eager: bool = False
    fixed: bool = False  # an existing setup: the engine's own default of what is not set
    state_slots: int | None = None  # SGLang's --max-mamba-cache-size

    @property
    def tp(self) -> int:
        return self.gpus // (self.pp * self.dp)


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one GPU: its lines, the share that the engine uses, and GiB that remain for the pool."""

    lines: tuple[Line, ...]
    utilization: float
    low: float
    mid: float
    high: float
    pool: Pool  # how the engine uses what remains

    @property
    def needed(self) -> float:
        """GiB that one full-length request and the others at the usual fill require."""
        return self.pool.needed / GIB

    @property
    def max_concurrency(self) -> float:
        """Full-length requests at once, by the low figure (the quotient that vLLM logs at start)."""
        return self.pool.concurrency(self.low * GIB)


def memory(model: Model, setup: Setup, fill: float | None = None) -> Memory:
    """The memory of the fullest of `setup.gpus` GPUs.

    `fill`: how full all requests but the longest are; 0 if a single request must fit, as for the engine itself.

    vLLM (0.33.0, v1/worker/gpu_worker.py): pool = total x utilization - weights - non-torch - activations - graphs.
    SGLang: pool = (total - non-torch) x fraction - weights; activations and graphs use the rest, so an app's fraction
    is chosen to leave enough of it. Of an existing setup it is the engine's default.
    """
    gpu, rules = gpu_facts(setup.gpu), release(setup.engine, setup.version).rules
    lines, below, above = _sized(tuple(_lines(model, setup)))
    if setup.engine == "sglang":
        utilization, free = _sglang_pool(model, setup, lines)
    else:
        utilization = setup.utilization or rules.utilization
        middle = gpu.usable_gib * utilization - sum(line.mid for line in lines)
        free = Range(middle - above, middle, middle + below)
    demand = Demand(
        length=setup.max_model_len,
        requests=setup.max_num_seqs,
        fill=facts.overheads().sizing.fill if fill is None else fill,
        tp=setup.tp,
        cache_bytes=setup.cache_bytes,
        in_flight=(rules.concurrent_batches if setup.pp == 1 else setup.pp) * setup.batched_tokens,
        draft_layers=setup.draft_layers,
        draft_tokens=setup.draft_tokens,
        pp=setup.pp,
        states=rules.states_required and any(layer.kind == "linear" for layer in model.layers),
        prefix_caching=rules.states_cached,
        flashinfer=gpu.compute_capability >= facts.pools().vllm.delta_net_kernel_from,
        version=setup.version,
        state_slots=setup.state_slots,
    )
    used = pool(setup.engine, model, demand, free.low * GIB)
    return Memory(lines, utilization, free.low, free.mid, free.high, used)


def _sized(lines: tuple[Line, ...]) -> tuple[tuple[Line, ...], float, float]:
    """The lines with `sized`, and how far their total may be below and above the sum of the middle figures."""
    above = [line.high - line.mid for line in lines]
    high = math.sqrt(sum(gib * gib for gib in above) + SLACK_GIB**2)
    low = SLACK_GIB + sum(line.mid - line.low for line in lines)  # no plan is sized by it
    factor = high / total if (total := sum(above)) else 0.0
    sized = (replace(line, sized=line.mid + gib * factor) for line, gib in zip(lines, above, strict=True))
    return tuple(sized), low, high


def _sglang_pool(model: Model, setup: Setup, lines: tuple[Line, ...]) -> tuple[float, Range]:
    """The static fraction, and the pool inside it."""
    free = _less(gpu_facts(setup.gpu).usable_gib, lines, "non_torch")
    fraction = setup.utilization
    if fraction is None and setup.fixed:
        fraction = sglang.default_fraction(
            model,
            setup.version,
            setup.gpu,
            tp=setup.tp,
            pp=setup.pp,
            chunk=setup.batched_tokens,
            speculates=setup.draft_tokens > 0,
        )
    if fraction is None:
        needed = sum(line.sized for line in lines if line.item in OUTSIDE)
        fraction = max(0.1, math.floor(100 * (1 - needed / free.low)) / 100)
    static = _less(0.0, lines, "weights", "adapters_and_drafts")
    reserved = sglang.release(setup.version).multimodal_gib if model.multimodal else 0.0
    return fraction, free.times(fraction) + static + Range(-reserved, -reserved, -reserved)


def _less(gib: float, lines: tuple[Line, ...], *items: str) -> Range:
    """`gib` less the lines of those items; the low end subtracts what the plan is sized by."""
    chosen = [line for line in lines if line.item in items]
    return Range(
        gib - sum(line.sized for line in chosen),
        gib - sum(line.mid for line in chosen),
        gib - sum(line.low for line in chosen),
    )


def _lines(model: Model, setup: Setup) -> Iterator[Line]:
    current = release(setup.engine, setup.version)
    ranks = setup.tp * setup.pp * (setup.dp if model.num_experts else 1)
    yield _weights(model, setup)
    if extra := setup.extra_weight_bytes + setup.vocabulary_bytes / setup.tp:
        gib = extra / GIB
        source = "adapter slots and the draft model's weights"
        shared = DRAFT_SHARED if setup.engine == "sglang" and setup.draft_tokens else 0
        yield Line("adapters_and_drafts", gib * (1 - shared), gib, gib, True, source)
    peak = activations(
        model,
        current,
        sequences=setup.max_num_seqs,
        tokens=setup.batched_tokens,
        tp=setup.tp,
        length=setup.max_model_len,
        replicas=setup.dp,
        whole_experts=setup.expert_parallel,
    )
    yield _allowance("activations", peak, current.rules.source)
    known = facts.overheads()
    yield _allowance(
        "cuda_graphs", cuda_graphs(model, current, ranks=ranks, eager=setup.eager), known.cuda_graphs.source
    )
    if setup.engine == "sglang":
        context = known.before_sglang
        yield _allowance("non_torch", context.one_gpu if ranks == 1 else context.several_gpus, context.source)
    else:
        replicas = setup.dp if model.num_experts else 1
        outside = non_torch(setup.gpu, current, ranks=ranks, replicas=replicas, eager=setup.eager)
        yield _allowance("non_torch", outside, known.non_torch.source)
    if setup.sleep:
        yield _allowance("sleep_mode", known.sleep.memory, known.sleep.source, least=-math.inf)


def _allowance(item: str, gib: Range, source: str, least: float = 0.0) -> Line:
    return Line(item, max(least, gib.low), gib.mid, gib.high, False, f"allowance: {source}")


def _experts_over(model: Model, setup: Setup) -> float:
    """The number of parts that the experts are split into, of which each GPU holds one: the ranks of all data-parallel
    replicas together, or with expert parallelism complete experts (vLLM 0.33.0, layers/fused_moe/config.py,
    FusedMoEParallelConfig.make)."""
    ranks = setup.tp * setup.dp
    if setup.expert_parallel and model.num_experts:
        return model.num_experts / math.ceil(model.num_experts / ranks)
    return ranks


def _weights(model: Model, setup: Setup) -> Line:
    """The weights on the fullest GPU; a size that is not exact may be larger by its margin."""

    def placed(fp4_scale_bytes: float) -> float:
        size = weights.per_gpu(
            model.sizes,
            model.weight_factor,
            tp=setup.tp,
            pp=setup.pp,
            experts_over=_experts_over(model, setup),
            capability=gpu_facts(setup.gpu).compute_capability,
            fp4_scale_bytes=fp4_scale_bytes,
            expert_multiple=release(setup.engine, setup.version).rules.expert_multiple,
        )
        return size / GIB

    gib = least = most = placed(1)
    # SGLang loads such scales in float32; some kernels keep a smaller copy instead or as well.
    if setup.engine == "sglang" and any(weight.fp4_beside_fp8 for weight in model.sizes.weights):
        gib, most = placed(SGLANG_SCALE), placed(SGLANG_SCALE + 2)
    low = least * (1 - model.weight_margin)
    if model.quantization == "mxfp4" and int(gpu_facts(setup.gpu).compute_capability) == HOPPER:
        gib *= 1 + release(setup.engine, setup.version).rules.mxfp4_padding
    high = most * (1 + model.weight_margin + (PADDED if model.quantization == "mxfp4" else 0)) + TABLES_GIB
    source = model.weights_source
    if setup.gpus > 1:
        source = f"{source}, split over {setup.gpus} GPUs"
    return Line("weights", low, gib, high, model.weights_exact and setup.gpus == 1, source)
