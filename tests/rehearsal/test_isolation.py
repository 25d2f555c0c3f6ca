"""Containers with their own network and files, and the reason in the report if this is not possible."""

import json
import shutil
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal.containers import isolation

APP = Path(__file__).parent / "apps" / "isolated.py"
REFUSAL = isolation.refusal()
possible = pytest.mark.skipif(bool(REFUSAL), reason=f"run as root or allow user namespaces: {REFUSAL}")


@possible
def test_a_container_is_isolated(rehearse, tmp_path):
    """It has its own files, Volumes and ports; system folders of this machine are read-only."""
    shutil.copyfile(APP, tmp_path / "isolated.py")
    run = rehearse(target="isolated.py")
    assert run.code == 0, run.output
    seen = json.loads(next(line for line in run.output.splitlines() if "RESULT" in line).partition("RESULT")[2])
    for result in seen["results"]:
        me, other = result.pop("me"), result.pop("other")
        assert me != other and f"seen/{me}" in seen["data"]
        assert result == {
            "internet": "Network is unreachable", "cwd": "/root", "home": "/root", "users": [], "copied": True,
            "file": "/root/isolated.py", "outside": False,
            "written": {
                "/usr/look": "Read-only file system", "/var/look": "written",
                "/root/look": "written", "/tmp/look": "written", "/mnt/data/look": "written",
            },
        }  # fmt: skip
    assert "look" in seen["data"] and not Path("/var/look").exists()
    assert any("Volumes at their true paths" in line for line in run.report["proven"])
    assert any("not to the Internet" in line for line in run.report["substituted"])


def test_an_app_passes_without_isolation(new, rehearse):
    """Containers have their own addresses, and paths of Volumes are rewritten in the environment."""
    new(model="Qwen/Qwen3-0.6B")
    run = rehearse("--no-isolation")
    assert run.code == 0, run.output
    (line,) = [line for line in run.report["substituted"] if "share this machine's files" in line]
    assert line.endswith(": isolation is turned off")
    assert not any("true paths" in line for line in run.report["proven"])


def test_the_reason_why_isolation_is_impossible(tmp_path, monkeypatch):
    """The last line of the program that enters the namespaces, or '' if it succeeds."""
    script = tmp_path / "enter.py"
    monkeypatch.setattr(isolation, "ENTER", script)
    for text, reason in (
        ("import sys; sys.exit('first\\nunshare: Operation not permitted')", "unshare: Operation not permitted"),
        ("raise SystemExit(4)", "it ended with 4"),
        ("", ""),
    ):
        script.write_text(text)
        assert isolation.refusal() == reason
