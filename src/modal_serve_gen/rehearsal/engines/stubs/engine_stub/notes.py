"""Record what was checked or changed in the rehearsal's notes, and trigger injected faults.

REHEARSAL_FAULTS lists faults as `NAME:NUMBER,...`: seconds, or how often the fault occurs (0: every time).
"""

import contextlib
import json
import os
import time
from pathlib import Path


def note(kind: str, text: str) -> None:
    """Append one sentence about something checked, left_out, changed or added, launched, started, ended or failed."""
    if path := os.environ.get("REHEARSAL_NOTES"):
        line = json.dumps({"kind": kind, "text": text, "container": os.environ.get("MODAL_TASK_ID", "")}) + "\n"
        with Path(path).open("a", encoding="utf-8") as notes:  # one write, so that lines of several engines do not mix
            notes.write(line)


def triggered(fault: str) -> bool:
    """True if `fault` is due now. Occurrences are counted over all engines of the rehearsal."""
    times = _number(fault)
    if times is None:
        return False
    for number in range(int(times)):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(f"{os.environ['REHEARSAL_NOTES']}.{fault}.{number}", os.O_CREAT | os.O_EXCL))
            break
    else:
        if times:
            return False
    note("fault", fault)
    return True


def delay_start() -> None:
    """Wait for the seconds of the fault slow-start."""
    if seconds := _number("slow-start"):
        note("fault", "slow-start")
        time.sleep(seconds)


def _number(fault: str) -> float | None:
    faults = dict(item.partition(":")[::2] for item in os.environ.get("REHEARSAL_FAULTS", "").split(","))
    return float(faults[fault] or 0) if fault in faults else None
