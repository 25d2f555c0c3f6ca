"""One evaluation: from options to its settings and plan, and from there to what came of it."""

import datetime
import hashlib
import importlib.metadata
import platform
import shlex
import urllib.parse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals import cases, choosing, grading, reporting, runners, workspace
from evals.progress import Progress
from evals.results import runs
from evals.runners import Limits, Options
from evals.running import Settings, Tally, planned
from evals.running import run as run_all
from evals.store import Run, Store, fingerprint
from evals.transcript import ERROR, MONEY, TIME, TURNS
from modal_serve_gen import errors, facts
from modal_serve_gen.errors import BadInput, MachineError, nearest, quoted

RUNS = cases.HERE / "runs"
OUTCOMES = (ERROR, TIME, TURNS, MONEY)


@dataclass(frozen=True)
class Prepared:
    """What will be asked, of whom, and where it is kept. `again`: outcomes of which runs are done anew."""

    store: Store
    settings: Settings
    plan: tuple[Run, ...]
    kept: dict[str, Any]
    again: frozenset[str] = frozenset()
    resumed: bool = False

    def document(self) -> dict[str, Any]:
        """What --dry-run prints."""
        return {**self.kept, "folder": str(self.store.folder), "runs": [str(run.place) for run in self.plan]}

    def text(self) -> str:
        """The same for people."""
        lines = []
        for prefix, one, several in (("eval", "case", "cases"), ("trigger", "query", "queries")):
            own = [run for run in self.plan if run.task.id.startswith(prefix)]
            without = sum(run.configuration == grading.WITHOUT for run in own)
            extra = f", {without} of them without the skill" if without else ""
            many = len({run.task.id for run in own})
            if own:
                lines.append(f"{many} {one if many == 1 else several}, a control among them: {runs(len(own))}{extra}")
        limits, agent = self.settings.limits, self.settings.agent
        where = f" at {_without_password(agent.base_url)}" if agent.base_url else " at its usual address"
        lines.append(
            f"asked of {' '.join(filter(None, (agent.runner, agent.model)))}{where}, {self.settings.jobs} at once"
        )
        lines.append(
            f"each at most {limits.seconds:g} s and {limits.turns} turns, a query {self.settings.trigger_turns}"
        )
        money = self.settings.usd
        lines.append(f"nothing begins after ${money:.2f}" if money is not None else "no limit of money")
        return "\n".join([*lines, f"kept in {self.store.folder}"])

    def run(self, say: Callable[[str], None]) -> "Outcome":
        """Ask everything that is not done, and write the report."""
        if not self.resumed:
            self.store.begin(self.kept)
        with self.store.held():
            for each in self.plan if self.again else ():
                if self.store.outcome(each) in self.again:
                    self.store.forget(each)
            left = sum(not self.store.done(each) for each in self.plan)
            say(f"{self.text()}\n" if left else f"Everything in {self.store.folder} is done.")
            try:
                tally = run_all(list(self.plan), self.store, self.settings, Progress(say))
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"Go on with: {_resuming(self.store.folder)}") from None
            finally:
                workspace.clear_up()
            return Outcome(reporting.write(self.store.folder), tally, self.store.folder)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    report: reporting.Written
    tally: Tally
    folder: Path

    def document(self) -> dict[str, Any]:
        return self.report.document() | {"stopped": self.tally.stopped, "left": self.tally.left}

    def text(self) -> str:
        lines = [self.report.text()]
        if self.tally.stopped:
            lines += ["", f"Stopped, {runs(self.tally.left)} left: {self.tally.stopped}."]
        if self.tally.left or self.report.mute:
            lines += [f"Go on with: {_resuming(self.folder)}{' --again error' if self.report.mute else ''}"]
        return "\n".join(lines)

    def exit_code(self, fail_under: float) -> int:
        """5 where the figures tell nothing or some runs do not, 1 where too few passed."""
        if self.report.benchmark["control"]["void"] or self.tally.stopped:
            return MachineError.exit_code
        told, passed = self.report.counts
        if not told or passed / told < fail_under:
            return errors.FINDINGS
        return MachineError.exit_code if self.report.mute else 0


def _resuming(folder: Path) -> str:
    return f"python -m evals run --resume {shlex.quote(str(folder))}"


