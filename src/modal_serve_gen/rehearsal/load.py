"""Limits that count what this machine could do, not the clock: while other processes keep its cores busy, a rehearsal
gets a share of them, and everything that it waits for takes accordingly longer.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from modal_serve_gen.rehearsal.control_plane.signals import Signal

TICK_S = 1.0  # between two looks at the load
LEAST_SHARE = 1 / 20
LOADAVG = Path("/proc/loadavg")
T = TypeVar("T")


def share() -> float:
    """This process's share of a core now: 1 if there is a core for each runnable process, else the fraction."""
    try:
        runnable = float(LOADAVG.read_text().split()[3].partition("/")[0])  # now, and not a minute's average
    except (OSError, IndexError, ValueError):
        runnable = os.getloadavg()[0] if hasattr(os, "getloadavg") else 1
    return max(LEAST_SHARE, min(1.0, cores() / max(1.0, runnable)))


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Patience:
    """A limit in seconds that pass slower while the machine is busy; `over` has to be asked every few seconds."""

    def __init__(self, limit_s: float, share: Callable[[], float] = share):
        self.left_s, self._share, self._at = limit_s, share, time.monotonic()

    def over(self) -> bool:
        now = time.monotonic()
        self.left_s -= (now - self._at) * self._share()
        self._at = now
        return self.left_s <= 0

    @property
    def pause_s(self) -> float:
        """How long to wait until `over` is to be asked again."""
        return min(TICK_S, max(0.01, self.left_s))


async def wait_for(awaitable: Awaitable[T], patience: Patience) -> T:
    """asyncio.wait_for, with a limit that passes slower while the machine is busy."""
    task = asyncio.ensure_future(awaitable)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=patience.pause_s)
            if not task.done() and patience.over():
                raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    return task.result()


async def until(changed: Signal, condition: Callable[[], bool], limit_s: float) -> bool:
    """`changed.until`, with a limit that passes slower while the machine is busy."""
    patience = Patience(limit_s)
    while not await changed.until(condition, patience.pause_s):
        if patience.over():
            return condition()
    return True
