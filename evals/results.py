"""What an evaluation comes to: benchmark.json, in skill-creator's format and with what ours counts beside it."""

from collections import Counter
from typing import Any

from evals import cases, stats
from evals.grading import NO_SKILL, NOTHING, WITH, WITHOUT, failed
from evals.rates import delivered, gain, matrix, rate, trigger
from evals.store import Store, summary
from evals.transcript import ERROR, TIME

SCHEMA = "1.0"


def benchmark(store: Store) -> dict[str, Any]:
    """The whole evaluation as one document, from what the folder holds."""
    settings = store.settings()
    rows = [_short(each) for each in store.results()]
    of_cases = [row for row in rows if "kind" not in row]
    # The control names the skill: whether it fires says something of the set-up, nothing of the description.
    of_queries = [row for row in rows if "kind" in row and not row["control"]]
    control = _control(rows)
    return {
        "schema_version": SCHEMA,
        "metadata": {
            "skill_name": cases.SKILL,
            "skill_path": f"skills/{cases.SKILL}",
            "executor_model": settings["agent"]["model"] or settings["agent"]["runner"],
            "analyzer_model": (settings.get("judge") or {}).get("model", "none: deterministic checks only"),
            "timestamp": settings["began"],
            "evals_run": sorted({_eval_id(row["id"]) for row in of_cases}),
            "runs_per_configuration": settings["runs"],
        },
        "settings": settings,
        "control": control,
        "complete": {"planned": settings["planned"], "done": len(rows)},
        "outcomes": _outcomes(rows),
        "evals": {name: _of_configuration(of_cases, name) for name in _configurations(of_cases)},
        "gain": gain(of_cases),
        "skills_matrix": matrix(of_queries, "expect_skill", NO_SKILL, lambda row: row["predicted_skill"]),
        "trigger": {
            "all": trigger(of_queries),
            **{name: trigger([row for row in of_queries if row["split"] == name]) for name in ("tune", "held-out")},
        },
        "trigger_by_kind": {kind: trigger([row for row in of_queries if row["kind"] == kind]) for kind in cases.KINDS},
        "trigger_by_topic": {
            topic: trigger([row for row in of_queries if row["topic"] == topic])
            for topic in sorted({row["topic"] for row in of_queries})
        },
        "workflow_matrix": matrix(
            [row for row in of_cases if row["expect_workflow"] and row["configuration"] == WITH],
            "expect_workflow", NOTHING, lambda row: row["workflow"],
        ),
        "routing_matrix": matrix(
            [row for row in of_queries if row["expect_workflow"] and row["fired_ours"]],
            "expect_workflow", NOTHING, lambda row: row["workflow"],
        ),
        "runs": [_run(row) for row in of_cases if row["told"]],
        "queries": [_query(row) for row in of_queries],
        "queries_usd": _usd(of_queries),
        "run_summary": _run_summary([row for row in of_cases if row["told"]]),
        "failures": _failures(rows),
        "notes": _notes(rows, control, settings),
    }  # fmt: skip


def _short(result: dict[str, Any]) -> dict[str, Any]:
    """A result with what everything here asks of it."""
    grade = result.get("grade")
    fired = grade["fired"] if grade else []
    ours, expected = cases.SKILL in fired, result["expect_skill"]
    first = next(iter(fired), NO_SKILL)
    predicted = cases.SKILL if ours else expected if expected in fired else first
    return result | {
        "told": grade is not None,
        "passed": bool(grade and grade["passed"]),
        "fired_ours": ours,
        "predicted_skill": predicted,
        "workflow": grade["workflow"] if grade else NOTHING,
        "tokens": result["usage"]["input_tokens"] + result["usage"]["output_tokens"],
        "usd": result["usage"]["usd"],
    }


