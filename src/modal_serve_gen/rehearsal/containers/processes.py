"""Descendants of a process, read from /proc (on Linux; elsewhere none are found)."""

from pathlib import Path


def descendants(*ancestors: int) -> list[int]:
    """Child processes of `ancestors`, their children, and so on, as long as their parents live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (name) state ppid ...": the name may hold anything, so count from its end.
            parent = int(entry.read_bytes().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue  # it has ended
        children.setdefault(parent, []).append(int(entry.parent.name))
    pids: list[int] = []
    queue = list(ancestors)
    while queue:
        below = children.get(queue.pop(), [])
        pids += below
        queue += below
    return pids
