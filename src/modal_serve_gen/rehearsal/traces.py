"""Tracebacks in what a rehearsal recorded: the app's own line in them, and how they end."""

import re
from collections.abc import Iterable
from pathlib import PurePath

from modal_serve_gen.rehearsal.client import Frame
from modal_serve_gen.rehearsal.control_plane.events import Event
from modal_serve_gen.rehearsal.outcome import Outcome

IN_TRACEBACK = re.compile(r'File "(/root/[^"]+)", line (\d+)')  # of a container
RAISED = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt)\b")  # the line that ends a traceback
LIFESPAN = "ASGI lifespan"  # modal 1.6.4, modal/_runtime/asgi.py


def raised_text(outcome: Outcome, event: Event) -> str:
    """Type and message of an exception, as the end of its traceback has them: its repr may lack parts."""
    if LIFESPAN in event.text:  # the SDK's words; the reason is only in the log
        return next(reversed(raised_lines(outcome)), event.text)
    last = event.trace.strip().rpartition("\n")[2]
    return last if RAISED.match(last) else event.text


def raised_lines(outcome: Outcome) -> list[str]:
    """The last lines of tracebacks in the output."""
    own = [line for line in outcome.output.splitlines() if RAISED.match(line) and not line.startswith("modal.")]
    return [line for line in own if LIFESPAN not in line]


def frames_of(event: Event) -> list[Frame]:
    return [Frame(file, int(line)) for file, line in IN_TRACEBACK.findall(event.trace)]


def own_frame(outcome: Outcome, frames: Iterable[Frame]) -> Frame | None:
    """The innermost frame in the app's file; else in a module beside it."""
    name = PurePath(outcome.file).name
    own = [frame for frame in frames if _is_own(frame.file, outcome.file)]
    in_app = [frame for frame in own if PurePath(frame.file).name == name]
    return next(iter(reversed(in_app or own)), None)


def _is_own(file: str, app: str) -> bool:
    """True for code of the app's author: below /root in a container, or in the app's folder."""
    path = PurePath(file)
    beside = path.is_relative_to(PurePath(app).parent) or path.is_relative_to("/root")
    return beside and not {"site-packages", "shim", "lib"} & set(path.parts)


def line_of_flag(outcome: Outcome, text: str) -> Frame | None:
    """The line of the app that holds a flag which a message names."""
    flags = re.findall(r"--[a-zA-Z][\w.-]*", text)
    lines = outcome.source.splitlines()
    found = [number for flag in flags for number, line in enumerate(lines, 1) if re.search(rf"{flag}(?![\w-])", line)]
    return Frame(outcome.file, found[0]) if found else None
