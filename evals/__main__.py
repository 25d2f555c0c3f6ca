"""`python -m evals`: run agents on the cases, report the results, and validate the cases.

Exit codes: 0 success; 1 runs failed, or fewer passed than --fail-under; 2 bad usage; 5 this machine, the endpoint or
the agent failed, or the evaluation is void; 130 interrupted.
"""

import inspect
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from evals import cases
from evals.choosing import Selection, Set, Split, tasks
from evals.request import Request
from modal_serve_gen import errors
from modal_serve_gen.cli.console import Command, Json, end, guarded, say

WITH_RESUME = {"resume", "again", "base_url", "fail_under", "jobs", "max_usd"}
app = typer.Typer(
    name="python -m evals",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Evaluate coding agents on the skill's cases.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.command(name="list", cls=Command)
@guarded
def list_(
    which: Annotated[Set, Argument(metavar="[evals|trigger]", help="Only one of the sets.")] = "all",
    case: Annotated[
        list[str] | None,
        Option(metavar="ID|NAME", help="Only these, and the controls; * matches any text; may be repeated."),
    ] = None,
    split: Annotated[Split, Option(help="Which of the queries.")] = "all",
    as_json: Json = False,
) -> None:
    """List the cases and queries, one per line; --json prints them in full."""
    selected = tasks(Selection(which, split, tuple(case or ())))
    if as_json:
        rows = [task.model_dump(mode="json") | {"task": task.task_id} for task in selected]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(60, shutil.get_terminal_size((160, 24)).columns)
    for task in selected:
        aim = task.workflow or task.expect_skill or "no skill"
        mark = "control" if task.control else task.split if isinstance(task, cases.Query) else ""
        print(f"{task.task_id:<19} {aim:<23}{mark:<9}{task.name}"[:width])
    count = sum(isinstance(task, cases.Case) for task in selected)
    print(f"{count} cases, {len(selected) - count} queries")


@app.command(cls=Command)
@guarded
def validate(
    rehearse: Annotated[bool, Option("--rehearse", help="Also rehearse the right answers; takes minutes.")] = False,
    case: Annotated[
        list[str] | None, Option(metavar="NAME", help="Only these cases; * matches any text; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Validate the cases without a language model: right answers pass, wrong ones fail, nothing is uncovered."""
    from evals import validating

    validations = validating.validate(rehearse, case or [], say)
    faulty = [validation for validation in validations if validation.faults]
    if as_json:
        faults = {validation.what: validation.faults for validation in faulty}
        print(json.dumps({"checked": len(validations), "faults": faults}, indent=2))
    else:
        for validation in faulty:
            print("\n".join([f"{validation.what}:", *(f"  {fault}" for fault in validation.faults)]))
        print(f"{len(validations)} validations, {len(faulty)} with faults.")
    end(errors.FINDINGS if faulty else 0)


def with_fields(record: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command: the fields of `record` become options, which it receives as its `**fields`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        context, *own = inspect.signature(command).parameters.values()
        fields = inspect.signature(record).parameters.values()
        parameters = [context, *fields, *(option for option in own if option.kind != option.VAR_KEYWORD)]
        keywords = [parameter.replace(kind=parameter.KEYWORD_ONLY) for parameter in parameters]
        command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]  # typer reads it
        return command

    return decorate


@app.command(cls=Command)
@guarded
@with_fields(Request)
def run(
    context: typer.Context,
    dry_run: Annotated[bool, Option("--dry-run", help="Show what would be run, and run nothing.")] = False,
    as_json: Json = False,
    **fields: Any,
) -> None:
    """Run an agent on each case and query several times, and grade the results. This costs money.

    API keys are read from the environment only. Everything is saved in one folder, which --resume continues.
    """
    from evals import evaluation

    request = Request(**fields)
    if request.resume:
        _refuse_fixed_options(context)
    prepared = evaluation.resume(request.resume, request) if request.resume else evaluation.prepare(request)
    if dry_run:
        print(json.dumps(prepared.document(), indent=2) if as_json else prepared.text())
        end(0)
    outcome = prepared.run(say)
    print(json.dumps(outcome.document(), indent=2) if as_json else outcome.text())
    end(outcome.exit_code(request.fail_under))


def _refuse_fixed_options(context: typer.Context) -> None:
    """Refuse options that an evaluation keeps from its beginning."""
    names = {option.name: option.opts[0] for option in context.command.params}
    for name in context.params:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if given and name not in {*WITH_RESUME, "as_json", "dry_run"}:
            allowed = ", ".join(sorted(names[name] for name in WITH_RESUME - {"resume"}))
            raise errors.BadInput(
                f"{names[name]} cannot be combined with --resume, which keeps the settings of the evaluation.",
                f"Only these can be changed: {allowed}.",
            )


@app.command(cls=Command)
@guarded
def report(
    folder: Annotated[Path, Argument(metavar="DIR", help="The folder of an evaluation.")],
    against: Annotated[
        Path | None, Option(metavar="DIR|FILE", help="Compare with another evaluation: its folder or benchmark.json.")
    ] = None,
    fail_on_regression: Annotated[bool, Option("--fail-on-regression", help="Exit with 1 if it is worse.")] = False,
    publish: Annotated[
        str, Option(metavar="NAME", help="Save the figures as evals/results/NAME.json, for docs/evals.md.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Write benchmark.json, report.html and junit.xml again from the saved runs."""
    from evals import comparing, reporting

    written = reporting.write(folder, against)
    if publish:
        say(f"Published as {written.publish(publish)}; `make docs` adds it to docs/evals.md.")
    print(json.dumps(written.document(), indent=2) if as_json else written.text())
    worse = written.comparison and comparing.regressions(written.comparison)
    end(errors.FINDINGS if fail_on_regression and worse else 0)


def main() -> None:
    """Run the command line."""
    app(prog_name="python -m evals")


if __name__ == "__main__":
    main()
