"""`plan` without its terminal: from options to plans, and what they look like for people and for tools."""

import shutil
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from modal_serve_gen import advising, facts, hub, listings, local, workflows
from modal_serve_gen.advising import Advice
from modal_serve_gen.errors import BadInput, shown
from modal_serve_gen.model import Model
from modal_serve_gen.plan import Plan, Workload, plan
from modal_serve_gen.plan.gpus import gpu_facts, parse_gpu
from modal_serve_gen.workflows import Workflow


@dataclass(frozen=True)
class Asked:
    """The options of `plan`; None: not given."""

    target: str
    workflow: str | None = None
    goal: str | None = None
    gpu: str | None = None
    max_model_len: int | None = None
    concurrency: int | None = None
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    max_num_batched_tokens: int | None = None
    engine_version: str | None = None
    region: str | None = None
    budget: float | None = None
    time_per_output_token: float | None = None
    tokens_per_s: float | None = None
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    enable_expert_parallel: bool = False
    compare: tuple[str, ...] = ()
    revision: str | None = None
    offline: bool = False

    @property
    def fixed(self) -> bool:
        """Whether this describes a set-up as it is, whose other limits are the engine's own defaults."""
        return self.gpu is not None and (self.engine_version or self.gpu_memory_utilization) is not None

    @property
    def free(self) -> bool:
        """Whether nothing was asked of engine, flags or GPU."""
        given = (self.gpu, self.engine_version, self.gpu_memory_utilization, self.kv_cache_dtype, self.workflow)
        return not any(given) and self.max_num_batched_tokens is None


@dataclass(frozen=True)
class Answer:
    """One plan, the advice where a goal was given, and the plans it is compared with."""

    plan: Plan
    advice: Advice | None
    compared: tuple[Plan, ...]
    parameters: float | None  # of the model, None where they are not known

    def document(self) -> dict[str, Any]:
        """What `--json` prints: the plan's keys, and `advice` and `compared` where asked for."""
        found = self.plan.model_dump(mode="json")
        if self.advice:
            found["advice"] = self.advice.document()
        if self.compared:
            found["compared"] = [one.model_dump(mode="json") for one in self.compared]
        return found


def answer(asked: Asked, say: Callable[[str], None]) -> Answer:
    """The plan of what was asked. Raises the ServeError of what refuses; a plan that does not fit is an answer, too."""
    if asked.goal and asked.workflow:
        raise BadInput("--goal chooses the workflow, and --workflow names it.", "Give one of them.")
    models: dict[tuple[str, str], Model] = {}

    def model_of(target: str, workflow: Workflow) -> Model:
        key = (target, workflow.engine)
        if key not in models:
            models[key] = _model(target, asked, workflow, say)
        return models[key]

    def one(workflow: Workflow, target: str = asked.target, gpu: str | None = asked.gpu) -> Plan:
        return plan(model_of(target, workflow), _workload(replace(asked, gpu=gpu), workflow))

    advice = None
    if asked.goal:
        workflow, found, why = advising.choose(asked.goal, one)
        advice = Advice(asked.goal, workflow.name, why, advising.instead(workflow, found, free=asked.free))
    else:
        workflow = workflows.load(asked.workflow or workflows.names()[0])
        found = one(workflow)
    compared = tuple(
        one(workflow, gpu=other) if _is_gpu(other) else one(workflow, target=other) for other in asked.compare
    )
    sizes = model_of(asked.target, workflow).sizes
    served = [each for each in sizes.weights if each.part != "draft"] if sizes else []
    return Answer(found, advice, compared, sum(each.elements for each in served) or None)


def _is_gpu(text: str) -> bool:
    try:
        parse_gpu(text)
    except BadInput:
        return False
    return True


def _model(target: str, asked: Asked, workflow: Workflow, say: Callable[[str], None]) -> Model:
    if local.is_local(target):
        if asked.revision:
            raise BadInput(f"--revision belongs to a model on the Hub, not to {shown(target)}.", "Leave it out.")
        return hub.servable(local.read(target), workflow.engine, None)
    revision = asked.revision if target == asked.target else None
    return hub.resolve(target, revision, engine=workflow.engine, offline=asked.offline, pin=False, say=say)


