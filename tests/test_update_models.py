"""scripts/update_models.py writes what the Hub says into the facts, and keeps what it does not say."""

import json
import shutil

import pytest

from modal_serve_gen.folders import FACTS
from scripts import update_models
from tests.fake_hub import SHA, Repo, running


@pytest.fixture
def copied(monkeypatch, tmp_path):
    """The facts in a folder of the test's own, and a Hub that has one bundled model."""
    shutil.copy(FACTS / "models.json", tmp_path)
    (tmp_path / "configs").mkdir()
    monkeypatch.setattr(update_models, "FACTS", tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    config = json.loads((FACTS / "configs" / "Qwen--Qwen3-8B.json").read_text())["config"]
    with running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repos["Qwen/Qwen3-8B"] = Repo({"config.json": 9, "model.safetensors": 10**10}, json.dumps(config).encode())
        yield tmp_path


def run(monkeypatch, *argv: str) -> int:
    monkeypatch.setattr("sys.argv", ["update_models.py", *argv])
    return update_models.main()


def test_a_bundled_model_gets_its_new_commit_and_exact_size(copied, monkeypatch):
    """Revision, size and configuration are the Hub's, with source; the parsers stay; nothing else changes."""
    before = json.loads((FACTS / "models.json").read_text())["models"]
    assert run(monkeypatch, "Qwen/Qwen3-8B") == 0
    after = json.loads((copied / "models.json").read_text())["models"]
    entry = after.pop("Qwen/Qwen3-8B")
    assert (entry["revision"], entry["weight_bytes"], entry["weight_margin"]) == (SHA, 10**10, 0.0)
    assert entry["revision_source"].startswith("127.0.0.1") and entry["sources"]["weight_bytes"]
    assert entry["tool_call_parser"] == before.pop("Qwen/Qwen3-8B")["tool_call_parser"]
    assert after == before
    assert json.loads((copied / "configs" / entry["config"]).read_text())["verbatim"] is True


def test_a_model_that_cannot_be_read_leaves_its_facts_as_they_are(copied, monkeypatch, capsys):
    """It is named, the exit is 1, and the others are still written."""
    assert run(monkeypatch, "me/unknown", "Qwen/Qwen3-8B") == 1
    after = json.loads((copied / "models.json").read_text())["models"]
    assert "me/unknown" not in after and after["Qwen/Qwen3-8B"]["revision"] == SHA
    assert "me/unknown" in capsys.readouterr().err


def test_a_check_shows_what_moved_and_writes_nothing(copied, monkeypatch, capsys):
    """The new commit beside the old one, exit 1; a second check after an update finds nothing."""
    before = (copied / "models.json").read_bytes()
    assert run(monkeypatch, "Qwen/Qwen3-8B", "--check") == 1
    assert (copied / "models.json").read_bytes() == before and not list((copied / "configs").iterdir())
    old = json.loads(before)["models"]["Qwen/Qwen3-8B"]["revision"]
    assert f"Qwen/Qwen3-8B revision: {old} -> {SHA}" in capsys.readouterr().out
    assert run(monkeypatch, "Qwen/Qwen3-8B") == 0 == run(monkeypatch, "Qwen/Qwen3-8B", "--check")


def test_a_silent_hub_ends_the_asking(copied, monkeypatch, capsys):
    """Exit 5 and one sentence, instead of waiting for every model in turn."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert run(monkeypatch, "--all", "--check") == 5
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
