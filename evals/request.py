"""The options of `python -m evals run`, and the agent and judge that they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from typer import Option

from evals import cases, runners
from evals.choosing import Selection, Set, Split
from evals.runners.agent import Options
from modal_serve_gen.errors import BadInput, quoted


@dataclass(frozen=True)
class Request:
    """The options of `run`: each field is one, with its help and default."""

    runner: Annotated[
        runners.Name, Option(help="The agent: an endpoint in a small tool loop, or a coding agent's command line.")
    ] = "endpoint"
    model: Annotated[str, Option(help="Its model; required for an endpoint, most agents have a default.")] = ""
    base_url: Annotated[str, Option(help="An OpenAI-compatible endpoint (claude-code: a Messages API).")] = ""
    key_env: Annotated[
        str, Option(metavar="NAME", help="Environment variable with the API key, instead of the agent's usual one.")
    ] = ""
    program: Annotated[str, Option(metavar="PATH", help="The agent's executable, if it is not on PATH.")] = ""
    which: Annotated[Set, Option("--set", help="Cases, queries, or both.")] = "all"
    split: Annotated[Split, Option(help="Which of the queries.")] = "all"
    case: Annotated[
        list[str] | None,
        Option(metavar="ID|NAME", help="Only these, and the controls; * matches any text; may be repeated."),
    ] = None
    runs: Annotated[int, Option(min=1, max=100, help="Runs of each case and query.")] = 3
    jobs: Annotated[int, Option(min=1, max=64, help="Runs at the same time.")] = 4
    baseline: Annotated[bool, Option(help="Run each case without the skill as well.")] = True
    rehearse: Annotated[bool, Option(help="Rehearse each app with the stub engine.")] = True
    timeout: Annotated[float, Option(min=1, metavar="S", help="Seconds of one run.")] = 900
    max_turns: Annotated[int, Option(min=1, help="Answers of the model in one case.")] = 40
    trigger_turns: Annotated[int, Option(min=1, help="Answers of the model in one query.")] = 6
    max_usd: Annotated[float | None, Option(min=0, metavar="USD", help="Start no more runs after this cost.")] = None
    max_usd_per_run: Annotated[float | None, Option(min=0, metavar="USD", help="Stop a run at this cost.")] = None
    usd_per_million: Annotated[
        str,
        Option(metavar="IN,OUT[,CACHED]", help="Dollars per million tokens, for agents that do not report their cost."),
    ] = ""
    judge_model: Annotated[str, Option(help="A language model that judges the expectations in free text.")] = ""
    judge_base_url: Annotated[str, Option(help="Its OpenAI-compatible endpoint.")] = ""
    judge_key_env: Annotated[str, Option(metavar="NAME", help="Environment variable with its API key.")] = ""
    evals_file: Annotated[Path, Option(help="Use other cases.")] = cases.EVALS
    triggers_file: Annotated[Path, Option(help="Use other queries.")] = cases.TRIGGERS
    out: Annotated[Path | None, Option(metavar="DIR", help="Folder of the evaluation [default: evals/runs/TIME].")] = (
        None
    )
    resume: Annotated[
        Path | None,
        Option(metavar="DIR", help="Continue an evaluation; --jobs, --max-usd and --again may be added."),
    ] = None
    again: Annotated[
        list[str] | None,
        Option(metavar="OUTCOME", help="With --resume: repeat runs with this outcome, such as error."),
    ] = None
    fail_under: Annotated[
        float, Option(min=0, max=1, help="Minimum share of the runs with the skill that must pass.")
    ] = 1.0

    @property
    def selection(self) -> Selection:
        """The tasks to run."""
        return Selection(self.which, self.split, tuple(self.case or ()), self.evals_file, self.triggers_file)


def agents(request: Request) -> tuple[Options, Options | None]:
    """The agent and the judge. Raises BadInput for options that contradict each other."""
    if request.again:
        raise BadInput("--again needs an evaluation that has already begun.", "Name it with --resume DIR.")
    for name, url in (("base-url", request.base_url), ("judge-base-url", request.judge_base_url)):
        if url and not url.startswith(("http://", "https://")):
            raise BadInput(f"--{name} {quoted(url)} is not an address.", "Start it with https://.")
    prices = _prices(request.usd_per_million)
    agent = Options(request.runner, request.model, request.base_url, request.key_env, request.program, prices)
    if agent.runner in ("endpoint", "opencode") and not agent.model:
        raise BadInput(f"{agent.runner} needs a model, and --model names none.", "Add --model NAME.")
    limit = request.max_usd if request.max_usd is not None else request.max_usd_per_run
    if limit is not None and prices is None and not runners.reports_cost(agent.runner):
        raise BadInput(
            f"{agent.runner} does not report its cost, so the limit of ${limit:g} cannot be enforced.",
            "Add --usd-per-million IN,OUT with the prices per million tokens.",
        )
    if not request.judge_model:
        return agent, None
    return agent, Options("endpoint", request.judge_model, request.judge_base_url, request.judge_key_env, "", prices)


def _prices(text: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    try:
        values = [float(part) for part in text.split(",")]
        if len(values) not in (2, 3) or not all(0 <= value < 1e6 for value in values):
            raise ValueError("out of range")
    except ValueError:
        raise BadInput(
            f"--usd-per-million {quoted(text)} cannot be read.", "Write it as IN,OUT or IN,OUT,CACHED."
        ) from None
    return values[0], values[1], values[2] if len(values) == 3 else values[0]
