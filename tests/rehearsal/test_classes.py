"""Classes and calls with the real `modal run`: methods, maps, parameters, retries, several containers, timeouts."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import SDKS
from tests.rehearsal.local_modal import local_modal

APP = Path(__file__).with_name("apps") / "classes.py"


@pytest.mark.parametrize("python", SDKS)
def test_classes_behave_as_on_modal(python, tmp_path):
    """remote, map, starmap, spawn and gather, generators, parameters, options, retries, the timeout of a call."""
    (tmp_path / "a.py").write_text(APP.read_text())

    async def main() -> None:
        async with local_modal(tmp_path) as local:
            code, output = await local.modal("run", "a.py", python=python)
            assert code == 0 and "classes passed" in output, output

    asyncio.run(main())


def test_idle_containers_are_stopped(tmp_path):
    """After their scale-down window, with their exit methods, down to the number that the app keeps warm."""
    (tmp_path / "a.py").write_text(APP.with_name("scaled.py").read_text())

    async def main() -> None:
        async with local_modal(tmp_path) as local:
            code, output = await local.modal("run", "a.py")
            assert code == 0 and "scaling passed" in output, output

    asyncio.run(main())
