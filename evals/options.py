"""The command line options of `python -m evals`."""

from pathlib import Path
from typing import Annotated

import typer

from evals import runners
from evals.choosing import Set, Split

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an evaluation.")]
Which = Annotated[Set, typer.Argument(metavar="[evals|trigger]", help="Only one of the sets.")]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--case", metavar="ID|NAME", help="Only these, and the controls; * matches any text; may be repeated."
    ),
]
CaseNames = Annotated[
    list[str] | None,
    typer.Option("--case", metavar="NAME", help="Only these cases; * matches any text; may be repeated."),
]
Queries = Annotated[Split, typer.Option("--split", help="Which of the queries.")]
RehearseAnswers = Annotated[bool, typer.Option("--rehearse", help="Also rehearse the right answers; takes minutes.")]

Runner = Annotated[
    runners.Name, typer.Option(help="The agent: an endpoint in a small tool loop, or a coding agent's command line.")
]
Model = Annotated[str, typer.Option(help="Its model; required for an endpoint, most agents have a default.")]
BaseUrl = Annotated[str, typer.Option(help="An OpenAI-compatible endpoint (claude-code: a Messages API).")]
KeyEnv = Annotated[
    str, typer.Option(metavar="NAME", help="Environment variable with the API key, instead of the agent's usual one.")
]
Program = Annotated[str, typer.Option(metavar="PATH", help="The agent's executable, if it is not on PATH.")]
Sets = Annotated[Set, typer.Option("--set", help="Cases, queries, or both.")]
Runs = Annotated[int, typer.Option(min=1, max=100, help="Runs of each case and query.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Runs at the same time.")]
Baseline = Annotated[bool, typer.Option(help="Run each case without the skill as well.")]
Rehearse = Annotated[bool, typer.Option(help="Rehearse each app with the stub engine.")]
Timeout = Annotated[float, typer.Option(min=1, metavar="S", help="Seconds of one run.")]
MaxTurns = Annotated[int, typer.Option(min=1, help="Answers of the model in one case.")]
TriggerTurns = Annotated[int, typer.Option(min=1, help="Answers of the model in one query.")]
MaxUsd = Annotated[float | None, typer.Option(min=0, metavar="USD", help="Start no more runs after this cost.")]
MaxUsdPerRun = Annotated[float | None, typer.Option(min=0, metavar="USD", help="Stop a run at this cost.")]
UsdPerMillion = Annotated[
    str,
    typer.Option(
        metavar="IN,OUT[,CACHED]", help="Dollars per million tokens, for agents that do not report their cost."
    ),
]
JudgeModel = Annotated[str, typer.Option(help="A language model that judges the expectations in free text.")]
JudgeBaseUrl = Annotated[str, typer.Option(help="Its OpenAI-compatible endpoint.")]
JudgeKeyEnv = Annotated[str, typer.Option(metavar="NAME", help="Environment variable with its API key.")]
EvalsFile = Annotated[Path, typer.Option(help="Use other cases.")]
TriggersFile = Annotated[Path, typer.Option(help="Use other queries.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the evaluation [default: evals/runs/TIME].")]
Resume = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Continue an evaluation; --jobs, --max-usd and --again may be added."),
]
Again = Annotated[
    list[str] | None,
    typer.Option(metavar="OUTCOME", help="With --resume: repeat runs with this outcome, such as error."),
]
FailUnder = Annotated[
    float, typer.Option(min=0, max=1, help="Minimum share of the runs with the skill that must pass.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be run, and run nothing.")]

Against = Annotated[
    Path | None, typer.Option(metavar="DIR|FILE", help="Compare with another evaluation: its folder or benchmark.json.")
]
FailOnRegression = Annotated[bool, typer.Option("--fail-on-regression", help="Exit with 1 if it is worse.")]
Publish = Annotated[
    str, typer.Option(metavar="NAME", help="Save the figures as evals/results/NAME.json, for docs/evals.md.")
]
