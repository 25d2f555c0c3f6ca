"""docs/evals.md: its commands and their options exist."""

import re
import shlex

import pytest
import typer

from evals.__main__ import app
from tests.conftest import ROOT
from tests.evals.conftest import command

PAGE = (ROOT / "docs" / "evals.md").read_text("utf-8")
LINES = re.findall(r"^\$ python -m evals (.*?)\s*(?:#.*)?$", PAGE, re.M)
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("line", LINES)
def test_a_documented_command_exists(line):
    """So do the options that it uses."""
    name, *words = shlex.split(line)
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_every_command_is_documented():
    """No command is missing."""
    assert {line.split()[0] for line in LINES} == set(COMMANDS)


def test_the_documented_dry_run(monkeypatch):
    """It shows the runs of all cases and queries without calling a model."""
    monkeypatch.setenv("OPENAI_API_KEY", "unused-key")
    result = command(*shlex.split(next(line for line in LINES if "--dry-run" in line)))
    assert result.exit_code == 0
    assert "cases with the control" in result.stdout and "queries with the control" in result.stdout


def test_help_of_every_command():
    """`--help` exits with 0."""
    for name in COMMANDS:
        assert command(name, "--help").exit_code == 0
