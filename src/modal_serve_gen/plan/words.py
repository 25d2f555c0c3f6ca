"""What a plan says in sentences: whether it fits, why, and what else to know (pure)."""

from collections.abc import Iterator
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.models import Model
from modal_serve_gen.plan import overheads
from modal_serve_gen.plan.choice import Try, alternatives, smaller, wanted
from modal_serve_gen.plan.gpus import gpu_facts, region_multiplier
from modal_serve_gen.plan.workload import Workload

DISAGREE = 0.1  # by how much files and configuration may differ before a note says so


def spelled(gpu: str, count: int) -> str:
    """As --gpu takes it."""
    return gpu if count == 1 else f"{gpu}:{count}"


def verdict(chosen: Try) -> str:
    """In a word or two."""
    if chosen.fits:
        return "fits"
    if chosen.refusal:
        return "does not run"
    if chosen.holds:
        return "misses a target"
    return "does not fit" if chosen.memory.mid < chosen.memory.needed else "may not fit"


def reason(model: Model, asked: Workload, chosen: Try) -> str:
    """Why, with the figures and what would fit on the same GPU."""
    setup, space = chosen.setup, chosen.memory
    where = spelled(setup.gpu, setup.gpus)
    if chosen.refusal:
        return f"{model.id} does not run on {where}: {chosen.refusal}."
    want = f"one request of {setup.max_model_len:,} tokens"
    if asked.fixed or setup.max_num_seqs == 1:
        want += " needs"
    else:
        rest = setup.max_num_seqs - 1
        want += f" and {rest} of {facts.overheads().sizing.fill:.0%} of that need"
    lowered = not asked.fixed and (setup.max_model_len, setup.max_num_seqs) != wanted(model, asked)
    per = " per GPU" if setup.gpus > 1 else ""
    if chosen.fits:
        left = f"On {where}, {space.low:.1f} GiB{per} are left for the KV cache at least"
        return f"{left}; {want} {space.needed:.1f} GiB.{_kept(asked, chosen)}"
    if chosen.holds:
        return f"{model.id} on {where} misses a target: {'; '.join(chosen.missed)}."
    usable = gpu_facts(setup.gpu).usable_gib * space.utilization
    if space.mid <= 0:
        weights = next(line for line in space.lines if line.item == "weights")
        rest = sum(line.sized for line in space.lines) - weights.sized
        return (
            f"{model.id} does not fit {where}: weights of {weights.sized:.1f} GiB per GPU and {rest:.1f} GiB of "
            f"overheads leave no KV cache in {usable:.1f} GiB."
        )
    return (
        f"{model.id} {verdict(chosen)} {where}: {'even ' if lowered else ''}{want} {space.needed:.1f} GiB of KV cache"
        f"{per}; {space.mid:.1f} GiB are expected, {f'{space.low:.1f} are sure' if space.low > 0 else 'none is sure'}."
        f"{smaller(model, asked, chosen)}"
    )


def _kept(asked: Workload, chosen: Try) -> str:
    """That targets are likely to be kept, where there are any."""
    pace, rate = chosen.likely
    found = []
    if asked.time_per_output_token is not None:
        found.append(f"{pace:.1f} ms per output token with {chosen.requests} at once ({asked.time_per_output_token:g})")
    if asked.tokens_per_s is not None:
        found.append(f"{rate:,.0f} output tokens/s ({asked.tokens_per_s:,.0f})")
    return f" Likely, of what was asked: {', '.join(found)}." if found else ""


def notes(model: Model, asked: Workload, chosen: Try, others: list[Try]) -> Iterator[str]:
    """What else to know, one sentence or two each."""
    yield from _of_prices(asked, chosen, others)
    yield from _of_sizes(model, asked, chosen)
    yield from _of_gpus(chosen)
    yield from _of_throughput(asked, chosen, others)
    yield from _of_ways_out(model, asked, chosen, others)


def _of_prices(asked: Workload, chosen: Try, others: list[Try]) -> Iterator[str]:
    card, multiplier = gpu_facts(chosen.setup.gpu), region_multiplier(asked.region)
    yield f"Prices as read in {card.price_read}; CPU and memory are charged on top. Live: `modal billing rates`."
    prices = facts.regions().multipliers
    if multiplier == prices.narrow:
        broad = ", ".join(facts.regions().compute.broad)
        yield f"The region {asked.region} multiplies the price by {multiplier:g}; {broad} by {prices.broad:g}."
    cheaper = min((each for each in others if each.usd < chosen.usd), key=lambda each: each.usd, default=None)
    if cheaper and chosen.fits and asked.gpu is None:
        name = spelled(cheaper.setup.gpu, cheaper.setup.gpus)
        why = "is none of the GPUs that this workflow chooses from"
        if not cheaper.native:
            why = "computes these weights in another format"
        if cheaper.setup.gpus > 1 and not gpu_facts(cheaper.setup.gpu).nvlink:
            why = "has no NVLink between its cards"
        yield f"{name} costs less (${cheaper.usd:.2f}), but {why}; --gpu {name} takes it."


