"""Processes and what they started, by the kernel's own table (on Linux; elsewhere none are found)."""

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Processes that `pid` started, or that those started, and so on, while their parents live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (name) state ppid ...": the name may hold anything, so count from its end.
            parent = int(entry.read_bytes().rpartition(b")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue  # gone meanwhile
        children.setdefault(parent, []).append(int(entry.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
