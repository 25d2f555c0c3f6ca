"""The last one out: ends whatever a rehearsal leaves behind when its own process is gone.

A rehearsal hands it the write end of a pipe and holds it open. When that end closes, for whatever reason (the normal
end, a crash, `kill -9`), this process kills everything that carries the rehearsal's mark in its environment and removes
the rehearsal's folder. It runs with the standard library alone: `python -I -S reaper.py MARK FOLDER`.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path


def marked(mark: str) -> list[int]:
    """Ids of the processes whose environment has `mark` (Linux; elsewhere none are found this way)."""
    needle = f"REHEARSAL_MARK={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and needle in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return found


def reap(mark: str, folder: str, patience_s: float = 5) -> None:
    """Kill every process that carries `mark`, then remove `folder`."""
    deadline = time.monotonic() + patience_s
    while (left := marked(mark)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.stdin.buffer.read()  # returns when the rehearsal is gone
    reap(sys.argv[1], sys.argv[2])
