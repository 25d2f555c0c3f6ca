"""`list`: what there is to choose from, for people and for tools."""

import json
import tomllib

import pytest

from modal_serve_gen import facts
from tests.conftest import ROOT


def told(shell, what: str) -> list[dict]:
    done = shell("list", what, "--json")
    assert done.returncode == 0 and not done.stderr
    return json.loads(done.stdout)


def test_each_workflow_says_when_to_use_it_when_not_and_what_instead(shell):
    """As its workflow.toml has it; options are spelled as they are typed."""
    rows = {row["name"]: row for row in told(shell, "workflows")}
    assert set(rows) == {path.parent.name for path in (ROOT / "templates").glob("*/workflow.toml")}
    for name, row in rows.items():
        stated = tomllib.loads((ROOT / "templates" / name / "workflow.toml").read_text("utf-8"))
        for key in ("use_when", "not_when", "instead", "default_model", "title"):
            assert row[key] == stated[key]
        assert row["endpoints"] == stated.get("endpoints", [])
        assert len(row["options"]) == len(stated["options"]) and all(each.startswith("--") for each in row["options"])
        help_text = shell("new", "--help", env={"COLUMNS": "200"}).stdout
        assert all(f" {each} " in help_text for each in row["options"])


def test_models_and_gpus_are_those_of_the_facts(shell):
    """Each with what a choice depends on."""
    assert {row["model"] for row in told(shell, "models")} == set(facts.models())
    gpus = {row["gpu"]: row for row in told(shell, "gpus")}
    assert set(gpus) == set(facts.gpus()) and all(
        row["usd_per_hour"] > 0 and row["price_read"] for row in gpus.values()
    )
    assert {row["rule"] for row in told(shell, "checks")} >= {"engine-pinned", "engine-flags", "engine-address"}


@pytest.mark.parametrize("columns", [40, 100, 400])
@pytest.mark.parametrize("what", ["workflows", "models", "gpus", "checks"])
def test_a_list_fits_the_terminal(shell, what, columns):
    """Columns where they fit, else a paragraph a row; only a word that cannot be broken is longer."""
    lines = shell("list", what, env={"COLUMNS": str(columns)}).stdout.splitlines()
    assert lines and all(len(line) <= columns or " " not in line.strip().partition(": ")[2] for line in lines)


def test_another_list_is_bad_usage(shell):
    """With what there is."""
    done = shell("list", "prices")
    assert done.returncode == 2 and "workflows" in done.stderr
