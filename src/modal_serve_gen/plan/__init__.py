"""Model + Workload -> Plan: the memory ledger, the GPU, the limits and the price (pure)."""

import math
from typing import Any

from pydantic import BaseModel, ConfigDict

from modal_serve_gen import facts
from modal_serve_gen.errors import DoesNotFit
from modal_serve_gen.models import Model
from modal_serve_gen.plan import words
from modal_serve_gen.plan.choice import Try, alternatives, choose
from modal_serve_gen.plan.gpus import gpu_facts, parse_gpu, region_multiplier
from modal_serve_gen.plan.workload import Workload, check

__all__ = ["KvCache", "Plan", "Row", "Workload", "parse_gpu", "plan", "require_fit"]


HOURS_A_MONTH = 730


class Row(BaseModel):
    """One line of the ledger: GiB on each GPU."""

    model_config = ConfigDict(frozen=True)

    item: str
    gib: float  # the middle figure; the rows add up to what the engine may take
    gib_sized: float  # what the plan is sized by; for kv_cache the low figure that is left
    exact: bool  # False: an allowance or an estimate
    source: str


class KvCache(BaseModel):
    """The pool for the KV cache on each GPU, and what it holds."""

    model_config = ConfigDict(frozen=True)

    dtype: str
    bytes_per_token: float  # of one more token, per GPU
    bytes_per_request: float  # one request of max_model_len as the engine counts it, per GPU
    gib: float  # what remains by the middle figures
    gib_low: float  # what the plan is sized by
    gib_high: float
    tokens: int  # of full-length requests, by gib_low
    max_concurrency: float  # full-length requests at once, by gib_low
    state_slots: int | None = None  # for linear attention, where the engine's own share would be too small


class Plan(BaseModel):
    """The answer, with the JSON keys of `modal-serve-gen plan --json`. Memory is GiB per GPU."""

    model_config = ConfigDict(frozen=True)

    model: str
    revision: str
    engine: str
    engine_version: str
    gpu: str  # Modal's name, without the count
    gpus: int
    tensor_parallel_size: int
    fits: bool
    verdict: str  # fits, may not fit, does not fit, does not run, misses a target
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
    usd_per_month: float  # the same, always on
    region_multiplier: float
    price_date: str
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    bounds: dict[str, int | float]
    alternatives: tuple[dict[str, Any], ...]  # as choice.Try.brief says, best first
    notes: tuple[str, ...]


def plan(model: Model, workload: Workload, *, others: bool = True) -> Plan:
    """The cheapest GPU and count that hold the model, one full-length request and the asked concurrency, and keep the
    workload's targets. A fixed set-up is taken as it is. `others` False leaves out alternatives.

    "Hold" means, by the low figure of the pool: one request of max_model_len, and the other max_num_seqs - 1 each at
    the share of it that facts/overheads.toml names (`fill`). Lengths and concurrencies that were not asked for are
    halved before a GPU counts as too small. A plan that does not fit is a Plan too (`fits` False, `reason` says what
    would). Raises BadInput for values that make no sense on any GPU.
    """
    check(model, workload)
    chosen = choose(model, workload)
    return _written(model, workload, chosen, alternatives(model, workload, chosen) if others else [])


def require_fit(plan: Plan) -> Plan:
    """`plan` when it fits; raises DoesNotFit with the whole plan in `details` when it does not."""
    if plan.fits:
        return plan
    if plan.alternatives:
        best = plan.alternatives[0]
        remedy = f"Try --gpu {words.spelled(best['gpu'], best['gpus'])} (${best['usd_per_hour']:.2f} per hour)."
    else:
        remedy = "Choose a smaller or quantised model, a shorter --max-model-len or a lower --concurrency."
    if sibling := facts.fp8_sibling(plan.model):
        remedy = f"{remedy[:-1]}, or {sibling}, the same model at half the size."
    raise DoesNotFit(plan.reason, remedy, details=plan.model_dump(mode="json"))


