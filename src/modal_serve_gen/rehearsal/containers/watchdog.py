"""Starts the watchdog process (cleanup.py), which cleans up if the rehearsal no longer can."""

import os
import sys
from pathlib import Path

from modal_serve_gen.rehearsal.containers.cleanup import clean_up


class Watchdog:
    def __init__(self, mark: str, folder: Path):
        self.mark, self.folder = mark, folder
        self.sessions: set[int] = set()
        read_end, self._pipe = os.pipe()
        script = Path(__file__).with_name("cleanup.py")
        self._pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(script), mark, str(folder)],
            {"PATH": "/usr/bin:/bin"},
            file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0), (os.POSIX_SPAWN_CLOSE, self._pipe)],
            setpgroup=0,
        )
        os.close(read_end)

    def watch(self, pid: int) -> None:
        """Add a process that leads its own session."""
        self.sessions.add(pid)
        os.write(self._pipe, b"%d\n" % pid)

    def finish(self) -> None:
        """Clean up here and now, and let the watchdog process end."""
        clean_up(self.mark, str(self.folder), self.sessions)
        os.close(self._pipe)
        os.waitpid(self._pid, 0)
