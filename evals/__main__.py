"""`python -m evals`: run agents on the cases, report the results, and validate the cases.

Exit codes: 0 success; 1 runs failed, or fewer passed than --fail-under; 2 bad usage; 5 this machine, the endpoint or
the agent failed, or the evaluation is void; 130 interrupted.
"""

import json
import shutil

import typer

from evals import cases, options
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
    which: options.Which = "all",
    case: options.Names = None,
    split: options.Queries = "all",
    as_json: Json = False,
) -> None:
    """List the cases and queries, one per line; --json prints them in full."""
    from evals import choosing

    tasks = choosing.tasks(choosing.Selection(which, split, tuple(case or ())))
    if as_json:
        rows = [task.model_dump(mode="json") | {"task": task.task_id} for task in tasks]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(60, shutil.get_terminal_size((160, 24)).columns)
    for task in tasks:
        aim = task.workflow or task.expect_skill or "no skill"
        mark = "control" if task.control else task.split if isinstance(task, cases.Query) else ""
        print(f"{task.task_id:<19} {aim:<23}{mark:<9}{task.name}"[:width])
    count = sum(isinstance(task, cases.Case) for task in tasks)
    print(f"{count} cases, {len(tasks) - count} queries")


@app.command(cls=Command)
@guarded
def validate(
    rehearse: options.RehearseAnswers = False,
    case: options.CaseNames = None,
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


@app.command(cls=Command)
@guarded
def run(
    context: typer.Context,
    runner: options.Runner = "endpoint",
    model: options.Model = "",
    base_url: options.BaseUrl = "",
    key_env: options.KeyEnv = "",
    program: options.Program = "",
    which: options.Sets = "all",
    split: options.Queries = "all",
    case: options.Names = None,
    runs: options.Runs = 3,
    jobs: options.Jobs = 4,
    baseline: options.Baseline = True,
    rehearse: options.Rehearse = True,
    timeout: options.Timeout = 900,
    max_turns: options.MaxTurns = 40,
    trigger_turns: options.TriggerTurns = 6,
    max_usd: options.MaxUsd = None,
    max_usd_per_run: options.MaxUsdPerRun = None,
    usd_per_million: options.UsdPerMillion = "",
    judge_model: options.JudgeModel = "",
    judge_base_url: options.JudgeBaseUrl = "",
    judge_key_env: options.JudgeKeyEnv = "",
    evals_file: options.EvalsFile = cases.EVALS,
    triggers_file: options.TriggersFile = cases.TRIGGERS,
    out: options.Out = None,
    resume: options.Resume = None,
    again: options.Again = None,
    fail_under: options.FailUnder = 1.0,
    dry_run: options.DryRun = False,
    as_json: Json = False,
) -> None:
    """Run an agent on each case and query several times, and grade the results. This costs money.

    API keys are read from the environment only. Everything is saved in one folder, which --resume continues.
    """
    from evals import evaluation
    from evals.request import Request

    request = Request(**{name: value for name, value in context.params.items() if name not in ("as_json", "dry_run")})
    if resume:
        _refuse_fixed_options(context)
    prepared = evaluation.resume(resume, request) if resume else evaluation.prepare(request)
    if dry_run:
        print(json.dumps(prepared.document(), indent=2) if as_json else prepared.text())
        end(0)
    outcome = prepared.run(say)
    print(json.dumps(outcome.document(), indent=2) if as_json else outcome.text())
    end(outcome.exit_code(fail_under))


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
    folder: options.Folder,
    against: options.Against = None,
    fail_on_regression: options.FailOnRegression = False,
    publish: options.Publish = "",
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
