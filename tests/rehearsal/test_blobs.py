"""What is too large for one message: arguments, results, uploaded files."""

import sys
from pathlib import Path

import pytest

from tests.conftest import OLDEST

APP = Path(__file__).with_name("apps") / "large_things.py"


@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_large_things_arrive(shell, tmp_path, python):
    """By one upload or in parts, to and from containers, as values, generated pieces, files and errors."""
    if not Path(python).exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    (tmp_path / "a.py").write_text(APP.read_text())
    (tmp_path / "large.bin").write_bytes(bytes(5 * 2**20) + b"end")
    done = shell("rehearse", "a.py", "--engine", "stub", python=python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the large things are content" in done.stdout