def _control(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether naming the skill makes it fire, in each set: else nothing else means anything."""
    of = [row for row in rows if row["control"] and row["configuration"] == WITH]
    sets = {cases.set_of(row["id"]) for row in of}
    fired = {cases.set_of(row["id"]) for row in of if row["fired_ours"]}
    reasons = [
        f"{row['outcome']}: {row['reason']}" if row["reason"] else row["outcome"] for row in of if not row["fired_ours"]
    ]
    mute = bool(of) and not any(row["told"] for row in of)
    return {
        "asked": len(of),
        "fired": sum(row["fired_ours"] for row in of),
        "void": not sets or sets != fired,
        "why": "the control could not be asked" if mute else "naming the skill did not make it fire",
        "reasons": reasons[:5],
    }


def _outcomes(rows: list[dict[str, Any]]) -> dict[str, int]:
    return dict(sorted(Counter(row["outcome"] for row in rows).items()))


def _configurations(rows: list[dict[str, Any]]) -> list[str]:
    found = {row["configuration"] for row in rows}
    return [name for name in (WITH, WITHOUT) if name in found]


def _of_configuration(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Of one configuration: how many cases were delivered whole, and, with the skill, routed right, too."""
    own = [row for row in rows if row["configuration"] == name]
    told = [row for row in own if row["told"]]
    checks: dict[str, tuple[list, list[bool]]] = {}
    for row in told:
        for kind, prefix in (("delivered", ""), ("routing", "routing: ")):
            for each in row["grade"][kind]:
                check = f"{prefix}{each['name']}" if each["by"] == "check" else "expectations, by the judge"
                rows_of, good = checks.setdefault(check, ([], []))
                rows_of.append(row)
                good.append(each["passed"])
    return {
        "runs": len(own),
        "told": len(told),
        "delivered": rate(told, sum(delivered(row) for row in told)),
        "passed": rate(told, sum(row["passed"] for row in told)),
        "checks": {key: rate(found, sum(good)) for key, (found, good) in sorted(checks.items())},
        "tokens": stats.spread([row["tokens"] for row in told]),
        "seconds": stats.spread([row["seconds"] for row in told]),
        "turns": stats.spread([row["turns"] for row in told]),
        "usd": _usd(own),
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    """As an entry of skill-creator's `runs`."""
    grade = row["grade"]
    return {
        "eval_id": _eval_id(row["id"]),
        "eval_name": row["name"],
        "configuration": row["configuration"],
        "run_number": row["number"],
        "result": summary(grade["delivered"])
        | {
            "time_seconds": row["seconds"],
            "tokens": row["tokens"],
            "tool_calls": row["tool_calls"],
            "errors": row["tool_errors"],
        },
        "expectations": grade["delivered"],
        "routing": grade["routing"],
        "passed": grade["passed"],
        "skills": grade["fired"],
        "workflow": grade["workflow"],
        "expect_workflow": row["expect_workflow"],
        "usd": row["usd"],
        "notes": [f"not judged: {text}" for text in grade["not_judged"]],
    }


def _query(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "query": row["prompt"], "run_number": row["number"],
        "split": row["split"], "kind": row["kind"], "topic": row["topic"],
        "should_trigger": row["expect_skill"] == cases.SKILL, "expect_skill": row["expect_skill"],
        "outcome": row["outcome"], "triggered": row["fired_ours"] if row["told"] else None,
        "skills": row["grade"]["fired"] if row["told"] else [], "workflow": row["workflow"],
        "tokens": row["tokens"], "usd": row["usd"], "seconds": row["seconds"],
    }  # fmt: skip


def _run_summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """skill-creator's summary; the difference is with the skill less without it."""
    found: dict[str, Any] = {}
    for name in _configurations(rows):
        own = [row for row in rows if row["configuration"] == name]
        found[name] = {
            "pass_rate": stats.spread([summary(row["grade"]["delivered"])["pass_rate"] for row in own]),
            "time_seconds": stats.spread([row["seconds"] for row in own]),
            "tokens": stats.spread([row["tokens"] for row in own]),
        }
    if WITH in found and WITHOUT in found:
        found["delta"] = {
            key: f"{found[WITH][key]['mean'] - found[WITHOUT][key]['mean']:+{form}}"
            for key, form in (("pass_rate", ".2f"), ("time_seconds", ".1f"), ("tokens", ".0f"))
        }
    return found


def _failures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each run that is not good, with why, and where its transcript lies."""
    found = []
    for row in rows:
        if row["passed"] or (row["configuration"] == WITHOUT and row["told"]):
            continue
        if row["told"]:
            why = [f"not so: {each['text']} ({each['evidence']})" for each in failed(row["grade"])]
        else:
            why = [f"{row['outcome']}: {row['reason']}"]
        found.append(
            {"place": row["place"], "name": row["name"], "outcome": row["outcome"], "told": row["told"], "why": why}
        )
    return found


def _notes(rows: list[dict[str, Any]], control: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """What a reader of the figures must know."""
    notes = []
    if control["void"]:
        first = f" ({control['reasons'][0]})" if control["reasons"] else ""
        notes.append(f"VOID: {control['why']}{first}, so no figure here tells anything.")
    if len(rows) < settings["planned"]:
        notes.append(f"{settings['planned'] - len(rows)} of {settings['planned']} runs are not done.")
    if errors := sum(row["outcome"] == ERROR for row in rows):
        notes.append(f"{runs(errors)} ended in errors, which count neither as passed nor as failed.")
    if late := sum(row["outcome"] == TIME for row in rows):
        notes.append(f"{runs(late)} out of time, which count neither as passed nor as failed.")
    if not settings["rehearse"] and any("kind" not in row for row in rows):
        notes.append("Apps were not rehearsed.")
    if any(row["told"] and row["grade"]["not_judged"] for row in rows):
        notes.append("Expectations in free text were not all judged: see notes of each run.")
    if rows and all(row["usd"] is None for row in rows):
        notes.append("Costs are not known: the agent does not tell them, and no prices were given.")
    return notes


def _usd(rows: list[dict[str, Any]]) -> float | None:
    known = [row["usd"] for row in rows if row["usd"] is not None]
    return round(sum(known), 6) if known else None


def runs(many: int) -> str:
    """A number of runs, as words."""
    return f"{many} run{'s' if many != 1 else ''}"


def _eval_id(task_id: str) -> int:
    return int(task_id.partition("-")[2])
