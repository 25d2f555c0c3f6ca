"""A plan in sentences: its verdict, the reason, and notes (pure)."""

from collections.abc import Iterator
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.plan import host, offer_text, overheads
from modal_serve_gen.plan.candidates import Candidate
from modal_serve_gen.plan.choice import alternatives, smaller_options
from modal_serve_gen.plan.gpus import gpu_facts, gpu_option, region_multiplier
from modal_serve_gen.plan.measured import far_off
from modal_serve_gen.plan.records import Note, NoteKind, Sibling, Verdict

MISMATCH = 0.1  # relative difference of files and configuration from which a note reports it


def verdict(chosen: Candidate) -> Verdict:
    if chosen.fits:
        return "fits"
    if chosen.refusal:
        return "does not run"
    if chosen.holds:
        return "misses a target"
    return "does not fit" if chosen.memory.mid < chosen.memory.needed else "may not fit"


def reason(chosen: Candidate) -> str:
    """Why the plan has its verdict, with figures, and what would fit on the same GPU."""
    setup, memory, model_id = chosen.setup, chosen.memory, chosen.model.id
    where = gpu_option(setup.gpu, setup.gpus)
    per_gpu = " per GPU" if setup.gpus > 1 else ""
    if chosen.refusal:
        return f"{model_id} does not run on {where}: {chosen.refusal}."
    if chosen.fits:
        leaves = "left" if chosen.workload.boot_log else "leaves at least"
        return (
            f"{where} {leaves} {memory.low:.1f} GiB{per_gpu} for the KV cache, which requires "
            f"{_requirement(chosen)}.{_met_targets(chosen)}"
        )
    if chosen.holds:
        return f"{model_id} on {where} misses a target: {'; '.join(target.text for target in chosen.missed)}."
    if memory.mid <= 0:
        return f"{model_id} does not fit on {where}: {_without_cache(chosen)}."
    certain = f"at least {memory.low:.1f} GiB" if memory.low > 0 else "possibly none"
    options, even = smaller_options(chosen), "even with lowered limits, " if lowered(chosen) else ""
    return (
        f"{model_id} {verdict(chosen)} on {where}: {even}the KV cache "
        f"requires {_requirement(chosen)}; about {memory.mid:.1f} GiB{per_gpu} are available, {certain}."
        f"{' It would fit with ' + ' or '.join(options) + '.' if options else ''}"
    )


def lowered(chosen: Candidate) -> tuple[str, ...]:
    """What is below the requested size, such as "2 of 32 requests at once". Nothing for what does not run at all."""
    if chosen.refusal:
        return ()
    (length, sequences), (wanted_length, wanted) = chosen.size, chosen.requested
    requests = [f"{sequences} of {wanted} requests at once"] if sequences < wanted else []
    shorter = [f"{length:,} of {wanted_length:,} tokens per request"] if length < wanted_length else []
    return (*requests, *shorter)


def _requirement(chosen: Candidate) -> str:
    """GiB of KV cache that the requests require."""
    length, sequences = chosen.size
    needed, fill = f"{chosen.memory.needed:.1f} GiB", facts.overheads().sizing.fill
    if (states := chosen.memory.pool.states) is not None:
        return f"{needed} for the states of {states:,} sequences (--max-num-seqs), a block for each"
    if chosen.workload.fixed or sequences == 1:
        return f"{needed} for one request of {length:,} tokens"
    share = "a quarter" if fill == 0.25 else f"{fill:.0%}"
    return f"{needed} for {sequences} requests: one at {length:,} tokens, {sequences - 1} at {share} of that"


def _without_cache(chosen: Candidate) -> str:
    lines, setup = chosen.memory.lines, chosen.setup
    usable = gpu_facts(setup.gpu).usable_gib * chosen.memory.utilization
    weights = next(line.sized for line in lines if line.item == "weights")
    rest = sum(line.sized for line in lines) - weights
    taken = f"weights ({weights:.1f} GiB per GPU) and overheads ({rest:.1f} GiB)"
    return f"{taken} leave none of {usable:.1f} GiB for a KV cache"


def _met_targets(chosen: Candidate) -> str:
    """The estimates for the targets that are met."""
    workload, sentences = chosen.workload, ""
    if workload.time_per_output_token is not None:
        sentences += (
            f" Estimated time per output token at {chosen.requests} concurrent requests: "
            f"{chosen.estimated_ms_per_token:.1f} ms (target {workload.time_per_output_token:g})."
        )
    if workload.tokens_per_s is not None:
        sentences += (
            f" Estimated throughput: {chosen.estimated_tokens_per_s:,.0f} output tokens/s "
            f"(target {workload.tokens_per_s:,.0f})."
        )
    return sentences


