"""Compute benchmark.json from the results of an evaluation."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from evals import cases, rates, stats
from evals.benchmark import Benchmark, CaseRun, Configuration, Control, Failure, Metadata, Progress, QueryRun
from evals.grading import WITH, WITHOUT, Grade
from evals.rates import rate
from evals.records import Result, Settings
from evals.stats import Rate
from evals.store import Store, summary
from evals.transcript import ERROR, TIME


def benchmark(store: Store) -> Benchmark:
    """The evaluation in the store's folder."""
    settings, results = store.settings(), list(store.results())
    of_cases = [result for result in results if not result.is_query]
    # The control names the skill, so it tests the setup, not the description.
    of_queries = [result for result in results if result.is_query and not result.control]
    control = _control(results)
    topics = sorted({result.topic for result in of_queries if result.topic})
    conclusive = [(result, result.grade) for result in of_cases if result.grade]
    evals = {name: _configuration(of_cases, name) for name in _configurations(of_cases)}
    return Benchmark(
        metadata=_metadata(settings, of_cases),
        settings=settings,
        control=control,
        complete=Progress(planned=settings.planned, done=len(results)),
        outcomes=dict(sorted(Counter(result.outcome for result in results).items())),
        evals=evals,
        gain=rates.gain(evals),
        skills_matrix=rates.skills(of_queries),
        trigger={
            "all": rates.triggering(of_queries),
            **{
                name: rates.triggering(result for result in of_queries if result.split == name)
                for name in ("tune", "held-out")
            },
        },
        trigger_by_kind={
            kind: rates.triggering(result for result in of_queries if result.kind == kind) for kind in cases.KINDS
        },
        trigger_by_topic={
            topic: rates.triggering(result for result in of_queries if result.topic == topic) for topic in topics
        },
        workflow_matrix=rates.workflows(result for result in of_cases if result.configuration == WITH),
        routing_matrix=rates.workflows(result for result in of_queries if result.triggered),
        runs=[_case_run(result, grade) for result, grade in conclusive],
        queries=[_query_run(result) for result in of_queries],
        queries_usd=_usd(of_queries),
        run_summary=_run_summary(conclusive),
        failures=_failures(results),
        notes=_notes(results, control, settings),
    )


def _metadata(settings: Settings, results: list[Result]) -> Metadata:
    judge = settings.judge.model if settings.judge else "none: deterministic checks only"
    return Metadata(
        skill_name=cases.SKILL,
        skill_path=f"skills/{cases.SKILL}",
        executor_model=settings.agent.model or settings.agent.runner,
        analyzer_model=judge,
        timestamp=settings.began,
        evals_run=sorted({_eval_id(result) for result in results}),
        runs_per_configuration=settings.runs,
    )


def _control(results: list[Result]) -> Control:
    """Whether the skill fires when it is named. If not, nothing else in the evaluation is meaningful."""
    controls = [result for result in results if result.control and result.configuration == WITH]
    sets = {cases.task_set(result.id) for result in controls}
    fired = {cases.task_set(result.id) for result in controls if result.triggered}
    missed = [result for result in controls if not result.triggered]
    reasons = [": ".join(filter(None, (result.outcome, result.reason))) for result in missed]
    inconclusive = bool(controls) and not any(result.conclusive for result in controls)
    return Control(
        asked=len(controls),
        fired=sum(result.triggered for result in controls),
        void=not sets or sets != fired,
        why="the control could not be run" if inconclusive else "the skill did not fire although the prompt names it",
        reasons=reasons[:5],
    )


def _configurations(results: Iterable[Result]) -> list[str]:
    present = {result.configuration for result in results}
    return [name for name in (WITH, WITHOUT) if name in present]


def _configuration(results: list[Result], name: str) -> Configuration:
    own = [result for result in results if result.configuration == name]
    conclusive = [result for result in own if result.conclusive]
    return Configuration(
        runs=len(own),
        told=len(conclusive),
        delivered=rate(conclusive, sum(result.delivered for result in conclusive)),
        passed=rate(conclusive, sum(result.passed for result in conclusive)),
        checks=_checks(conclusive),
        tokens=stats.spread([result.tokens for result in conclusive]),
        seconds=stats.spread([result.seconds for result in conclusive]),
        turns=stats.spread([result.turns for result in conclusive]),
        usd=_usd(own),
    )