def _workload(asked: Asked, workflow: Workflow) -> Workload:
    return Workload(
        engine=workflow.engine,
        engine_version=asked.engine_version,
        gpu=asked.gpu,
        gpu_candidates=workflow.gpus,
        max_gpus=workflow.max_gpus,
        max_model_len=asked.max_model_len,
        default_max_model_len=workflow.max_model_len,
        concurrency=asked.concurrency,
        default_concurrency=workflow.concurrency,
        gpu_memory_utilization=asked.gpu_memory_utilization,
        kv_cache_dtype=asked.kv_cache_dtype,
        max_num_batched_tokens=asked.max_num_batched_tokens,
        region=asked.region,
        min_containers=workflow.min_containers,
        scaledown_window=workflow.scaledown_window,
        goal=asked.goal if asked.goal in ("latency", "throughput") else None,
        budget=asked.budget,
        time_per_output_token=asked.time_per_output_token,
        tokens_per_s=asked.tokens_per_s,
        fixed=asked.fixed,
        server=bool(workflow.endpoints),
        pp=asked.pipeline_parallel_size,
        dp=asked.data_parallel_size,
        expert_parallel=asked.enable_expert_parallel,
        sleep=workflow.sleep and not asked.fixed,
    )


def text(found: Answer) -> str:
    """The answer for a person, as wide as the terminal."""
    width = min(110, shutil.get_terminal_size((100, 24)).columns)
    lines = [*_head(found, width), "", *_ledger(found.plan, width), "", *_limits(found.plan), "", *_speed(found.plan)]
    if found.compared:
        lines += ["", "Compared:", _indented(listings.table(_rows((found.plan, *found.compared))))]
    if found.plan.alternatives:
        what = "Also fits, best first:" if found.plan.fits else "What would fit, best first:"
        lines += ["", what, _indented(listings.table([_other(one) for one in found.plan.alternatives]))]
    if found.advice:
        lines += ["", *_wrapped(f"For {found.advice.goal}: {found.advice.workflow} ({found.advice.why}).", width)]
        lines += [line for each in found.advice.instead for line in _wrapped(each, width)]
    lines += [""] + [line for note in found.plan.notes for line in _wrapped(note, width, "  - ")]
    return "\n".join(lines)


def _head(found: Answer, width: int) -> list[str]:
    one = found.plan
    verdict = "fits" if one.fits else "does not fit"
    size = f", {found.parameters / 1e9:.2f}B parameters" if found.parameters else ""
    first = f"{one.model}{size}: {verdict} on {spelled(one)}, ${one.usd_per_hour:.2f} per hour"
    if one.region_multiplier != 1:
        first += f" ({one.region_multiplier:g} times the base price)"
    return [*textwrap.wrap(first, width), *textwrap.wrap(one.reason, width)]


def spelled(one: Plan) -> str:
    """The GPUs as people write them."""
    return one.gpu if one.gpus == 1 else f"{one.gpus} x {one.gpu}"


def _ledger(one: Plan, width: int) -> list[str]:
    """Each item with its figures, and one bar for all of a GPU."""
    usable = gpu_facts(one.gpu)["usable_gib"]
    exact = {True: "", False: "  estimate"}
    lines = [f"  {'GiB per GPU':<22}{'expected':>10}{'planned with':>14}"]
    for row in one.ledger:
        more = exact[row.exact] if row.item == "weights" else ""
        if row.item == "kv_cache":
            more = f"  {one.kv_cache.gib_low:.1f} to {one.kv_cache.gib_high:.1f}"
        lines.append(f"{_mark(row.item)} {row.item.replace('_', ' '):<22}{row.gib:>10.2f}{row.gib_sized:>14.2f}{more}")
    share = one.gpu_memory_utilization
    lines.append(f"  {'of':<22}{usable * share:>10.2f}   ({share:.0%} of {usable})")
    return [*lines, "", *_bars(one, usable, max(20, min(72, width - 8)))]


MARKS = {"weights": "█", "kv_cache": "▒", "activations": "▓", "cuda_graphs": "▓", "non_torch": "▓"}
PLAIN = {"█": "#", "▒": "=", "▓": "+", "·": "."}


def _mark(item: str) -> str:
    return _drawn(MARKS.get(item, "▓"))


