"""Longest answers of a rehearsal: random weights hardly ever end an answer by themselves. Each cut is noted.

Launch scripts of the real engines run this file by its path.
"""

import json
import runpy
from pathlib import Path

HERE = Path(__file__).parent
LIMITS = json.loads((HERE / "limits.json").read_text(encoding="utf-8"))
_noted: set[str] = set()


def cut(limit: int | None, *, structured: bool = False) -> int:
    """The limit in tokens for a request with `limit` (None: none), which may ask for a `structured` answer."""
    if limit is None:
        most = LIMITS["structured" if structured else "unlimited"]
        what = f"answers {'in a requested format ' if structured else ''}without max_tokens end after {most} tokens"
        _note(f"{what}: random weights do not end them")
        return most
    if limit > LIMITS["longest"]:
        _note(f"answers of more than {LIMITS['longest']} tokens are cut there: longer ones take a CPU minutes")
    return min(limit, LIMITS["longest"])


def _note(text: str) -> None:
    """Record this once per process; the report repeats no line."""
    if text not in _noted:
        _noted.add(text)
        runpy.run_path(str(HERE / "notes.py"))["note"]("changed", text)
