"""What every stand-in for an engine does alike: write down what was checked or changed, and fail when told to.

REHEARSAL_FAULTS says how: `NAME:NUMBER,...`, of seconds or of times, where 0 times means each time.
"""

import contextlib
import json
import os
import time
from pathlib import Path


def note(kind: str, text: str) -> None:
    """Append to the rehearsal's notes what was checked, left_out, changed or added, in one plain sentence."""
    if path := os.environ.get("REHEARSAL_NOTES"):
        line = json.dumps({"kind": kind, "text": text}) + "\n"
        with Path(path).open("a", encoding="utf-8") as notes:  # one write, so lines of several engines do not mix
            notes.write(line)


def strikes(name: str) -> bool:
    """Whether the fault `name` is due now. As often as was asked for, counted over all engines of the rehearsal."""
    times = _asked(name)
    if times is None:
        return False
    for number in range(int(times)):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(f"{os.environ['REHEARSAL_NOTES']}.{name}.{number}", os.O_CREAT | os.O_EXCL))
            break
    else:
        if times:
            return False
    note("fault", name)
    return True


def start_slowly() -> None:
    """Wait for as long as the fault slow-start says."""
    if seconds := _asked("slow-start"):
        note("fault", "slow-start")
        time.sleep(seconds)


def _asked(name: str) -> float | None:
    given = dict(item.partition(":")[::2] for item in os.environ.get("REHEARSAL_FAULTS", "").split(","))
    return float(given[name] or 0) if name in given else None
