"""Descendants of a process, read from /proc (on Linux; elsewhere none are found)."""

import os
from pathlib import Path

CLOCK_HZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# Fields of /proc/PID/stat after the name (proc_pid_stat(5)).
STATE, PARENT, USER_TIME, SYSTEM_TIME, EXIT_CODE = 0, 1, 11, 12, 49


def cpu_s(*pids: int) -> float:
    """Seconds of CPU time that processes and their descendants have used."""
    rows = [_stat(pid) for pid in (*pids, *descendants(*pids))]
    return sum(int(row[USER_TIME]) + int(row[SYSTEM_TIME]) for row in rows if row) / CLOCK_HZ


def failed(ancestor: int) -> int:
    """The exit code of a descendant that failed and that nobody has waited for; 0 if there is none, or one still runs.

    A process that a signal has ended has not failed.
    """
    code = 0
    for row in map(_stat, descendants(ancestor)):
        if row and row[STATE] != "Z":
            return 0
        if row and (status := int(row[EXIT_CODE])) & 0x7F == 0:  # the status of wait(2)
            code = code or status >> 8
    return code


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name, which may hold anything; [] if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def descendants(*ancestors: int) -> list[int]:
    """Child processes of `ancestors`, their children, and so on, as long as their parents live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if row := _stat(int(entry.name)):
            children.setdefault(int(row[PARENT]), []).append(int(entry.name))
    pids: list[int] = []
    queue = list(ancestors)
    while queue:
        below = children.get(queue.pop(), [])
        pids += below
        queue += below
    return pids