def _of_sizes(model: Model, asked: Workload, chosen: Try) -> Iterator[str]:
    setup, pinned = chosen.setup, facts.pins()[chosen.setup.engine].version
    version = asked.engine_version or pinned
    age = overheads.era(setup.engine, setup.version)
    known = "" if age.logged else f"; no log of {setup.engine} {version} was read, so the range is wider"
    yield f"The pool is sized by its low end{known}. The engine's boot log has the real figures."
    if asked.fixed:
        yield f"Taken as a set-up that is fixed: what was not given is the default of {setup.engine} {version}."
    if overheads.parse_version(version) > overheads.parse_version(pinned):
        yield f"{setup.engine} {version} is newer than any that was read here: the newest known rules are taken."
    if overheads.parse_version(version) < overheads.parse_version(pinned):
        yield f"{setup.engine} {pinned} serves {model.architecture}; whether {version} does was not checked."
    if abs(model.weight_factor - 1) > DISAGREE:
        yield (
            f"Its files are {model.weight_factor:.2g} times as large as its configuration describes: the plan goes by "
            "the files, and how they divide over several GPUs is a guess."
        )
    if model.weights_computed:
        yield f"The weights' size is an estimate: {model.weights_source}."
    if any(layer.window or layer.kind == "linear" for layer in model.layers):
        whole = chosen.memory.pool.request / 2**30
        yield (
            "Bytes per token are those of the layers that keep every token; a request of "
            f"{setup.max_model_len:,} tokens takes {whole:.2f} GiB, its windows and states included."
        )
    if setup.tp > 1 and any(layer.kind == "mla" for layer in model.layers):
        yield "Its latent KV cache lies on every GPU whole: tensor parallelism cuts the weights, not the cache."
    if setup.dp > 1:
        yield f"Each of the {setup.dp} replicas has a cache and requests of its own; tokens per second are of all."
    length, many = (model.max_context, setup.max_num_seqs) if asked.fixed else wanted(model, asked)
    if chosen.holds and setup.max_model_len < length and not asked.fixed:
        yield f"max_model_len was lowered from {length:,} to {setup.max_model_len:,} to fit."
    if chosen.holds and setup.max_num_seqs < many:
        yield f"max_num_seqs was lowered from {many} to {setup.max_num_seqs} to fit."


def _of_gpus(chosen: Try) -> Iterator[str]:
    setup, card = chosen.setup, gpu_facts(chosen.setup.gpu)
    if chosen.note:
        yield chosen.note
    if not card.usable_exact:
        yield f"No log that names {setup.gpu} was found: {card.usable_gib} GiB is a cautious guess."
    if not card.max_count_documented and setup.gpus > 1:
        yield f"Modal documents no limit for several {setup.gpu}; {setup.gpus} may be refused."
    if setup.gpus > 1 and not card.nvlink:
        yield f"{setup.gpu} cards have no NVLink: tensor parallelism over {setup.gpus} of them costs latency."
    if setup.gpus > 2:
        yield f"{setup.gpus} GPUs in one container usually wait longer for a place (Modal's GPU guide)."
    if setup.gpu in facts.gpu_aliases() and setup.gpu != "H100!":
        smaller_card = facts.gpu_aliases()[setup.gpu]
        yield f"Modal may give {setup.gpu} a larger card at the same price; the plan counts with {smaller_card}."


def _of_throughput(asked: Workload, chosen: Try, others: list[Try]) -> Iterator[str]:
    """Where tokens are cheaper, when they are the goal."""
    if asked.goal != "throughput" or not chosen.fits:
        return
    tokens = [each.bounds.usd_per_million(each.usd)[1] for each in (chosen, *others[:1])]  # the best is told first
    if tokens[-1] < tokens[0]:
        name = spelled(others[0].setup.gpu, others[0].setup.gpus)
        yield f"The GPU is the cheapest per hour; at the bounds, {name} makes cheaper tokens: --gpu {name} takes it."
    if chosen.memory.max_concurrency > 2 * chosen.setup.max_num_seqs:
        yield "The cache has room for more requests at once, which makes tokens cheaper: --concurrency raises them."


def _of_ways_out(model: Model, asked: Workload, chosen: Try, others: list[Try]) -> Iterator[str]:
    """A smaller copy of the model; what only a target rules out; several machines."""
    native = facts.quantization().formats["fp8"].native
    sibling = None if model.quantization else facts.fp8_sibling(model.id)
    if sibling and (not chosen.fits or gpu_facts(chosen.setup.gpu).compute_capability >= native):
        yield f"{sibling} is the same model in FP8, at half the size."
    if chosen.fits or others:
        return
    free = replace(asked, budget=None, time_per_output_token=None, tokens_per_s=None)
    if free != asked and (holding := alternatives(model, free, chosen)):
        found = holding[0]
        name = spelled(found.setup.gpu, found.setup.gpus)
        yield f"Without the targets, {name} holds it for ${found.usd:.2f} per hour."
    elif not chosen.holds:
        rule = facts.elsewhere()["nodes"]
        yield f"Where {rule.when}, {rule.instead}."
