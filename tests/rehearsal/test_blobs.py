"""Arguments, results and files that are too large for one message."""

from pathlib import Path

import pytest

from tests.conftest import SDKS

APP = Path(__file__).with_name("apps") / "large_messages.py"


@pytest.mark.parametrize("python", SDKS)
def test_large_messages_arrive(rehearse, tmp_path, python):
    """In one upload or in parts, to and from containers, as values, generated items, files and errors."""
    (tmp_path / "a.py").write_text(APP.read_text())
    (tmp_path / "large.bin").write_bytes(bytes(5 * 2**20) + b"end")
    run = rehearse(python=python)
    assert run.code == 0 and "large messages passed" in run.output, run.output
