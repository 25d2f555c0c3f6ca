"""The options of `python -m evals run`, and the agent and judge that they name."""

from dataclasses import dataclass
from pathlib import Path

from evals import runners
from evals.choosing import Selection, Set, Split
from evals.runners.agent import Options
from modal_serve_gen.errors import BadInput, quoted


@dataclass(frozen=True)
class Request:
    """The options of `run`, under the names that they have there."""

    runner: runners.Name
    model: str
    base_url: str
    key_env: str
    program: str
    which: Set
    split: Split
    case: list[str] | None
    runs: int
    jobs: int
    baseline: bool
    rehearse: bool
    timeout: float
    max_turns: int
    trigger_turns: int
    max_usd: float | None
    max_usd_per_run: float | None
    usd_per_million: str
    judge_model: str
    judge_base_url: str
    judge_key_env: str
    evals_file: Path
    triggers_file: Path
    out: Path | None
    resume: Path | None
    again: list[str] | None
    fail_under: float

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
