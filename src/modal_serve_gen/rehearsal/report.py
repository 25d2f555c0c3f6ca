"""The report of a rehearsal, with the keys of the `--json` contract."""

import importlib.metadata
import re
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, Field

from modal_serve_gen.rehearsal import cause, report_lines
from modal_serve_gen.rehearsal.cause import Cause
from modal_serve_gen.rehearsal.control_plane.events import Event, EventKind
from modal_serve_gen.rehearsal.outcome import Outcome
from modal_serve_gen.rehearsal.outputs import Written
from modal_serve_gen.rehearsal.redaction import Redaction
from modal_serve_gen.rehearsal.web.request_record import RequestRecord

CONTROL_PLANE = "Modal's control plane and HTTP ingress: local servers"
HUB = "the Hugging Face Hub: a local server"
LAST_LINES = 8
# Prefixes of lines that do not explain a failure: trees and borders of `modal run`, text between tracebacks.
UNINFORMATIVE = (
    "├", "└", "│   └", "╭", "╰", "For more information check:", "The above exception was", "During handling of"
)  # fmt: skip
SUBSTITUTED = ("left_out", "changed", "added")  # kinds of notes
RAISED = re.compile(r"[A-Za-z_][\w.]*(:.*)?")  # the line that ends a traceback


class EngineRecord(BaseModel):
    """The engine that the app pins, if any, and the version of the real one that ran instead."""

    name: str | None
    version: str | None
    pinned: str | None
    real: bool


class Report(BaseModel):
    """The outcome of one rehearsal."""

    ok: bool
    cause: Cause | None  # whose fault it is; None if the rehearsal did not fail
    app: str
    modal: str
    engine: EngineRecord
    exit_code: int
    findings: list[str]  # problems to fix
    last_lines: list[str]  # of the commands' output, without tracebacks
    seconds: dict[str, float]
    requests: list[RequestRecord]
    proven: list[str]
    substituted: list[str]
    not_shown: list[str]
    faults: dict[str, int]  # injected fault -> how often it was triggered
    written: Written | None  # files that the entrypoint wrote, which are not in place
    answers: str  # statuses of all requests through the public URL
    exercised: bool = Field(exclude=True)  # the entrypoint exited with code 0, or every web endpoint answered

    def redacted(self, redaction: Redaction) -> "Report":
        """The same report without the values of the user's Secrets."""
        return Report(**redaction.everything(self.model_dump(mode="json")), exercised=self.exercised)


def write_report(outcome: Outcome) -> Report:
    """The report of a finished rehearsal."""
    plane, substitutes, hub = outcome.plane, outcome.substitutes, outcome.hub
    name, pinned = next(iter(substitutes.pinned.items()), (None, None))
    real = outcome.config.engines.get(name) if name else None
    by_stubs = Counter(note.text for note in substitutes.notes if note.kind == "fault")
    triggered = {fault: times + by_stubs[fault] for fault, times in outcome.triggered.items()}
    triggered |= {"hub-down": hub.refused} if hub.down else {}
    changed = [note.text for note in substitutes.notes if note.kind in SUBSTITUTED]
    substituted = [CONTROL_PLANE, *([HUB] if hub.repositories else []), *plane.substituted, *changed]
    return Report(
        ok=outcome.ok,
        cause=cause.find(outcome),
        app=outcome.app,
        modal=importlib.metadata.version("modal"),
        engine=EngineRecord(
            name=name,
            version=real.version if real else None,
            pinned=pinned,
            real=bool(name) and outcome.config.engine == "real",
        ),
        exit_code=outcome.exit_code,
        findings=report_lines.findings(outcome),
        last_lines=last_lines(outcome.output),
        seconds=_seconds(plane.events, outcome.started_at, outcome.ended_at),
        requests=outcome.ingress.requests,
        proven=report_lines.proven(outcome),
        substituted=list(dict.fromkeys(substituted)),
        not_shown=report_lines.not_shown(outcome, triggered),
        faults=triggered,
        written=outcome.written,
        answers=report_lines.answers(outcome),
        exercised=outcome.exercised,
    )


def last_lines(output: str) -> list[str]:
    """The last informative lines of `output`: without trees and the frames of tracebacks, but with what was raised."""
    lines, inside = [], ""
    for line in output.splitlines():
        text = line.strip()
        if "Traceback (most recent call last)" in line:
            inside = "box" if text.startswith("╭") else "frames"
        elif inside == "box":
            inside = "" if text.startswith("╰") else "box"
        elif inside == "frames" and line[:1] in " \t+|":
            continue
        elif text and not text.startswith(UNINFORMATIVE):
            # Lines of another container may be interleaved with a traceback.
            if inside == "frames" and RAISED.fullmatch(line):
                inside = ""
            lines.append(text.strip("│ ") if text.startswith("│") else line)  # of a box with a message
    return list(dict.fromkeys(reversed(lines)))[::-1][-LAST_LINES:]


def _seconds(events: Sequence[Event], started_at: float, ended_at: float) -> dict[str, float]:
    """Seconds of each phase: to the app's publication, of builds, of the first start of each function, in total."""
    at: dict[tuple[EventKind, str], float] = {}
    for event in events:
        at.setdefault((event.kind, event.tag), event.at)
    seconds = {}
    for (kind, tag), when in at.items():
        if kind is EventKind.BUILD_ENDED:
            seconds[f"build {tag}"] = when - at.get((EventKind.BUILD_STARTED, tag), started_at)
        elif kind is EventKind.CONTAINER_READY and (EventKind.BUILD_STARTED, tag) not in at:
            seconds[f"start {tag}"] = when - at.get((EventKind.CONTAINER_STARTED, tag), started_at)
        elif kind is EventKind.PUBLISHED:
            seconds["to publication"] = when - started_at
        elif kind is EventKind.DISCONNECTED and (EventKind.PUBLISHED, "") in at:
            seconds["entrypoint"] = when - at[EventKind.PUBLISHED, ""]
    return {name: round(value, 2) for name, value in (seconds | {"total": ended_at - started_at}).items()}