def notes(chosen: Candidate, others: list[Candidate], siblings: tuple[Sibling, ...]) -> Iterator[Note]:
    """Everything else to know, with one or two sentences in each note."""
    groups: tuple[tuple[NoteKind, Iterator[str]], ...] = (
        ("price", _price_notes(chosen, others)),
        ("version", _version_notes(chosen)),
        ("size", _weight_notes(chosen)),
        ("size", _cache_notes(chosen)),
        ("limit", _limit_notes(chosen)),
        ("limit", _snapshot_notes(chosen)),
        ("gpu", _gpu_notes(chosen)),
        ("throughput", _throughput_notes(chosen, others)),
        ("sibling", (offer_text.sibling_note(chosen, sibling) for sibling in siblings)),
        ("alternative", _alternative_notes(chosen, others)),
    )
    for kind, texts in groups:
        yield from (Note(kind=kind, text=text) for text in texts)


def _price_notes(chosen: Candidate, others: list[Candidate]) -> Iterator[str]:
    date, workload = gpu_facts(chosen.setup.gpu).price_read, chosen.workload
    yield f"GPU prices as of {date}; CPU and memory are billed in addition. Current prices: `modal billing rates`."
    multiplier, prices = region_multiplier(workload.region), facts.regions().multipliers
    if multiplier == prices.narrow:
        broad = ", ".join(facts.regions().compute.broad)
        yield f"The region {workload.region} multiplies the price by {multiplier:g}; {broad} by {prices.broad:g}."
    usd = chosen.usd_per_hour
    cheaper = min((x for x in others if x.usd_per_hour < usd), key=lambda x: x.usd_per_hour, default=None)
    if cheaper and chosen.fits and workload.gpu is None:
        gpu = gpu_option(cheaper.setup.gpu, cheaper.setup.gpus)
        price = f"${cheaper.usd_per_hour:.2f} per hour"
        yield f"{gpu} costs less ({price}), but {_why_not(cheaper)}; select it with --gpu {gpu}."


def _why_not(cheaper: Candidate) -> str:
    """Why a cheaper candidate is not chosen by default."""
    if cheaper.setup.gpus > 1 and not gpu_facts(cheaper.setup.gpu).nvlink:
        return "its GPUs have no NVLink"
    if not cheaper.support.native:
        return "has no native support for the format of these weights"
    return "is not among the default GPUs of this workflow"


def _version_notes(chosen: Candidate) -> Iterator[str]:
    engine = chosen.setup.engine
    pinned = facts.pins()[engine].version
    version = chosen.workload.engine_version or pinned
    logged = overheads.release(engine, chosen.setup.version).logged
    if chosen.workload.boot_log:
        yield "Weights and KV cache are those of the startup log; limits that differ from it change them as estimated."
        if far := far_off(chosen.model, chosen.workload, chosen.setup):
            yield (
                f"The log has a pool of {far.pool_gib:.1f} GiB where {far.pool_gib_estimated:.1f} GiB were estimated: "
                "make sure that GPU and flags are those of the log."
            )
        if version != pinned:
            yield f"The log is of {engine} {version}; a new app pins {pinned}, whose figures may differ."
        return
    wider = "" if logged else f", which is wide because no startup log of {engine} {version} was available"
    yield f"The plan uses the low end of the KV cache range{wider}. The engine's startup log has the actual figures."
    if chosen.workload.fixed:
        yield f"Planned as an existing setup: limits that are not set have the defaults of {engine} {version}."
    if overheads.parse_version(version) > overheads.parse_version(pinned):
        yield f"{engine} {version} is newer than {pinned}, the newest release that this plan has rules for."
    if overheads.parse_version(version) < overheads.parse_version(pinned):
        yield f"{engine} {pinned} serves {chosen.model.architecture}; support in {version} was not checked."


def _weight_notes(chosen: Candidate) -> Iterator[str]:
    model = chosen.model
    if model.assumed:
        yield (
            f"The Hub was not asked about {model.id} at {model.revision[:12]}: this is the bundled configuration, of "
            "another commit. Preflight fails if the commit does not exist."
        )
    if chosen.workload.boot_log:
        return
    if abs(model.weight_factor - 1) > MISMATCH:
        yield (
            f"The files are {model.weight_factor:.2g} times as large as the configuration implies: the plan uses the "
            "size of the files, and their split over several GPUs is a guess."
        )
    if model.unread:
        yield (
            f"The configuration states {', '.join(model.unread)}, which this plan does not read: the range of the "
            "weights is wider, and the engine's startup log decides."
        )
    if model.weights_computed:
        yield f"The size of the weights is an estimate ({model.weights_source})."


