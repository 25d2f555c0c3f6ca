"""Containers with a network and files of their own; and what is said where the machine does not allow it."""

import json
import shutil
from pathlib import Path

import pytest

from modal_serve_gen.rehearsal.containers import isolation

APP = Path(__file__).parent / "apps" / "apart.py"
REFUSAL = isolation.refusal()
possible = pytest.mark.skipif(bool(REFUSAL), reason=f"this machine does not allow namespaces: {REFUSAL}")


@possible
def test_a_container_sees_itself_alone(shell, tmp_path):
    """Its files, its Volumes at their true paths, its ports; of this machine, what it may read and not change."""
    shutil.copyfile(APP, tmp_path / "apart.py")
    done = shell("rehearse", "apart.py", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(next(line for line in done.stderr.splitlines() if "RESULT" in line).partition("RESULT")[2])
    results = found["results"]
    for result in results:
        me, other = result.pop("me"), result.pop("other")
        assert me != other and f"seen/{me}" in found["data"]
        assert result == {
            "internet": "Network is unreachable", "cwd": "/root", "home": "/root", "users": [], "copied": True,
            "file": "/root/apart.py", "outside": False,
            "written": {
                "/usr/look": "Read-only file system", "/var/look": "written",
                "/root/look": "written", "/tmp/look": "written", "/mnt/data/look": "written",
            },
        }  # fmt: skip
    assert "look" in found["data"] and not Path("/var/look").exists()
    report = json.loads(done.stdout)
    assert any("Volumes at their true paths" in line for line in report["proven"])
    assert any("not to the Internet" in line for line in report["substituted"])


def test_without_it_one_line_says_so(shell):
    """The same app passes, with addresses of its own and paths of Volumes in the environment."""
    assert shell("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--no-isolation", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    (said,) = [line for line in report["substituted"] if "share this machine's files" in line]
    assert said.endswith(": isolation is turned off")
    assert not any("true paths" in line for line in report["proven"])


def test_what_the_machine_refuses_is_its_reason(tmp_path, monkeypatch):
    """The last line of what could not enter; '' where it can."""
    script = tmp_path / "enter.py"
    monkeypatch.setattr(isolation, "ENTER", script)
    for text, reason in (
        ("import sys; sys.exit('first\\nunshare: Operation not permitted')", "unshare: Operation not permitted"),
        ("raise SystemExit(4)", "it ended with 4"),
        ("", ""),
    ):
        script.write_text(text)
        assert isolation.refusal() == reason
