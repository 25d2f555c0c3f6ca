"""Evaluations in this process, of a few cases that stand in for many."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import answers, cases
from evals.__main__ import app
from evals.runners import endpoint
from tests.evals.scripted import KEY, Endpoint, right

ROWS = {row["name"]: row for row in json.loads(cases.EVALS.read_text("utf-8"))["evals"]}
QUERIES = json.loads(cases.TRIGGERS.read_text("utf-8"))
GOOD = answers.load().good
TASKS = {task.name: task for task in cases.evals()}


def command(*arguments: object):
    """`python -m evals ARGUMENTS` in this process."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def rightly(case: str) -> list[dict]:
    """The turns of an agent that solves a case."""
    return right(TASKS[case], GOOD.get(case))


class Cases:
    """A set of cases made of the real ones, each under a name and a prompt of its own."""

    def __init__(self, folder: Path):
        self.folder, self.rows, self.turns = folder, [], {}

    def add(self, name: str, case: str, turns: list, **changed: object) -> str:
        """One more; its prompt."""
        prompt = f"{ROWS[case]['prompt']} [{name}]"
        own = {"id": len(self.rows) + 1, "name": name, "prompt": prompt, "rehearse": False, "control": False}
        self.rows.append(ROWS[case] | own | changed)
        self.turns[prompt] = turns
        return prompt

    def file(self) -> Path:
        """As an evals.json."""
        path = self.folder / "evals.json"
        path.write_text(json.dumps({"skill_name": cases.SKILL, "evals": self.rows}), "utf-8")
        return path

    def control(self, turns: list | None = None) -> str:
        return self.add("control", "online-control", turns or rightly("online-control"), control=True)


@pytest.fixture
def few(tmp_path):
    """An empty set of cases."""
    return Cases(tmp_path)


@pytest.fixture
def evaluate(tmp_path, monkeypatch):
    """Run an evaluation of `few` against the scripted endpoint: the command's result, and its folder."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(endpoint, "RETRIES", 1)
    monkeypatch.setattr(endpoint, "PAUSE_S", 0.05)

    def run(few: Cases, *arguments: object, out: str = "out"):
        with Endpoint(lambda prompt: few.turns[prompt]) as served:
            result = command(
                "run", "--set", "evals", "--evals-file", few.file(), "--model", "scripted", "--base-url", served.url,
                "--runs", 1, "--no-baseline", "--jobs", 8, "--out", tmp_path / out, *arguments,
            )  # fmt: skip
        return result, tmp_path / out

    return run


def benchmark(folder: Path) -> dict:
    return json.loads((folder / "benchmark.json").read_text("utf-8"))


def results(folder: Path) -> dict[str, dict]:
    """Name of a case -> what is kept of its last run."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*/run-*/result.json"))]
    return {each["name"]: each for each in found}


def failed(result: dict) -> set[str]:
    """The names of a run's bad verdicts."""
    grade = result["grade"]
    return {each["name"] for each in [*grade["delivered"], *grade["routing"]] if not each["passed"]}
