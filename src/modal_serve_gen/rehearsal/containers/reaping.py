"""The rehearsal's side of its reaper (reaper.py), which clears up when the rehearsal no longer can."""

import os
import sys
from pathlib import Path

from modal_serve_gen.rehearsal.containers.reaper import reap


class Reaper:
    """The process that clears up if this one cannot (reaper.py)."""

    def __init__(self, mark: str, folder: Path):
        self.mark, self.folder = mark, folder
        self.sessions: set[int] = set()
        read_end, self._pipe = os.pipe()
        script = Path(__file__).with_name("reaper.py")
        self._pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(script), mark, str(folder)],
            {"PATH": "/usr/bin:/bin"},
            file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0), (os.POSIX_SPAWN_CLOSE, self._pipe)],
            setpgroup=0,
        )
        os.close(read_end)

    def watch(self, pid: int) -> None:
        """Tell of a process that was started in a session of its own."""
        self.sessions.add(pid)
        os.write(self._pipe, b"%d\n" % pid)

    def finish(self) -> None:
        """Clear up here and now, and let the other go."""
        reap(self.mark, str(self.folder), self.sessions)
        os.close(self._pipe)
        os.waitpid(self._pid, 0)
