"""Update the generated blocks of the documentation: `make docs`. A test fails when a block is out of date.

A block stands between `<!-- generated: NAME WORD... -->` and `<!-- end -->`; NAME is a function below, which gets the
words. What else of the skill is generated, whole files, is written by scripts/skill.py.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from modal_serve_gen import checks, errors, facts, flags
from modal_serve_gen.checks.severity import Severity
from modal_serve_gen.cli import program
from modal_serve_gen.commands import goals as workflow_goals
from modal_serve_gen.rehearsal import faults as rehearsal_faults
from modal_serve_gen.spec import workflows
from scripts import calibrate

ROOT = Path(__file__).resolve().parent.parent
SKILL = ROOT / "skills" / "modal-llm-serving"
RESULTS = ROOT / "evals" / "results"
PAGES = (
    "README.md",
    *sorted(str(path.relative_to(ROOT)) for folder in (ROOT / "docs", SKILL) for path in folder.rglob("*.md")),
)
MEANT = {"1": "once", "0": "each time", "30": "30 seconds"}  # defaults of faults, as words
BLOCK = re.compile(r"(<!-- generated: (\w+)((?: \w+)*) -->\n).*?(<!-- end -->)", re.S)


def workflow_table() -> str:
    rows = [workflows.load(name) for name in workflows.names()]
    return table(
        ("workflow", "use it for", "not when", "use instead"),
        [(f"`{row.name}`", row.use_when, row.not_when, row.instead) for row in rows],
    )


def goals() -> str:
    """The workflows that `plan --goal` tries, and alternatives to an app."""
    rows = [
        (f"`{goal}`", ", then ".join(f"`{workflow.name}`" for workflow in workflow_goals.serving(goal)))
        for goal in workflow_goals.names()
    ]
    lines = [f"- If {rule.when}, {rule.instead}." for rule in facts.elsewhere().values()]
    return table(("goal", "workflow (the first one whose plan fits)"), rows) + "\n" + "\n".join(lines) + "\n"


def calibration() -> str:
    """Errors of the planner on setups whose memory an engine logged."""
    rows = []
    for engine, name in (("vllm", "vLLM"), ("sglang", "SGLang")):
        scores = [score for score in calibrate.scores() if score.engine == engine]
        rows += [(f"{name}, all", scores), (f"{name}, held out", [score for score in scores if score.held_out])]
    rows.append(("builds between releases, in none of the rows above", [*calibrate.scores(between_releases=True)]))
    return table(("setups", "errors"), [(name, calibrate.summary(some)) for name, some in rows])


def exit_codes() -> str:
    classes = (errors.BadInput, errors.ModelError, errors.DoesNotFit, errors.MachineError, errors.InternalError)
    rows = [(0, "Success"), (errors.FINDINGS, "Findings, or a rehearsal that failed through the app")]
    rows += [(error.exit_code, (error.__doc__ or "").rstrip(".")) for error in classes]
    return table(("exit code", "meaning"), [*rows, (errors.INTERRUPTED, "Interrupted")])


def faults() -> str:
    rows = [
        (f"`{rehearsal_faults.usage(name)}`", kind.effect, MEANT.get(kind.default, kind.default))
        for name, kind in rehearsal_faults.KINDS.items()
    ]
    return table(("fault", "what happens", "without an argument"), rows)


def pins() -> str:
    rows = [
        (engine, pin.version, pin.base_image, pin.python, len(pin.direct), pin.read)
        for engine, pin in facts.pins().items()
        if engine in {workflows.load(name).engine for name in workflows.names()}
    ]
    return table(("engine", "version", "base image", "Python", "other pinned packages", "resolved on"), rows)


def gpus() -> str:
    rows = sorted(facts.gpus().items(), key=lambda item: item[1].usd_per_s)
    return table(
        ("GPU", "usable GiB", "GB/s", "$ per hour", "max. per container", "price as of"),
        [
            (
                name, gpu.usable_gib, gpu.bandwidth_gb_per_s, f"{gpu.usd_per_s * 3600:.2f}", gpu.max_count,
                gpu.price_read,
            )
            for name, gpu in rows
        ],
    )  # fmt: skip


def regions() -> str:
    """Price multipliers of compute regions."""
    known = facts.regions()
    broad, narrow = known.multipliers.broad, known.multipliers.narrow
    return (
        f"A compute region multiplies the price: {', '.join(known.compute.broad)} by {broad}, any other, such as "
        f"us-east, by {narrow}. No region: 1.\n"
    )


def commands() -> str:
    """Every command, with its arguments."""
    rows = []
    group = typer.main.get_command(program.app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, command in group.commands.items():
        places = command.collect_usage_pieces(command.context_class(command))
        usage = " ".join(
            [
                "modal-serve-gen",
                name,
                *(place.replace("{", "").replace("}", "") for place in places if place != "[OPTIONS]"),
            ]
        )
        rows.append((f"`{usage.replace('|', chr(92) + '|')}`", (command.help or "").split("\n")[0]))
    return table(("command", "what it does"), rows)


def models() -> str:
    """Models with bundled facts, for which `new` needs no network."""
    rows = [
        (model, f"{entry.weight_bytes / 2**30:.1f}", "yes" if entry.gated else "")
        for model, entry in sorted(facts.models().items(), key=lambda item: item[0].lower())
        if entry.revision and entry.weight_bytes
    ]
    return table(("Model", "GiB", "Gated"), rows)


def rules() -> str:
    """The rules of `check`, each with its full documentation."""
    severities = checks.severities()
    return "".join(
        f"### {name}\n\n**{severities[name].capitalize()}.** {inspect.cleandoc(text)}\n\n"
        for name, text in checks.documentation().items()
    )


def severity_meanings() -> str:
    """What each severity of a finding says."""
    return table(("severity", "meaning"), [(f"`{level}`", level.meaning) for level in Severity])


def routes() -> str:
    """The workflows, each with its reference and an app to copy."""
    rows = [workflows.load(name) for name in workflows.names()]
    return table(
        ("Use it for", "Workflow", "Reference", "File to copy"),
        [(row.in_short, f"`{row.name}`", f"`references/{row.reference}`", f"`{app_path(row.name)}`") for row in rows],
    )


def app_path(workflow: str) -> str:
    """Path of the complete app of a workflow in the skill."""
    if workflow == "vllm-throughput":  # its documented place
        return "scripts/qwen3_throughput.py"
    return f"assets/{workflow.replace('-', '_')}.py"


def remembered() -> str:
    """The removed names that agents write most often, and their replacements."""
    rows = [row for row in facts.modal_changes().removed if row.remembered]
    return table(("Removed", "Use"), [_change(row.old, row.new) for row in rows])


def modal_changes() -> str:
    """Everything that Modal's SDK no longer accepts."""
    rows = facts.modal_changes().removed
    outcome = {"raises": "rejected", "missing": "removed", "warns": "deprecated"}
    return table(
        ("Old", "Status", "Use"),
        [(*_change(row.old, row.new)[:1], outcome[row.outcome], *_change("", row.new)[1:]) for row in rows],
    )


