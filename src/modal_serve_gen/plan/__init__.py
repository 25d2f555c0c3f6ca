"""Plan a model for a workload: the memory ledger, the GPU, the limits and the price (pure)."""

import math
from collections.abc import Sequence
from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.errors import DoesNotFit
from modal_serve_gen.models import Model
from modal_serve_gen.plan import host, messages, offers
from modal_serve_gen.plan.batch import batch_record, sized_for_batch
from modal_serve_gen.plan.boot_log import BootLog
from modal_serve_gen.plan.candidates import Candidate
from modal_serve_gen.plan.choice import alternatives, choose
from modal_serve_gen.plan.demands import check_demand
from modal_serve_gen.plan.gpus import HOURS_A_MONTH, gpu_facts, gpu_option, parse_gpu, region_multiplier
from modal_serve_gen.plan.load import load_record, others_that_fit, sized_for_load, unsized
from modal_serve_gen.plan.measured import measured_record
from modal_serve_gen.plan.offer_text import budget_text
from modal_serve_gen.plan.records import (
    Alternative,
    Budget,
    KvCache,
    Note,
    Offer,
    Plan,
    PlanBounds,
    Requested,
    Row,
    Sibling,
)
from modal_serve_gen.plan.start import missed_start, start_of
from modal_serve_gen.plan.workload import Workload, check

__all__ = [
    "HOURS_A_MONTH",
    "Alternative",
    "KvCache",
    "Note",
    "Offer",
    "Plan",
    "PlanBounds",
    "Requested",
    "Row",
    "Workload",
    "parse_gpu",
    "plan",
    "require_fit",
]


def plan(model: Model, workload: Workload, *, others: bool = True, copies: Sequence[Model] = ()) -> Plan:
    """The cheapest GPU and count that hold the model and the workload, and meet its targets.

    A fixed setup is planned as it is. `others` False leaves out the alternatives. `copies`: the same model in other
    formats, of which the smaller ones are planned as well. "Hold" means that the low figure of
    the KV cache pool has space for one request of max_model_len and max_num_seqs - 1 requests of the share of it that
    facts/overheads.toml names (`fill`). Lengths and concurrencies that the workload leaves open are halved before a
    GPU counts as too small. A model that does not fit gets a Plan too (`fits` False; `reason` says what would).
    Raises BadInput for values that no GPU can satisfy.
    """
    check(model, workload)
    check_demand(model, workload)
    if workload.prompts is not None:
        return _plan_for_batch(model, workload, copies)
    if workload.has_load:
        return _plan_for_load(model, workload, copies)
    chosen = choose(model, workload)
    return _plan(chosen, alternatives(chosen) if others else [], offers.siblings(chosen, copies), offers.budget(chosen))


def require_fit(plan: Plan) -> Plan:
    """`plan` if it fits; otherwise raises DoesNotFit with the complete plan in `details`."""
    if plan.fits:
        return plan
    if plan.alternatives:
        best = plan.alternatives[0]
        remedy = f"Try --gpu {gpu_option(best.gpu, best.gpus)} (${best.usd_per_hour:.2f} per hour)."
    elif plan.verdict == "misses a target":
        remedy = "Relax the target, or choose a smaller or quantized model."
    else:
        remedy = "Choose a smaller or quantized model, a shorter --max-model-len or a lower --concurrency."
    if plan.siblings:
        best_copy = plan.siblings[0]
        hub = "" if best_copy.revision else ", and needs the Hub for its commit"
        where = f"{gpu_option(best_copy.gpu, best_copy.gpus)} for ${best_copy.usd_per_hour:.2f} per hour"
        remedy = (
            f"{remedy[:-1]}, or {best_copy.model}, the same model in {best_copy.quantization}, which fits {where}{hub}."
        )
    raise DoesNotFit(plan.reason, remedy, details=plan.model_dump(mode="json"))


def _plan_for_load(model: Model, workload: Workload, copies: Sequence[Model]) -> Plan:
    """The plan of the GPU on which the load costs least, with the best count of every other GPU as alternatives."""
    sized = sized_for_load(model, workload)
    if not sized:
        closest = unsized(model, workload)
        return _plan(closest, [], offers.siblings(closest, copies))
    best, options = sized[0], [sized[place] for place in others_that_fit([each.candidate for each in sized])]
    copied = offers.siblings_for_load(model, workload, copies)
    plan = _plan(best.candidate, [option.candidate for option in options], copied)
    return plan.model_copy(update={"load": load_record(best, options)})


def _plan_for_batch(model: Model, workload: Workload, copies: Sequence[Model]) -> Plan:
    """The plan of the GPU on which the batch costs least, with the best count of every other GPU as alternatives."""
    sized = sized_for_batch(model, workload)
    if not sized:
        closest = unsized(model, workload)
        return _plan(closest, [], offers.siblings(closest, copies))
    best, options = sized[0], [sized[place] for place in others_that_fit([each.candidate for each in sized])]
    plan = _plan(best.candidate, [option.candidate for option in options], ())
    return plan.model_copy(update={"batch": batch_record(best, options)})


