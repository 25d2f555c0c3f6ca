"""The documentation agrees with the source."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modal_serve_gen.cli import program
from scripts import docs

HAND_WRITTEN = [*docs.PAGES, "CONTRIBUTING.md", "AGENTS.md"]
# Versions, prices and sizes come from the facts: generated blocks may contain them, prose may not.
FIGURE = re.compile(r"==\s*\d|\$\s?\d|\d\s*Gi?B\b")


@pytest.mark.parametrize("page", docs.PAGES)
def test_generated_blocks_are_up_to_date(page):
    """`make docs` would change nothing."""
    text = (docs.ROOT / page).read_text("utf-8")
    assert docs.renewed(text) == text


@pytest.mark.parametrize("page", HAND_WRITTEN)
def test_prose_contains_no_version_price_or_size(page):
    """Figures of the facts are not repeated by hand."""
    prose = docs.BLOCK.sub("", (docs.ROOT / page).read_text("utf-8"))
    assert FIGURE.findall(prose) == []


def test_every_command_is_in_the_readme():
    """The README shows every command, and no other."""
    names = {command.name or command.callback.__name__ for command in program.app.registered_commands}
    shown = set(re.findall(r"modal-serve-gen (\w+)", Path(docs.ROOT / "README.md").read_text("utf-8")))
    assert names <= shown
    assert shown - names <= {"itself"}


def test_every_command_has_help():
    """`--help` of each command exits with 0 and shows its docstring."""
    for command in program.app.registered_commands:
        name = command.name or command.callback.__name__
        result = CliRunner().invoke(program.app, [name, "--help"])
        assert result.exit_code == 0 and command.callback.__doc__.split("\n")[0][:30] in result.output
