"""Run small evaluations in this process, against a scripted endpoint."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import answers, cases
from evals.__main__ import app
from evals.runners import endpoint
from tests.evals.scripted import KEY, Endpoint, right_turns

ROWS = {row["name"]: row for row in json.loads(cases.EVALS.read_text("utf-8"))["evals"]}
QUERIES = json.loads(cases.TRIGGERS.read_text("utf-8"))
GOOD = answers.load().good
CASES = {case.name: case for case in cases.evals()}


def command(*arguments: object):
    """`python -m evals ARGUMENTS` in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def solve(case: str) -> list[dict]:
    """The turns of an agent that solves a case."""
    return right_turns(CASES[case], GOOD.get(case))


class CaseFile:
    """An evals.json of real cases with changed names and prompts, and the agent's turns for each of them."""

    def __init__(self, folder: Path):
        self.folder, self.rows, self.turns = folder, [], {}

    def add(self, name: str, case: str, turns: list, **changed: object) -> str:
        """Add a case, and return its prompt."""
        prompt = f"{ROWS[case]['prompt']} [{name}]"
        replaced = {"id": len(self.rows) + 1, "name": name, "prompt": prompt, "rehearse": False, "control": False}
        self.rows.append(ROWS[case] | replaced | changed)
        self.turns[prompt] = turns
        return prompt

    def write(self) -> Path:
        """Write the evals.json, and return its path."""
        path = self.folder / "evals.json"
        path.write_text(json.dumps({"skill_name": cases.SKILL, "evals": self.rows}), "utf-8")
        return path

    def control(self, turns: list | None = None) -> str:
        """Add the control, and return its prompt."""
        return self.add("control", "online-control", turns or solve("online-control"), control=True)


@pytest.fixture
def case_file(tmp_path):
    """An evals.json without cases."""
    return CaseFile(tmp_path)


@pytest.fixture
def evaluate(tmp_path, monkeypatch):
    """Evaluate a case file with the scripted endpoint; returns the result of the command and the output folder."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(endpoint, "RETRIES", 1)
    monkeypatch.setattr(endpoint, "PAUSE_S", 0.05)

    def run(case_file: CaseFile, *arguments: object, out: str = "out"):
        with Endpoint(lambda prompt: case_file.turns[prompt]) as served:
            result = command(
                "run", "--set", "evals", "--evals-file", case_file.write(), "--model", "scripted", "--base-url",
                served.url, "--runs", 1, "--no-baseline", "--jobs", 8, "--out", tmp_path / out, *arguments,
            )  # fmt: skip
        return result, tmp_path / out

    return run


def benchmark(folder: Path) -> dict:
    """The benchmark.json of an evaluation."""
    return json.loads((folder / "benchmark.json").read_text("utf-8"))


def results(folder: Path) -> dict[str, dict]:
    """The last result of each case, by name."""
    documents = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*/run-*/result.json"))]
    return {document["name"]: document for document in documents}


def failed(result: dict) -> set[str]:
    """The names of the failed verdicts of a run."""
    grade = result["grade"]
    return {verdict["name"] for verdict in [*grade["delivered"], *grade["routing"]] if not verdict["passed"]}
