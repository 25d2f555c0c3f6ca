"""`python -m evals`: run agents on the cases, report what came of it, and check the cases themselves.

Exit codes: 0 good; 1 something failed, or fewer passed than --fail-under; 2 bad usage; 5 this machine, the endpoint or
the agent cannot do it, or the run is void; 130 interrupted.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from evals import cases, runners
from modal_serve_gen import errors
from modal_serve_gen.cli.console import Command, Json, end, guarded, say

WITH_RESUME = {"resume", "again", "base_url", "fail_under", "jobs", "max_usd"}
app = typer.Typer(
    name="python -m evals", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    help="Do coding agents deliver what the skill promises?",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)  # fmt: skip

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an evaluation.")]


Case = Annotated[
    list[str] | None,
    typer.Option(metavar="ID|NAME", help="Only these, and the control; * stands for any text; repeatable."),
]
Split = Annotated[Literal["tune", "held-out", "all"], typer.Option(help="Of the queries.")]


@app.command(name="list", cls=Command)
@guarded
def list_(
    what: Annotated[
        Literal["evals", "trigger", "all"], typer.Argument(metavar="[evals|trigger]", help="Which set.")
    ] = "all",
    case: Case = None,
    split: Split = "all",
    as_json: Json = False,
) -> None:
    """The cases and the queries: a line each, as wide as the terminal; everything with --json."""
    from evals import choosing

    asked = {"which": what, "split": split, "case": case, "evals_file": cases.EVALS, "triggers_file": cases.TRIGGERS}
    tasks = choosing.tasks(asked)
    if as_json:
        rows = [(task.case or task.query).model_dump(mode="json") | {"task": task.id} for task in tasks]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(60, shutil.get_terminal_size((160, 24)).columns)
    for task in tasks:
        aim = task.workflow or task.expect_skill or "no skill"
        mark = "control" if task.control else task.query.split if task.query else ""
        print(f"{task.id:<19} {aim:<23}{mark:<9}{task.name}"[:width])
    many = sum(task.case is not None for task in tasks)
    print(f"{many} cases, {len(tasks) - many} queries")


@app.command(cls=Command)
@guarded
def validate(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Rehearse the right answers, too: minutes.")] = False,
    case: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these cases; repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Check the cases themselves, without any model: right answers graded good, wrong ones bad, nothing missing."""
    from evals import validating

    found = validating.validate(rehearse, case or [], say)
    bad = [each for each in found if each.faults]
    if as_json:
        print(json.dumps({"checked": len(found), "faults": {each.what: each.faults for each in bad}}, indent=2))
    else:
        for each in bad:
            print("\n".join([f"{each.what}:", *(f"  {fault}" for fault in each.faults)]))
        print(f"{len(found)} things checked, {len(bad)} with faults.")
    end(errors.FINDINGS if bad else 0)


