"""Classes and calls with the real `modal run`: methods, maps, instances, retries, several containers, timeouts."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.conftest import OLDEST
from tests.rehearsal.local_modal import local_modal

APP = Path(__file__).with_name("apps") / "classes.py"


@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_classes_answer_as_on_modal(python, tmp_path):
    """remote, map, starmap, spawn and gather, generators, parameters, options, retries, a call's timeout."""
    if not Path(python).exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    (tmp_path / "a.py").write_text(APP.read_text())

    async def main() -> None:
        async with local_modal(tmp_path) as one:
            code, output = await one.modal("run", "a.py", python=python)
            assert code == 0 and "the classes are content" in output, output

    asyncio.run(main())


def test_idle_containers_end(tmp_path):
    """After their scale-down window, with their exit methods, down to what the app keeps warm."""
    (tmp_path / "a.py").write_text(APP.with_name("scaled.py").read_text())

    async def main() -> None:
        async with local_modal(tmp_path) as one:
            code, output = await one.modal("run", "a.py")
            assert code == 0 and "the scaling is content" in output, output

    asyncio.run(main())
