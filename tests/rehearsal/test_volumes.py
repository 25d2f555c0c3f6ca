"""Volumes as the SDK's own client uses them, in both versions."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import OLDEST

APP = Path(__file__).with_name("apps") / "volume_files.py"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_files_of_a_volume(shell, tmp_path, python, version):
    """Put, listed, read, copied, removed; seen by containers; refused where Modal refuses."""
    if not OLDEST.exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    (tmp_path / "a.py").write_text(APP.read_text().replace("VERSION = 2", f"VERSION = {version}"))
    done = shell("rehearse", "a.py", "--engine", "stub", "--json", python=python)
    assert done.returncode == 0, done.stderr
    assert "the Volumes are content" in done.stderr
    assert any("commit() or reload()" in line for line in json.loads(done.stdout)["substituted"])
