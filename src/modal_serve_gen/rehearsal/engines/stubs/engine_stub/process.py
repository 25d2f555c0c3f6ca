"""Prepare the process of a real engine on the CPU. The launch scripts run this file by its path."""

import argparse
import contextlib
import ctypes
import gc
import os
import platform
import runpy
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA = 158, 0x1023, 18  # Linux, x86-64
PARENT_DEATH_SIGNAL = 1  # of prctl


def prepare() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    gc.set_threshold(100_000, 20, 20)  # imports make a million objects that all stay: collecting them costs 1 s
    libc = ctypes.CDLL(None)
    if platform.machine() == "x86_64":
        # bfloat16 kernels use AMX where the CPU has it, and die of SIGILL unless the kernel granted permission first.
        libc.syscall(ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA)
    # A forked process holds the server's port: it must not outlive a server that was killed.
    os.register_at_fork(after_in_child=lambda: libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL))


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Record how the engine ended, if it refused its command line or raised an exception.

    Of a server also that it ended before it served.
    """
    here = Path(__file__)
    note = runpy.run_path(str(here.with_name("notes.py")))["note"]
    leave = argparse.ArgumentParser.exit

    def noted(parser: argparse.ArgumentParser, status: int = 0, message: str | None = None) -> None:
        if status == 2:
            note("refused", (message or "usage error").strip())
        leave(parser, status, message)

    argparse.ArgumentParser.exit = noted
    with contextlib.ExitStack() as stack:
        if sys.argv[1] == "serve":
            ending = runpy.run_path(str(here.with_name("ending.py")))
            _when_serving(ending["settle"])
            stack.enter_context(ending["failures"]())
        try:
            yield
        except Exception as error:
            # Configurations are validated by pydantic; anything else may be due to this machine.
            kind = "invalid" if type(error).__name__ == "ValidationError" else "failed"
            note(kind, f"{type(error).__name__}: {error}")
            raise


def _when_serving(settle: Callable[[], None]) -> None:
    """Call `settle` once the engine's server accepts connections."""
    import uvicorn

    startup = uvicorn.Server.startup

    async def started(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        await startup(self, sockets=sockets)
        settle()

    uvicorn.Server.startup = started  # type: ignore[method-assign]