def _plan(
    chosen: Candidate, others: list[Candidate], siblings: tuple[Sibling, ...], budget: Budget | None = None
) -> Plan:
    start = start_of(chosen)
    if late := missed_start(chosen, start):
        chosen, others = replace(chosen, demand_missed=(*chosen.demand_missed, *late)), []
    model, workload, setup, memory = chosen.model, chosen.workload, chosen.setup, chosen.memory
    length, sequences = chosen.requested
    return Plan(
        model=model.id,
        revision=model.revision,
        engine=setup.engine,
        engine_version=workload.engine_version or facts.pins()[setup.engine].version,
        gpu=setup.gpu,
        gpus=setup.gpus,
        tensor_parallel_size=setup.tp,
        pipeline_parallel_size=setup.pp,
        data_parallel_size=setup.dp,
        fits=chosen.fits,
        verdict=messages.verdict(chosen),
        reason=messages.reason(chosen) + (f" {budget_text(chosen, budget)}" if budget else ""),
        requested=Requested(max_model_len=length, max_num_seqs=sequences),
        budget=budget,
        measured=measured_record(chosen.model, workload, setup),
        lowered=messages.lowered(chosen),
        dtype="half" if chosen.support.float16 else "auto",
        max_model_len=setup.max_model_len,
        max_num_seqs=setup.max_num_seqs,
        max_num_batched_tokens=setup.batched_tokens,
        gpu_memory_utilization=memory.utilization,
        ledger=_rows(chosen),
        kv_cache=KvCache(
            dtype=workload.kv_cache_dtype or "auto",
            bytes_per_token=memory.pool.per_token,
            bytes_per_request=memory.pool.request,
            gib=round(memory.mid, 2),
            gib_low=round(memory.low, 2),
            gib_high=round(memory.high, 2),
            tokens=int(memory.max_concurrency * setup.max_model_len),
            max_concurrency=round(memory.max_concurrency, 2),
            state_slots=memory.pool.state_slots,
        ),
        start=start,
        startup_timeout_s=_startup_timeout(model.weight_bytes + workload.extra_weight_bytes, workload.boot_log),
        usd_per_hour=chosen.usd_per_hour,
        usd_per_month=round(chosen.usd_per_hour * HOURS_A_MONTH),
        region_multiplier=region_multiplier(workload.region),
        price_date=gpu_facts(setup.gpu).price_read,
        host_cache=host.host_cache(workload, model.layers, setup, memory),
        bounds=_bounds(chosen),
        alternatives=tuple(other.alternative() for other in others),
        siblings=siblings,
        notes=tuple(messages.notes(chosen, others, siblings)),
    )


def _rows(chosen: Candidate) -> tuple[Row, ...]:
    """The ledger: the weights, the pool that remains, and everything else."""
    memory, known = chosen.memory, gpu_facts(chosen.setup.gpu)
    rows = [
        Row(
            item=line.item,
            gib=round(line.mid, 2),
            gib_sized=round(line.sized, 2),
            exact=line.exact,
            source=line.source,
        )
        for line in memory.lines
    ]
    source = f"{known.usable_gib} GiB usable ({known.usable_source}) at {memory.utilization}, less the other rows"
    logged = chosen.workload.boot_log is not None
    pool = Row(
        item="kv_cache",
        gib=round(memory.mid, 2),
        gib_sized=round(memory.low, 2),
        exact=logged,
        source="startup log" if logged else source,
    )
    return (rows[0], pool, *rows[1:])


def _startup_timeout(weight_bytes: int, log: BootLog | None) -> int:
    """Seconds, in whole minutes: start-up work, and reading all weights at the slow rate of facts/overheads.toml; at
    least twice what a start took."""
    rule = facts.overheads().startup
    seconds = rule.base_s + weight_bytes / 1e9 / rule.read_gb_per_s
    if log:
        seconds = max(seconds, 2 * ((log.load_s or 0) + (log.init_s or 0)))
    return max(rule.least_s, math.ceil(seconds / 60) * 60)


def _bounds(chosen: Candidate) -> PlanBounds:
    speed, usd, workload = chosen.bounds, chosen.usd_per_hour, chosen.workload
    prompt, output = speed.usd_per_million(usd)
    return PlanBounds(
        context_tokens=speed.context,
        requests=speed.requests,
        time_per_output_token_ms_one_request=round(1000 * speed.time_per_output_token_one_s, 2),
        time_per_output_token_ms_all_requests=round(1000 * speed.time_per_output_token_all_s, 2),
        decode_tokens_per_s_one_request=round(1 / speed.time_per_output_token_one_s, 1),
        decode_tokens_per_s_all_requests=round(speed.output_tokens_per_s, 1),
        prefill_tokens_per_s=round(speed.prefill_tokens_per_s),
        time_to_first_token_ms=round(1000 * speed.time_to_first_token_s, 1),
        usd_per_million_prompt_tokens=round(prompt, 4),
        usd_per_million_output_tokens=round(output, 4),
        usd_per_idle_window=round(usd * workload.scaledown_window / 3600, 4),
        idle_window_s=workload.scaledown_window,
        usd_per_hour_min_containers=round(usd * workload.min_containers, 2),
        usd_per_hour_max_containers=round(usd * workload.max_containers, 2) if workload.max_containers else None,
    )
