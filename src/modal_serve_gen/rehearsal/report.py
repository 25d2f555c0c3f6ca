"""What a rehearsal proved, what stood in for what, and what only Modal can show."""

import importlib.metadata
import re
from collections import Counter
from typing import Any

from pydantic import BaseModel

from modal_serve_gen.rehearsal import evidence

PLANE = "Modal's control plane and its HTTP front: local ones"
HUB = "the Hugging Face Hub: a local one"
LAST_LINES = 12
# How lines begin that say nothing of the reason: trees and borders that `modal run` draws, words between tracebacks.
SAYS_NOTHING = (
    "├", "└", "│   └", "╭", "╰", "For more information check:", "The above exception was", "During handling of"
)  # fmt: skip
RAISED = re.compile(r"[A-Za-z_][\w.]*(:.*)?")  # the line that ends a traceback


class Report(BaseModel):
    """One rehearsal's outcome, with the keys of the `--json` contract."""

    ok: bool
    app: str
    modal: str
    engine: dict[str, Any]
    exit_code: int
    findings: list[str]  # what is to be mended
    last_lines: list[str]  # of modal run, where its own reason stands when it failed
    seconds: dict[str, float]
    requests: list[dict[str, Any]]
    proven: list[str]
    substituted: list[str]
    not_shown: list[str]
    faults: dict[str, int]  # each that was injected -> how often it struck
    answers: str  # what the requests through the public URL met


def write_report(target: str, code: int, began: float, ended: float, rehearsal) -> Report:
    """The report of a finished rehearsal. `ok` is what `modal run` said, unless the plane itself failed it."""
    stage, plane, front, hub = rehearsal.stage, rehearsal.plane, rehearsal.front, rehearsal.hub
    notes, output = stage.notes, "".join(rehearsal.output)
    name, pinned = next(iter(stage.pinned.items()), (None, None))
    _, version = stage.engines.get(name, (None, None))
    faulted = Counter(note["text"] for note in notes if note["kind"] == "fault")
    struck = {fault: times + faulted[fault] for fault, times in rehearsal.injector.struck.items()}
    struck |= {"hub-down": hub.asked_in_vain} if hub.down else {}
    changed = [note["text"] for note in notes if note["kind"] not in ("checked", "fault")]
    return Report(
        ok=code == 0,
        app=target,
        modal=importlib.metadata.version("modal"),
        engine={"name": name, "version": version, "pinned": pinned, "real": bool(name) and stage.engine == "real"},
        exit_code=code,
        findings=evidence.findings(output, rehearsal),
        last_lines=_telling(output)[-LAST_LINES:],
        seconds=_seconds(plane.events, began, ended),
        requests=front.requests,
        proven=evidence.proven(code, rehearsal),
        substituted=list(dict.fromkeys([PLANE, *([HUB] if hub.repositories else []), *plane.substituted, *changed])),
        not_shown=evidence.not_shown(struck, rehearsal),
        faults=struck,
        answers=evidence.answers(rehearsal),
    )


def _telling(output: str) -> list[str]:
    """The lines of `output` without tracebacks and trees: what was raised says more than where."""
    kept, inside = [], ""
    for line in output.splitlines():
        text = line.strip()
        if "Traceback (most recent call last)" in line:
            inside = "box" if text.startswith("╭") else "frames"
        elif inside == "box":
            inside = "" if text.startswith("╰") else "box"
        elif inside == "frames" and line[:1] in " \t+|":
            continue
        elif text and not text.startswith(SAYS_NOTHING):
            if inside == "frames" and RAISED.fullmatch(line):  # another container's line may stand within a traceback
                inside = ""
            kept.append(text.strip("│ ") if text.startswith("│") else line)  # of a box with a message
    return list(dict.fromkeys(reversed(kept)))[::-1]


def _seconds(events: list[tuple[float, str]], began: float, ended: float) -> dict[str, float]:
    """Seconds per phase: from `modal run` to publication, builds, each container's start, and in all."""
    at: dict[str, float] = {}
    for when, what in events:
        at.setdefault(what, when)
    seconds = {}
    for what, when in at.items():
        kind, _, tag = what.partition(": ")
        if kind == "built":
            seconds[f"build {tag}"] = when - at.get(f"build: {tag}", began)
        elif kind == "ready" and f"build: {tag}" not in at:
            seconds[f"start {tag}"] = when - at.get(f"container: {tag}", began)
        elif what == "published":
            seconds["to publication"] = when - began
        elif what == "disconnected" and "published" in at:
            seconds["entrypoint"] = when - at["published"]
    return {name: round(value, 2) for name, value in (seconds | {"total": ended - began}).items()}