def _cache_notes(chosen: Candidate) -> Iterator[str]:
    setup, layers = chosen.setup, chosen.model.layers
    if any(layer.window or layer.kind == "linear" for layer in layers):
        gib = chosen.memory.pool.request / 2**30
        yield (
            "Bytes per token cover only the layers that keep every token; with sliding windows and recurrent states, a "
            f"request of {setup.max_model_len:,} tokens takes {gib:.2f} GiB."
        )
    if setup.tp > 1 and any(layer.kind == "mla" for layer in layers):
        yield "Each GPU holds the complete latent KV cache: tensor parallelism splits the weights, not the cache."
    if (running := chosen.memory.pool.running) is not None and chosen.workload.fixed:
        yield f"SGLang runs at most {running} of {setup.max_num_seqs} requests at once: it has states for no more."
    if setup.engine == "sglang" and chosen.workload.fixed and chosen.memory.max_concurrency < 1:
        tokens = int(chosen.memory.max_concurrency * setup.max_model_len)
        yield f"SGLang starts, and limits requests to its pool: about {tokens:,} of {setup.max_model_len:,} tokens."
    dtype = chosen.workload.kv_cache_dtype or ""
    if dtype.startswith("fp8") and any(layer.attends and not layer.row_bytes for layer in layers):
        yield (
            f"A KV cache in {dtype} is less exact: most checkpoints have no scales for it, so that the engine takes 1. "
            "Compare answers to long prompts with those of a 16-bit cache."
        )
    yield from host.notes(chosen.workload, layers, setup, chosen.memory)
    if setup.dp > 1:
        yield f"Each of the {setup.dp} replicas has its own KV cache and requests; tokens per second are their sum."


def _limit_notes(chosen: Candidate) -> Iterator[str]:
    setup = chosen.setup
    length, sequences = chosen.requested
    if chosen.holds and setup.max_model_len < length:
        yield f"max_model_len was lowered from {length:,} to {setup.max_model_len:,} to fit."
    if chosen.holds and setup.max_num_seqs < sequences:
        yield f"max_num_seqs was lowered from {sequences} to {setup.max_num_seqs} to fit."


def _snapshot_notes(chosen: Candidate) -> Iterator[str]:
    weights, most = chosen.model.weight_bytes / 2**30, facts.overheads().sleep.worth_below_gib
    if chosen.workload.sleep and weights >= most:
        yield f"A snapshot does not speed up reading {weights:.0f} GiB of weights, which is most of this model's start."


def _gpu_notes(chosen: Candidate) -> Iterator[str]:
    setup, gpu = chosen.setup, gpu_facts(chosen.setup.gpu)
    if chosen.support.remarks:
        yield " ".join(chosen.support.remarks)
    if not gpu.usable_exact:
        yield f"The memory of {setup.gpu}, {gpu.usable_gib} GiB, is a cautious estimate: no startup log was available."
    if not gpu.max_count_documented and setup.gpus > 1:
        yield f"Modal does not document how many {setup.gpu} a container can have; it may reject {setup.gpus}."
    if setup.gpus > 1 and not gpu.nvlink:
        yield f"{setup.gpu} has no NVLink: tensor parallelism over {setup.gpus} GPUs adds latency."
    if setup.gpus > 2:
        yield f"Containers with {setup.gpus} GPUs usually wait longer for capacity (Modal's GPU guide)."
    if setup.gpu in facts.gpu_aliases() and setup.gpu != "H100!":
        smaller = facts.gpu_aliases()[setup.gpu]
        yield f"Modal may upgrade {setup.gpu} to a larger GPU at the same price; the plan assumes {smaller}."


def _throughput_notes(chosen: Candidate, others: list[Candidate]) -> Iterator[str]:
    """With throughput as the goal: where tokens cost less."""
    if chosen.workload.goal != "throughput" or not chosen.fits:
        return
    prices = [x.bounds.usd_per_million(x.usd_per_hour)[1] for x in (chosen, *others[:1])]  # others: cheapest first
    if prices[-1] < prices[0]:
        gpu = gpu_option(others[0].setup.gpu, others[0].setup.gpus)
        yield f"This GPU is the cheapest per hour; at the bounds, {gpu} is cheaper per token (--gpu {gpu})."
    if chosen.memory.max_concurrency > 2 * chosen.setup.max_num_seqs:
        yield "The cache can hold more concurrent requests, which lowers the price per token: raise --concurrency."


def _alternative_notes(chosen: Candidate, others: list[Candidate]) -> Iterator[str]:
    """GPUs that only a target excludes, several machines."""
    workload = chosen.workload
    if chosen.fits or others:
        return
    without_targets = replace(workload, budget=None, time_per_output_token=None, tokens_per_s=None)
    if without_targets != workload and (holding := alternatives(chosen, without_targets)):
        gpu = gpu_option(holding[0].setup.gpu, holding[0].setup.gpus)
        yield f"Without the targets, {gpu} fits for ${holding[0].usd_per_hour:.2f} per hour."
    elif not chosen.holds:
        rule = facts.elsewhere()["nodes"]
        yield f"If {rule.when}, {rule.instead}."
