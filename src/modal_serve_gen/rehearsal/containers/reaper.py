"""The last one out: ends whatever a rehearsal leaves behind when its own process is gone.

A rehearsal hands it the write end of a pipe, writes the ids of its processes' sessions into it, and holds it open. When
that end closes, for whatever reason (the normal end, a crash, `kill -9`), this process kills everything in those
sessions and everything that carries the rehearsal's mark in its environment, and removes the rehearsal's folder. Both
signs are needed: a process may leave its session, and one that renames itself (an engine's core does) overwrites its
environment. It runs with the standard library alone: `python -I -S reaper.py MARK FOLDER`.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path


def belonging(mark: str, sessions: Collection[int]) -> list[int]:
    """Ids of the processes with `mark` in their environment, or in one of `sessions` (on Linux; elsewhere none)."""
    needle = f"REHEARSAL_MARK={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state ppid pgrp session ...": the name may hold anything, so count from its end.
            session = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[3])
            if session in sessions or needle in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except (OSError, IndexError, ValueError):
            continue  # gone meanwhile, or somebody else's
    return [pid for pid in found if pid != os.getpid()]


def reap(mark: str, folder: str, sessions: Collection[int] = (), patience_s: float = 5) -> None:
    """Kill every process of the rehearsal, then remove `folder`."""
    deadline = time.monotonic() + patience_s
    while (left := belonging(mark, sessions)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    told = {int(line) for line in sys.stdin.buffer.read().split()}  # returns when the rehearsal is gone
    reap(sys.argv[1], sys.argv[2], told)