def _checks(results: list[Result]) -> dict[str, Rate]:
    """The rate of each check; all expectations of the judge are one."""
    rows: dict[str, list[Result]] = {}
    hits: Counter[str] = Counter()
    for result in results:
        grade = result.grade or Grade()
        for prefix, verdicts in (("", grade.delivered), ("routing: ", grade.routing)):
            for verdict in verdicts:
                by_check = verdict.by == "check"
                name = f"{prefix}{verdict.name}" if by_check else "expectations, by the judge"
                rows.setdefault(name, []).append(result)
                hits[name] += verdict.passed
    return {name: rate(own, hits[name]) for name, own in sorted(rows.items())}


def _case_run(result: Result, grade: Grade) -> CaseRun:
    numbers = {
        "time_seconds": result.seconds,
        "tokens": result.tokens,
        "tool_calls": result.tool_calls,
        "errors": result.tool_errors,
    }
    return CaseRun(
        eval_id=_eval_id(result),
        eval_name=result.name,
        configuration=result.configuration,
        run_number=result.number,
        result=summary(grade.delivered) | numbers,
        expectations=grade.delivered,
        routing=grade.routing,
        passed=grade.passed,
        skills=grade.fired,
        workflow=grade.workflow,
        expect_workflow=result.expect_workflow,
        usd=result.usage.usd,
        notes=[f"not judged: {text}" for text in grade.not_judged],
    )


def _query_run(result: Result) -> QueryRun:
    return QueryRun(
        id=result.id,
        query=result.prompt,
        run_number=result.number,
        split=result.split or "",
        kind=result.kind or "",
        topic=result.topic or "",
        should_trigger=result.expect_skill == cases.SKILL,
        expect_skill=result.expect_skill,
        outcome=result.outcome,
        triggered=result.triggered if result.conclusive else None,
        skills=result.fired,
        workflow=result.workflow,
        tokens=result.tokens,
        usd=result.usage.usd,
        seconds=result.seconds,
    )


def _run_summary(rows: list[tuple[Result, Grade]]) -> dict[str, Any]:
    """skill-creator's summary; `delta` is the mean with the skill minus the mean without it."""
    found: dict[str, dict[str, Any]] = {}
    for name in _configurations(result for result, _ in rows):
        own = [(result, grade) for result, grade in rows if result.configuration == name]
        spreads = {
            "pass_rate": stats.spread([summary(grade.delivered)["pass_rate"] for _, grade in own]),
            "time_seconds": stats.spread([result.seconds for result, _ in own]),
            "tokens": stats.spread([result.tokens for result, _ in own]),
        }
        found[name] = {key: asdict(spread) for key, spread in spreads.items()}
    if WITH in found and WITHOUT in found:
        found["delta"] = {
            key: f"{found[WITH][key]['mean'] - found[WITHOUT][key]['mean']:+{form}}"
            for key, form in (("pass_rate", ".2f"), ("time_seconds", ".1f"), ("tokens", ".0f"))
        }
    return found


def _failures(results: list[Result]) -> list[Failure]:
    """Runs with the skill that failed, and all inconclusive runs."""
    failures = []
    for result in results:
        if result.passed or (result.configuration == WITHOUT and result.conclusive):
            continue
        why = [f"{result.outcome}: {result.reason}"]
        if result.grade:
            why = [f"failed: {verdict.text} ({verdict.evidence})" for verdict in result.grade.failed]
        failures.append(
            Failure(place=result.place, name=result.name, outcome=result.outcome, told=result.conclusive, why=why)
        )
    return failures


def _notes(results: list[Result], control: Control, settings: Settings) -> list[str]:
    """What a reader of the figures must know."""
    notes = []
    if control.void:
        first = f" ({control.reasons[0]})" if control.reasons else ""
        notes.append(f"VOID: {control.why}{first}, so no figure here is meaningful.")
    if len(results) < settings.planned:
        notes.append(f"{settings.planned - len(results)} of {settings.planned} runs are not done.")
    for outcome, text in ((ERROR, "ended in errors"), (TIME, "timed out")):
        if count := sum(result.outcome == outcome for result in results):
            notes.append(f"{runs(count)} {text}; they count neither as passed nor as failed.")
    if not settings.rehearse and any(not result.is_query for result in results):
        notes.append("The apps were not rehearsed.")
    if any(result.grade and result.grade.not_judged for result in results):
        notes.append("Some expectations in free text were not judged; see the notes of each run.")
    if results and all(result.usage.usd is None for result in results):
        notes.append("The cost is unknown: the agent does not report it, and no prices were given.")
    return notes


def _usd(results: list[Result]) -> float | None:
    known = [result.usage.usd for result in results if result.usage.usd is not None]
    return round(sum(known), 6) if known else None


def runs(count: int) -> str:
    """A number of runs in words."""
    return f"{count} run{'s' if count != 1 else ''}"


def _eval_id(result: Result) -> int:
    return int(result.id.partition("-")[2])