@app.command(cls=Command)
@guarded
def run(
    context: typer.Context,
    runner: Annotated[
        Literal[runners.NAMES], typer.Option(help="Which agent: an endpoint in our own loop, or a command line.")
    ] = "endpoint",
    model: Annotated[str, typer.Option(help="Its model; an endpoint needs one, an agent has a default.")] = "",
    base_url: Annotated[
        str, typer.Option(help="Of an OpenAI-compatible endpoint (claude-code: of a Messages API).")
    ] = "",
    key_env: Annotated[
        str, typer.Option(metavar="NAME", help="The environment variable with the key, if not the usual one.")
    ] = "",
    program: Annotated[str, typer.Option(metavar="PATH", help="The agent's program, where it is not on PATH.")] = "",
    which: Annotated[
        Literal["evals", "trigger", "all"], typer.Option("--set", help="Cases, queries, or both.")
    ] = "all",
    split: Split = "all",
    case: Case = None,
    runs: Annotated[int, typer.Option(min=1, max=100, help="Times each is asked.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="At once.")] = 4,
    baseline: Annotated[bool, typer.Option(help="Ask each case without the skill, too.")] = True,
    rehearse: Annotated[bool, typer.Option(help="Rehearse each app with the stub engine.")] = True,
    timeout: Annotated[float, typer.Option(min=1, metavar="S", help="Seconds of one run.")] = 900,
    max_turns: Annotated[int, typer.Option(min=1, help="Answers of the model in one case.")] = 40,
    trigger_turns: Annotated[int, typer.Option(min=1, help="And in one query.")] = 6,
    max_usd: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="Begin nothing more once this is spent.")
    ] = None,
    max_usd_per_run: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="End a run that has cost this.")
    ] = None,
    usd_per_million: Annotated[
        str,
        typer.Option(
            metavar="IN,OUT[,CACHED]", help="Dollars for a million tokens, where the agent does not tell them."
        ),
    ] = "",
    judge_model: Annotated[str, typer.Option(help="A language model for the expectations in free text.")] = "",
    judge_base_url: Annotated[str, typer.Option(help="Its OpenAI-compatible endpoint.")] = "",
    judge_key_env: Annotated[str, typer.Option(metavar="NAME", help="The variable with its key.")] = "",
    evals_file: Annotated[Path, typer.Option(help="Other cases.")] = cases.EVALS,
    triggers_file: Annotated[Path, typer.Option(help="Other queries.")] = cases.TRIGGERS,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to keep everything; by default evals/runs/TIME.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with one: --jobs, --max-usd and --again count beside it.")
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help="With --resume: runs with this outcome again, such as error."),
    ] = None,
    fail_under: Annotated[
        float, typer.Option(min=0, max=1, help="The share of runs with the skill that must pass.")
    ] = 1.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and ask nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Ask an agent every case and query, several times, and grade what it does. This costs money.

    Keys are taken from the environment only. Everything is kept in one folder, from which --resume goes on.
    """
    from evals import evaluation

    asked = {name: value for name, value in context.params.items() if name not in ("as_json", "dry_run")}
    spelled = {option.name: option.opts[0] for option in context.command.params}
    given = [name for name in asked if context.get_parameter_source(name).name == "COMMANDLINE"]
    if resume and (fixed := [spelled[name] for name in given if name not in WITH_RESUME]):
        raise errors.BadInput(
            f"{fixed[0]} does not go with --resume: an evaluation goes on as it was begun.",
            f"Beside it stand {', '.join(sorted(spelled[name] for name in WITH_RESUME - {'resume'}))}.",
        )
    prepared = evaluation.resumed(asked) if resume else evaluation.prepared(asked)
    if dry_run:
        print(json.dumps(prepared.document(), indent=2) if as_json else prepared.text())
        end(0)
    outcome = prepared.run(say)
    print(json.dumps(outcome.document(), indent=2) if as_json else outcome.text())
    end(outcome.exit_code(fail_under))


@app.command(cls=Command)
@guarded
def report(
    folder: Folder,
    against: Annotated[
        Path | None, typer.Option(metavar="DIR|FILE", help="Compare with another: its folder or file.")
    ] = None,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="End with 1 if it is worse.")
    ] = False,
    publish: Annotated[
        str, typer.Option(metavar="NAME", help="Keep the figures as evals/results/NAME.json, for the README.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Write benchmark.json, report.html and junit.xml anew, from what the folder holds."""
    from evals import comparing, reporting

    written = reporting.write(folder, against)
    if publish:
        say(f"Published as {written.published(publish)}; `make docs` puts it into the README.")
    print(json.dumps(written.document(), indent=2) if as_json else written.text())
    worse = written.comparison and comparing.regressions(written.comparison)
    end(errors.FINDINGS if fail_on_regression and worse else 0)


def main() -> None:
    """The entry point."""
    app(prog_name="python -m evals")


if __name__ == "__main__":
    sys.exit(main())
