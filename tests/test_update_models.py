"""scripts/update_models.py: facts of a model are updated from the Hub; keys that the Hub does not have are kept."""

import json
import shutil

import pytest

from modal_serve_gen.folders import FACTS
from scripts import update_models
from tests.fake_hub import SHA, Repo, running


@pytest.fixture
def facts_copy(monkeypatch, tmp_path):
    """A copy of the facts, and a fake Hub with one bundled model."""
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


def test_a_bundled_model_gets_its_new_commit_and_exact_size(facts_copy, monkeypatch):
    """Revision, size and configuration come from the Hub, with their source; nothing else changes."""
    before = json.loads((FACTS / "models.json").read_text())["models"]
    assert run(monkeypatch, "Qwen/Qwen3-8B") == 0
    after = json.loads((facts_copy / "models.json").read_text())["models"]
    entry = after.pop("Qwen/Qwen3-8B")
    assert (entry["revision"], entry["weight_bytes"], entry["weight_margin"]) == (SHA, 10**10, 0.0)
    assert entry["revision_source"].startswith("127.0.0.1") and entry["sources"]["weight_bytes"]
    assert entry["tool_call_parser"] == before.pop("Qwen/Qwen3-8B")["tool_call_parser"]
    assert after == before
    assert json.loads((facts_copy / "configs" / entry["config"]).read_text())["verbatim"] is True


def test_a_model_that_cannot_be_read_is_skipped(facts_copy, monkeypatch, capsys):
    """The error names it, the exit code is 1, and the other models are updated."""
    assert run(monkeypatch, "me/unknown", "Qwen/Qwen3-8B") == 1
    after = json.loads((facts_copy / "models.json").read_text())["models"]
    assert "me/unknown" not in after and after["Qwen/Qwen3-8B"]["revision"] == SHA
    assert "me/unknown" in capsys.readouterr().err


def test_a_check_shows_changes_and_writes_nothing(facts_copy, monkeypatch, capsys):
    """It prints the old and the new commit and exits 1; after an update it finds nothing."""
    before = (facts_copy / "models.json").read_bytes()
    assert run(monkeypatch, "Qwen/Qwen3-8B", "--check") == 1
    assert (facts_copy / "models.json").read_bytes() == before and not list((facts_copy / "configs").iterdir())
    old = json.loads(before)["models"]["Qwen/Qwen3-8B"]["revision"]
    assert f"Qwen/Qwen3-8B revision: {old} -> {SHA}" in capsys.readouterr().out
    assert run(monkeypatch, "Qwen/Qwen3-8B") == 0 == run(monkeypatch, "Qwen/Qwen3-8B", "--check")


def test_an_unreachable_hub_stops_the_update(facts_copy, monkeypatch, capsys):
    """It exits 5 after the first failure, with one line."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert run(monkeypatch, "--all", "--check") == 5
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