def _written(model: Model, asked: Workload, chosen: Try, others: list[Try]) -> Plan:
    setup, space, card = chosen.setup, chosen.memory, gpu_facts(chosen.setup.gpu)
    rows = [
        Row(item=x.item, gib=round(x.mid, 2), gib_sized=round(x.sized, 2), exact=x.exact, source=x.source)
        for x in space.lines
    ]
    pool = f"{card.usable_gib} GiB usable ({card.usable_source}) at {space.utilization}, less the other rows"
    rows.insert(
        1, Row(item="kv_cache", gib=round(space.mid, 2), gib_sized=round(space.low, 2), exact=False, source=pool)
    )
    concurrency = space.max_concurrency
    return Plan(
        model=model.id,
        revision=model.revision,
        engine=setup.engine,
        engine_version=asked.engine_version or facts.pins()[setup.engine].version,
        gpu=setup.gpu,
        gpus=setup.gpus,
        tensor_parallel_size=setup.tp,
        pipeline_parallel_size=setup.pp,
        data_parallel_size=setup.dp,
        fits=chosen.fits,
        verdict=words.verdict(chosen),
        reason=words.reason(model, asked, chosen),
        dtype="half" if chosen.note and "float16" in chosen.note else "auto",
        max_model_len=setup.max_model_len,
        max_num_seqs=setup.max_num_seqs,
        max_num_batched_tokens=setup.batched_tokens,
        gpu_memory_utilization=space.utilization,
        ledger=tuple(rows),
        kv_cache=KvCache(
            dtype=asked.kv_cache_dtype or "auto",
            bytes_per_token=space.pool.per_token,
            bytes_per_request=space.pool.request,
            gib=round(space.mid, 2),
            gib_low=round(space.low, 2),
            gib_high=round(space.high, 2),
            tokens=int(concurrency * setup.max_model_len),
            max_concurrency=round(concurrency, 2),
            state_slots=space.pool.state_slots,
        ),
        startup_timeout_s=_startup_timeout(model, asked),
        usd_per_hour=chosen.usd,
        usd_per_month=round(chosen.usd * HOURS_A_MONTH),
        region_multiplier=region_multiplier(asked.region),
        price_date=card.price_read,
        bounds=_bounds(asked, chosen),
        alternatives=tuple(one.brief() for one in others),
        notes=tuple(words.notes(model, asked, chosen, others)),
    )


def _startup_timeout(model: Model, asked: Workload) -> int:
    """Seconds in whole minutes: start-up work, and all weights read at the slow rate of facts/overheads.toml."""
    rule = facts.overheads().startup
    size = (model.weight_bytes + asked.extra_weight_bytes) / 1e9
    seconds = rule.base_s + size / rule.read_gb_per_s
    return max(rule.least_s, math.ceil(seconds / 60) * 60)


def _bounds(asked: Workload, chosen: Try) -> dict[str, int | float]:
    """Bounds on speed by memory bandwidth and arithmetic, tokens' prices at them, and what containers cost."""
    speed, usd = chosen.bounds, chosen.usd
    prompt, output = speed.usd_per_million(usd)
    found = {
        "context_tokens": speed.context,
        "requests": speed.requests,
        "time_per_output_token_ms_one_request": round(1000 * speed.time_per_output_token_one_s, 2),
        "time_per_output_token_ms_all_requests": round(1000 * speed.time_per_output_token_all_s, 2),
        "decode_tokens_per_s_one_request": round(1 / speed.time_per_output_token_one_s, 1),
        "decode_tokens_per_s_all_requests": round(speed.output_tokens_per_s, 1),
        "prefill_tokens_per_s": round(speed.prefill_tokens_per_s),
        "time_to_first_token_ms": round(1000 * speed.time_to_first_token_s, 1),
        "usd_per_million_prompt_tokens": round(prompt, 4),
        "usd_per_million_output_tokens": round(output, 4),
        "usd_per_idle_window": round(usd * asked.scaledown_window / 3600, 4),
        "idle_window_s": asked.scaledown_window,
        "usd_per_hour_min_containers": round(usd * asked.min_containers, 2),
    }
    if asked.max_containers:
        found["usd_per_hour_max_containers"] = round(usd * asked.max_containers, 2)
    return found
