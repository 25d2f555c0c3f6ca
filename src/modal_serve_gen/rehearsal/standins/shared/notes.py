"""What every stand-in for an engine does alike: write down what was checked or changed, and fail when told to."""

import json
import os
from pathlib import Path

FAULTS = ("crash-at-start", "crash-mid-stream", "slow-start")


def note(kind: str, text: str) -> None:
    """Append to the rehearsal's notes what was checked, left_out, changed or added, in one plain sentence."""
    if path := os.environ.get("REHEARSAL_NOTES"):
        line = json.dumps({"kind": kind, "text": text}) + "\n"
        with Path(path).open("a", encoding="utf-8") as notes:  # one write, so lines of several engines do not mix
            notes.write(line)


def faults() -> dict[str, float]:
    """The faults that REHEARSAL_FAULT asks for (`crash-at-start,slow-start:5`), with their seconds."""
    found = {}
    for item in filter(None, os.environ.get("REHEARSAL_FAULT", "").split(",")):
        name, _, seconds = item.partition(":")
        if name not in FAULTS:
            raise ValueError(f"REHEARSAL_FAULT names {name!r}; known are {', '.join(FAULTS)}")
        try:
            found[name] = float(seconds or 0)
        except ValueError:
            raise ValueError(f"REHEARSAL_FAULT gives {seconds!r} as the seconds of {name}") from None
    return found
