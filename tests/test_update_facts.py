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
        (lambda name: None, 0, 5, "not looked at"),
        (lambda name: None, 2, 5, "not looked at"),
    ],
    ids=["a new release", "no registry", "no registry at all"],
)
def test_says_what_moved(update_facts, monkeypatch, capsys, newest, pins, code, said):
    """1 when something is newer, 5 when the registry is silent; dates of the rest always."""
    monkeypatch.setattr(update_facts, "newest", newest)
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: pins)
    assert update_facts.main() == code
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
    assert "modal billing rates" in captured.out


def test_nothing_moved(update_facts, monkeypatch):
    """0 when every pin is the newest and resolves as it stands; --write hands that on."""
    from modal_serve_gen import facts

    versions = {name: entry["version"] for name, entry in facts.pins().items()}
    monkeypatch.setattr(
        update_facts, "newest", lambda name: versions.get(name) or update_facts.importlib.metadata.version(name)
    )
    asked = []
    monkeypatch.setattr(update_facts.update_pins, "main", lambda argv: asked.append(argv) or 0)
    assert update_facts.main() == 0
    monkeypatch.setattr(sys, "argv", ["update_facts.py", "--write"])
    assert update_facts.main() == 0 and asked == [["--check"], ["--write"]]
