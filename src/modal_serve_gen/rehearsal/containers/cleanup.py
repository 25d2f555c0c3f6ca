"""Watchdog that cleans up leftover processes and files when the rehearsal's own process is gone.

A rehearsal opens a pipe to it, and writes the ids of its processes' sessions into the pipe. When the pipe closes, for
whatever reason (the normal end, a crash, `kill -9`), this process kills everything in those sessions and everything
with the rehearsal's mark in its environment, and removes the rehearsal's folder. Both are needed: a process may leave
its session, and one that renames itself (as an engine's core does) overwrites its environment. It runs with the
standard library alone: `python -I -S cleanup.py MARK FOLDER`.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path


def leftovers(mark: str, sessions: Collection[int]) -> list[int]:
    """Ids of the processes with `mark` in their environment, or in one of `sessions` (on Linux; elsewhere none)."""
    needle = f"REHEARSAL_MARK={mark}".encode()
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state ppid pgrp session ...": the name may hold anything, so count from its end.
            state, _, _, session = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:4]
            if state == b"Z":
                continue  # it has ended, and waits for its parent
            if int(session) in sessions or needle in (entry / "environ").read_bytes().split(b"\0"):
                pids.append(int(entry.name))
        except (OSError, IndexError, ValueError):
            continue  # it has ended, or belongs to another user
    return [pid for pid in pids if pid != os.getpid()]


def clean_up(mark: str, folder: str, sessions: Collection[int] = (), limit_s: float = 30) -> None:
    """Kill every process of the rehearsal, then remove `folder`."""
    deadline = time.monotonic() + limit_s
    while (pids := leftovers(mark, sessions)) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    session_ids = {int(line) for line in sys.stdin.buffer.read().split()}  # returns when the rehearsal is gone
    clean_up(sys.argv[1], sys.argv[2], session_ids)