def _drawn(marks: str) -> str:
    """Blocks where the terminal can show them, else ASCII."""
    try:
        marks.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "".join(PLAIN[mark] for mark in marks)
    return marks


def _bars(one: Plan, usable: float, width: int) -> list[str]:
    """One bar for each GPU: they are alike, so that four and more are drawn once."""
    parts, bar = [(row.item, max(0.0, row.gib_sized)) for row in one.ledger], ""
    whole = max(usable, sum(size for _, size in parts))
    for at, (item, _) in enumerate(parts):
        end = round(width * sum(size for _, size in parts[: at + 1]) / whole)
        bar += MARKS.get(item, "▓") * (end - len(bar))
    full = round(width * usable / whole)
    bar = _drawn(bar.ljust(full, "·"))
    line = f"  {bar[:full]}|{bar[full:]}" if len(bar) > full else f"  {bar}|"
    if one.gpus > 3:
        return [f"{line} each of {one.gpus}"]
    return [line] * one.gpus


def _limits(one: Plan) -> list[str]:
    cache = one.kv_cache
    return [
        f"  up to {one.max_model_len:,} tokens per request, {one.max_num_seqs} requests and "
        f"{one.max_num_batched_tokens:,} tokens in a batch;",
        f"  {cache.bytes_per_token:,.0f} bytes of KV cache a token and GPU ({cache.dtype}): room for {cache.tokens:,} "
        f"tokens at least, {cache.max_concurrency:.1f} requests of full length;",
        f"  ready within {one.startup_timeout_s // 60} minutes, or the start counts as failed",
    ]


def _speed(one: Plan) -> list[str]:
    """The bounds, said to be bounds."""
    bound = one.bounds
    context, many = int(bound["context_tokens"]), int(bound["requests"])
    return [
        f"  Bounds by bandwidth and arithmetic, with {context:,} tokens in each request; engines reach "
        f"{facts.overheads()['speed']['reached']:.0%} to 85%:",
        f"    time per output token   {bound['time_per_output_token_ms_one_request']:>9.2f} ms for one request, "
        f"{bound['time_per_output_token_ms_all_requests']:.2f} ms for {many} at once",
        f"    output tokens           {bound['decode_tokens_per_s_all_requests']:>9,.0f} per second of all, "
        f"${bound['usd_per_million_output_tokens']:.3f} a million",
        f"    prompt tokens           {bound['prefill_tokens_per_s']:>9,.0f} per second, "
        f"${bound['usd_per_million_prompt_tokens']:.4f} a million",
        f"    time to first token     {bound['time_to_first_token_ms']:>9.1f} ms for a prompt of {context:,} tokens",
        f"    an idle window costs    {bound['usd_per_idle_window']:>9.3f} $ after the last request",
    ]


def _rows(plans: tuple[Plan, ...]) -> list[dict[str, Any]]:
    """A line for each; the model only where there are several."""
    rows = [
        {
            "model": one.model,
            "gpu": spelled(one),
            "fits": "yes" if one.fits else "no",
            "$/hour": f"{one.usd_per_hour:.2f}",
            "KV GiB": f"{max(0.0, one.kv_cache.gib_low):.1f}",
            "full requests": f"{one.kv_cache.max_concurrency:.1f}",
            "ms/token": f"{one.bounds['time_per_output_token_ms_one_request']:.1f}",
            "$/M out": f"{one.bounds['usd_per_million_output_tokens']:.3f}",
        }
        for one in plans
    ]
    if len({one.model for one in plans}) == 1:
        for row in rows:
            del row["model"]
    return rows


def _other(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "gpu": one["gpu"] if one["gpus"] == 1 else f"{one['gpus']} x {one['gpu']}",
        "$/hour": f"{one['usd_per_hour']:.2f}",
        "KV GiB": f"{one['kv_gib_low']:.1f}",
        "full requests": f"{one['max_concurrency']:.1f}",
        "ms/token": f"{one['time_per_output_token_ms']:.1f}",
        "$/M out": f"{one['usd_per_million_output_tokens']:.3f}",
        "$ idle window": f"{one['usd_per_idle_window']:.3f}",
    }


def _wrapped(line: str, width: int, first: str = "  ") -> list[str]:
    return textwrap.wrap(
        line, width, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _indented(table: str) -> str:
    return textwrap.indent(table, "  ")
