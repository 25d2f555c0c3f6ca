"""Fixtures: a generated app in a.py, its rehearsal with the stub, and the stub's environment and model."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modal_serve_gen import facts
from modal_serve_gen.commands import new_app
from modal_serve_gen.rehearsal.engines import miniature
from tests.rehearsal.engines import MODEL, container


@dataclass(frozen=True)
class Run:
    """Result of one `rehearse --json`: exit code, everything printed, and the report."""

    code: int
    output: str
    report: dict[str, Any]

    @property
    def statuses(self) -> list[int]:
        """HTTP statuses of the requests, in order."""
        return [request["status"] for request in self.report["requests"]]

    @property
    def proven(self) -> str:
        return "\n".join(self.report["proven"])

    @property
    def last_lines(self) -> str:
        """The reason of a failure, which the report repeats."""
        return "\n".join(self.report["last_lines"])


@pytest.fixture
def new(tmp_path):
    """Write a generated app: `new(workflow="vllm-throughput")` returns the path of a.py."""

    def write(**options) -> Path:
        app = new_app.make(options, source=None, generator="test", offline=True, say=print)
        path = tmp_path / "a.py"
        path.write_text(app.text, "utf-8")
        return path

    return write


@pytest.fixture
def rehearse(shell):
    """Rehearse a.py as a process, with the stub: `rehearse("--fault", "preempt")` returns a Run."""

    def run(*arguments: str, target: str = "a.py", engine: str = "stub", python: str = sys.executable) -> Run:
        done = shell("rehearse", target, "--engine", engine, "--json", *arguments, python=python)
        return Run(done.returncode, done.stderr + done.stdout, json.loads(done.stdout) if done.stdout else {})

    return run


@pytest.fixture(scope="session")
def env(tmp_path_factory) -> Path:
    """A container's environment with the stub of vLLM."""
    return container(tmp_path_factory.mktemp("stub") / "env")


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """A folder with a miniature model for the stubs."""
    folder = tmp_path_factory.mktemp("model")
    miniature.make(facts.config(MODEL).config, folder=folder, engine_python=None)
    return folder


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace text in a file; each old text must occur in it."""
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
