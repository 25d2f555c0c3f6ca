"""`list`: workflows, models, GPUs and checks, as text and as JSON."""

import json
import tomllib

import pytest

from modal_serve_gen import facts
from tests.conftest import ROOT


def listed(shell, kind: str) -> list[dict]:
    done = shell("list", kind, "--json")
    assert done.returncode == 0 and not done.stderr
    return json.loads(done.stdout)


def test_workflows_are_listed_with_their_descriptions(shell):
    """Those of workflow.toml; options are spelled as on the command line."""
    rows = {row["name"]: row for row in listed(shell, "workflows")}
    assert set(rows) == {path.parent.name for path in (ROOT / "templates").glob("*/workflow.toml")}
    for name, row in rows.items():
        stated = tomllib.loads((ROOT / "templates" / name / "workflow.toml").read_text("utf-8"))
        for key in ("use_when", "not_when", "instead", "default_model", "title"):
            assert row[key] == stated[key]
        assert row["endpoints"] == stated.get("endpoints", [])
        assert len(row["options"]) == len(stated["options"]) and all(name.startswith("--") for name in row["options"])
        help_text = shell("new", "--help", env={"COLUMNS": "200"}).stdout
        assert all(f" {name} " in help_text for name in row["options"])


def test_models_and_gpus_are_those_of_the_facts(shell):
    """All of them, GPUs with their prices; rules of `check` are listed as well."""
    assert {row["model"] for row in listed(shell, "models")} == set(facts.models())
    gpus = {row["gpu"]: row for row in listed(shell, "gpus")}
    assert set(gpus) == set(facts.gpus()) and all(
        row["usd_per_hour"] > 0 and row["price_read"] for row in gpus.values()
    )
    assert {row["rule"] for row in listed(shell, "checks")} >= {"engine-pinned", "engine-flags", "engine-address"}


@pytest.mark.parametrize("columns", [40, 100, 400])
@pytest.mark.parametrize("kind", ["workflows", "models", "gpus", "checks"])
def test_a_list_fits_the_terminal(shell, kind, columns):
    """As a table if it fits, else one paragraph per row; only words that cannot be broken exceed the width."""
    lines = shell("list", kind, env={"COLUMNS": str(columns)}).stdout.splitlines()
    assert lines and all(len(line) <= columns or " " not in line.strip().partition(": ")[2] for line in lines)


def test_an_unknown_list_is_bad_usage(shell):
    """The error names the lists."""
    done = shell("list", "prices")
    assert done.returncode == 2 and "workflows" in done.stderr