def engine_changes(engine: str) -> str:
    """Flags, values and JSON keys that an engine does not accept, and their replacements."""
    table_of_engine = flags.load(facts.flag_table_path(engine, facts.pins()[engine].version))
    rows = []
    for row in table_of_engine.renamed:
        old = " ".join(filter(None, (row.old, row.value, row.key and f"key {row.key}")))
        rows.append((f"`{old}`", f"`{row.new}`" if row.new else f"remove it: {row.why}"))
    return table(("Not accepted", f"Use in {engine} {table_of_engine.version}"), rows)


def _change(old: str, new: str) -> tuple[str, str]:
    return f"`{old}`", f"`{new}`" if new and " " not in new.partition("(")[0] else new or "nothing"


def code(case: str, *names: str) -> str:
    """Definitions of a golden app, verbatim."""
    text = (ROOT / "tests" / "golden" / f"{case}.py").read_text("utf-8")
    lines, definitions = text.split("\n"), []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in names:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            definitions.append("\n".join(lines[first - 1 : node.end_lineno]))
    return "```python\n" + "\n\n\n".join(definitions) + "\n```\n"


def evals() -> str:
    """Results of the published evaluations of agents with the skill."""
    rows = []
    for path in sorted(RESULTS.glob("*.json")) if RESULTS.is_dir() else ():
        result = json.loads(path.read_text("utf-8"))
        trigger, evals_by_name, settings = result["trigger"]["held-out"], result["evals"], result["settings"]
        rates = [trigger["recall"], trigger["precision"], result["workflow_matrix"]["right"]]
        rates += [evals_by_name.get(name, {}).get("delivered") for name in ("with_skill", "without_skill")]
        metadata = result["metadata"]
        who = f"{metadata['executor_model']} ({settings['versions']['agent']})"
        runs = f"{settings['runs']} each{'' if settings['rehearse'] else ', not rehearsed'}"
        rows.append((path.stem, who, metadata["timestamp"][:10], runs, *map(_rate, rates)))
    if not rows:
        return "No evaluation with a model has been published yet.\n"
    heads = (
        "evaluation", "model and agent", "date", "runs", "recall, held out", "precision, held out", "right workflow",
        "delivered with the skill", "without it",
    )  # fmt: skip
    return table(heads, rows)


def _rate(rate: dict[str, Any] | None) -> str:
    if not rate or not rate["of"]:
        return "–"
    return f"{rate['value']:.0%} ({rate['low']:.0%} to {rate['high']:.0%}, {rate['items']} tasks)"


def table(heads: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


def renewed(text: str) -> str:
    """`text` with every generated block updated."""
    return BLOCK.sub(lambda match: f"{match[1]}{globals()[match[2]](*match[3].split())}{match[4]}", text)


def main() -> int:
    for page in PAGES:
        path = ROOT / page
        path.write_text(renewed(path.read_text("utf-8")), "utf-8")
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