def prepared(asked: dict[str, Any]) -> Prepared:
    """A new evaluation. Raises BadInput or MachineError before anything is asked."""
    agent = Options(
        asked["runner"], asked["model"], asked["base_url"], asked["key_env"], asked["program"],
        _prices(asked["usd_per_million"]),
    )  # fmt: skip
    if asked["again"]:
        raise BadInput("--again is for an evaluation that was begun.", "Name it with --resume DIR.")
    for name in ("base_url", "judge_base_url"):
        if asked[name] and not asked[name].startswith(("http://", "https://")):
            raise BadInput(
                f"--{name.replace('_', '-')} {quoted(asked[name])} is no address.", "Begin it with https://."
            )
    if agent.runner in ("endpoint", "opencode") and not agent.model:
        raise BadInput(f"{agent.runner} needs a model, and --model names none.", "Add --model NAME.")
    money = asked["max_usd"] if asked["max_usd"] is not None else asked["max_usd_per_run"]
    if money is not None and agent.usd_per_million is None and not runners.tells_cost(agent.runner):
        raise BadInput(
            f"{agent.runner} does not tell what it costs, so ${money:g} cannot be held.",
            "Add --usd-per-million IN,OUT with the prices of a million tokens.",
        )
    judge = None
    if asked["judge_model"]:
        judge = Options(
            "endpoint", asked["judge_model"], asked["judge_base_url"], asked["judge_key_env"], "", agent.usd_per_million
        )
    version = runners.available(agent)
    if judge:
        runners.available(judge)
    tasks = choosing.tasks(asked)
    configurations = (grading.WITH, grading.WITHOUT) if asked["baseline"] else (grading.WITH,)
    began = datetime.datetime.now(datetime.UTC)
    kept = {
        "began": began.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "agent": asdict(agent) | {"base_url": _without_password(agent.base_url)},
        "judge": judge and asdict(judge) | {"base_url": _without_password(judge.base_url)},
        "limits": {name: asked[name] for name in ("timeout", "max_turns", "trigger_turns", "max_usd_per_run")},
        "max_usd": asked["max_usd"],
        "set": asked["which"], "split": asked["split"], "cases": asked["case"] or [],
        "evals_file": _inner(asked["evals_file"]), "triggers_file": _inner(asked["triggers_file"]),
        "runs": asked["runs"],
        "configurations": list(configurations),
        "jobs": asked["jobs"],
        "rehearse": asked["rehearse"],
        "versions": versions() | {"agent": version},
        "fingerprints": _fingerprints(asked["evals_file"], asked["triggers_file"]) | {"the agent": version},
    }  # fmt: skip
    plan = planned(tasks, configurations, asked["runs"])
    kept["planned"] = len(plan)
    folder = asked["out"] or RUNS / began.strftime("%Y%m%d-%H%M%S")
    redactor = workspace.Redactor(*(each.key_env for each in (agent, judge) if each))
    return Prepared(Store(folder, redactor), _settings(kept, agent, judge), tuple(plan), kept)


def resumed(asked: dict[str, Any]) -> Prepared:
    """An evaluation that was begun, as it was begun. Raises BadInput where what it asks has changed since."""
    folder = asked["resume"]
    kept = Store(folder, str).settings()
    agent, judge = (_options(kept[name]) for name in ("agent", "judge"))
    if asked["base_url"] and _without_password(asked["base_url"]) == agent.base_url:  # a password was not kept
        agent = Options(**asdict(agent) | {"base_url": asked["base_url"]})
    files = cases.HERE.parent / kept["evals_file"], cases.HERE.parent / kept["triggers_file"]
    now = _fingerprints(*files) | {"the agent": runners.available(agent)}
    changed = [name for name, value in kept["fingerprints"].items() if now.get(name) != value]
    if changed:
        raise BadInput(
            f"Since {quoted(str(folder))} was begun, {' and '.join(changed)} changed.",
            "Begin a new evaluation: runs of both would be mixed.",
        )
    for name in (again := frozenset(asked["again"] or ())):
        if name not in OUTCOMES:
            raise BadInput(
                f"--again {quoted(name)} is no outcome.{nearest(name, OUTCOMES)}", f"There are {', '.join(OUTCOMES)}."
            )
    kept |= {"jobs": asked["jobs"], "max_usd": asked["max_usd"] if asked["max_usd"] is not None else kept["max_usd"]}
    tasks = choosing.tasks(
        {**kept, "which": kept["set"], "case": kept["cases"], "evals_file": files[0], "triggers_file": files[1]}
    )
    plan = planned(tasks, kept["configurations"], kept["runs"])
    redactor = workspace.Redactor(*(each.key_env for each in (agent, judge) if each))
    return Prepared(Store(folder, redactor), _settings(kept, agent, judge), tuple(plan), kept, again, resumed=True)


def _settings(kept: dict[str, Any], agent: Options, judge: Options | None) -> Settings:
    limits = kept["limits"]
    return Settings(
        agent, Limits(limits["timeout"], limits["max_turns"], limits["max_usd_per_run"]), limits["trigger_turns"],
        kept["jobs"], kept["max_usd"], kept["rehearse"], judge,
    )  # fmt: skip


def _options(kept: dict[str, Any] | None) -> Options | None:
    if kept is None:
        return None
    prices = kept["usd_per_million"]
    return Options(**kept | {"usd_per_million": tuple(prices) if prices else None})


def _prices(text: str) -> tuple[float, float, float] | None:
    if not text:
        return None
    try:
        values = [float(each) for each in text.split(",")]
        if len(values) not in (2, 3) or not all(0 <= each < 1e6 for each in values):
            raise ValueError
    except ValueError:
        raise BadInput(
            f"--usd-per-million {quoted(text)} is not readable.", "Write it as IN,OUT or IN,OUT,CACHED."
        ) from None
    return values[0], values[1], values[2] if len(values) == 3 else values[0]


def versions() -> dict[str, str]:
    """Every version that a figure may depend on."""
    return {
        "modal-serve-gen": importlib.metadata.version("modal-serve-gen"),
        "modal": importlib.metadata.version("modal"),
        **{engine: pin.version for engine, pin in facts.pins().items() if pin.base_image},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _fingerprints(evals_file: Path, triggers_file: Path) -> dict[str, str]:
    """Of what must not change while one evaluation lasts."""
    return {
        "the skill": fingerprint(workspace.PACK),
        "the decoys": fingerprint(workspace.DECOYS),
        "the cases": fingerprint(evals_file, cases.HERE / "files"),
        "the queries": fingerprint(triggers_file),
        "the installed versions": hashlib.sha256(repr(sorted(versions().items())).encode()).hexdigest()[:16],
    }


def _inner(path: Path) -> str:
    """A path within the checkout as it is called there."""
    whole = path.resolve()
    return str(whole.relative_to(cases.HERE.parent)) if whole.is_relative_to(cases.HERE.parent) else str(whole)


def _without_password(url: str) -> str:
    """An address without a user's name and password in it."""
    parts = urllib.parse.urlsplit(url)
    return (
        urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url
    )
