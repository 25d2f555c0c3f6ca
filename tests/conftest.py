"""Shared fixtures: the command line in this process, and in a separate process."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import hypothesis
import pytest
from typer.testing import CliRunner

from modal_serve_gen.cli import program

ROOT = Path(__file__).resolve().parent.parent
OLDEST = ROOT / ".cache" / "oldest-sdk" / "bin" / "python"
LIMIT_S = 1800  # for one process or one test: a busy machine is not a failure
SDKS = [
    pytest.param(sys.executable, id="newest SDK"),
    pytest.param(
        str(OLDEST),
        id="oldest SDK",
        marks=[pytest.mark.slow, pytest.mark.skipif(not OLDEST.exists(), reason="run `make setup`: no oldest SDK")],
    ),
]

# The first lines of a Python script. After #!, the kernel supports no paths with spaces, so /bin/sh starts Python.
SHEBANG = f"#!/bin/sh\n'''exec' \"{sys.executable}\" \"$0\" \"$@\"\n' '''\n"

# No deadline for examples: a busy machine is not a failure.
hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")


def pytest_configure(config):
    config.addinivalue_line("markers", "fuzz: hostile input; `make fuzz` runs it with many more examples")
    config.addinivalue_line("markers", "engine: requires the CPU engine's environment")
    config.addinivalue_line(
        "markers", "slow: slow and rarely informative; `make test` leaves it out, `make test-all` runs it"
    )


def slow_except(values: Iterable[str], *everyday: str) -> list:
    """Parameters of a test: all but `everyday` are marked as slow, so that `make test` leaves them out."""
    values = list(values)
    assert set(everyday) <= set(values)
    return [value if value in everyday else pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.fixture(autouse=True)
def no_account(monkeypatch):
    """Hide any Modal account and Hub token of this machine from the tests."""
    for name in list(os.environ):
        if name.startswith(("MODAL_", "HF_")) and name != "MODAL_SERVE_GEN_CACHE":
            monkeypatch.delenv(name)


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Run the command line in this process, in an empty folder: `cli("new", "a.py")` returns typer's result."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str):
        return CliRunner().invoke(program.app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def shell(tmp_path):
    """Run the command line as a process: `shell("rehearse", "a.py")` returns a CompletedProcess."""

    def run(*arguments: str, python: str | Path = sys.executable, env: dict | None = None):
        return subprocess.run(
            [str(python), "-m", "modal_serve_gen.cli", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            env={**os.environ, **(env or {})},
        )

    return run
