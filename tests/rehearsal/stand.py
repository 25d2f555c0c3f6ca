"""Several modal commands against one plane, as one rehearsal."""

import contextlib
import os
import sys
from pathlib import Path

from modal_serve_gen.commands import rehearse_app
from modal_serve_gen.rehearsal.session import Rehearsal
from modal_serve_gen.rehearsal.stage import Stage


class Stand:
    """`await stand.modal("deploy", "a.py")` gives the exit code and what was printed."""

    def __init__(self, rehearsal: Rehearsal, folder: Path):
        self.rehearsal, self.folder = rehearsal, folder
        self.plane, self.environment = rehearsal.plane, rehearsal.environment
        self.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")

    async def modal(self, *arguments: str, python: str = sys.executable, limit_s: float = 170) -> tuple[int, str]:
        printed: list[str] = []
        code = await self.rehearsal.modal(
            *arguments, python=python, folder=self.folder, limit_s=limit_s, emit=printed.append
        )
        return code, "".join(printed)


@contextlib.asynccontextmanager
async def stand(folder: Path, models: bool = False):
    """A rehearsal with the stub; commands run in `folder`. `models`: with a hub of the bundled ones."""
    stage = Stage("stub", {}, rehearse_app.repository if models else lambda model, engine: None)
    async with Rehearsal(stage, lambda text: None) as rehearsal:
        yield Stand(rehearsal, folder)
    assert not rehearsal.plane.troubles, rehearsal.plane.troubles
