"""Several modal commands against one control plane, as one rehearsal."""

import contextlib
import os
import sys
from pathlib import Path

from modal_serve_gen.models import hub
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.session import Rehearsal
from tests.conftest import LIMIT_S


class LocalModal:
    """`await local.modal("deploy", "a.py")` returns the exit code and the output."""

    def __init__(self, rehearsal: Rehearsal, folder: Path):
        self.rehearsal, self.folder = rehearsal, folder
        self.plane, self.environment = rehearsal.plane, rehearsal.environment
        self.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")

    async def modal(self, *arguments: str, python: str = sys.executable, limit_s: float = LIMIT_S) -> tuple[int, str]:
        printed: list[str] = []
        code = await self.rehearsal.modal(
            *arguments, python=python, folder=self.folder, limit_s=limit_s, emit=printed.append
        )
        return code, "".join(printed)


@contextlib.asynccontextmanager
async def local_modal(folder: Path, models: bool = False):
    """A rehearsal with the stub whose commands run in `folder`; `models`: its hub serves the bundled models."""
    config = RehearsalConfig("stub", {}, hub.repository_config if models else lambda model, engine: None)
    async with Rehearsal(config, lambda text: None) as rehearsal:
        yield LocalModal(rehearsal, folder)
    assert not rehearsal.plane.internal_errors, rehearsal.plane.internal_errors
