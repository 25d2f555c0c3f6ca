"""Whose fault a failed rehearsal is: the app's, with the line, or the rehearsal's own, with what would help.

Decided from records, not from the text of the log: events of the control plane, notes of the stubs, the exception that
ended `modal`, and the results of the app's code in containers.
"""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel

from modal_serve_gen.errors import quoted
from modal_serve_gen.rehearsal import calling, packages, traces
from modal_serve_gen.rehearsal.client import Failure, Frame
from modal_serve_gen.rehearsal.control_plane import images, rpc
from modal_serve_gen.rehearsal.control_plane.events import Event, EventKind, Party
from modal_serve_gen.rehearsal.outcome import Outcome

OURS = "the rehearsal's"  # in messages of stand-ins about what they lack
OTHERS = "rehearse the app's other functions"
DISK_FULL = os.strerror(errno.ENOSPC)
STUB = "rehearse with --engine stub, which checks its flags and routes only"
MISSING_OPTION = re.compile(r"Missing option '(--[\w-]+)'")  # click
ENTRYPOINT = re.compile(r"^- (\w+) / ", re.M)  # modal 1.6.4, modal/cli/import_refs.py
LONGEST = 400  # characters of a reason


class Cause(BaseModel):
    """Why a rehearsal failed: `text` says it, or completes "This rehearsal ..." if that is at fault.

    `file` and `line` are of the app's own code, if known.
    """

    kind: Literal["app", "rehearsal"]
    text: str
    help: str = ""  # what would help, if the rehearsal is at fault
    file: str | None = None
    line: int | None = None


def find(outcome: Outcome) -> Cause | None:
    """The cause of a failure; None if the rehearsal did not fail."""
    return None if outcome.ok else next(_causes(outcome))


def _causes(outcome: Outcome) -> Iterator[Cause]:
    """Causes that explain the failure, the most specific one first."""
    events = outcome.plane.events
    by_kind = {kind: [event for event in events if event.kind is kind] for kind in EventKind}
    raised = by_kind[EventKind.CODE_RAISED] + by_kind[EventKind.ENGINE_ENDED]
    yield from _missing_modules(outcome, raised)
    yield from _full_disk(outcome, raised)
    yield from _ended_engines(outcome, by_kind[EventKind.ENGINE_ENDED])
    yield from _unimplemented(outcome)
    yield from _engine_failures(outcome)
    for event in by_kind[EventKind.CODE_RAISED][-1:]:
        if _serves(outcome, event) or OURS in event.text:
            yield _in_container(outcome, event)
    for event in by_kind[EventKind.CONTAINER_FAILED][-1:]:
        yield _container(outcome, event)
    if outcome.timed_out:
        yield _cause(
            "rehearsal",
            f"cannot wait any longer: {outcome.timed_out.rstrip('.')}",
            help="shorten the entrypoint's work, or " + STUB,
        )
    if outcome.failure is not None:
        yield _raised(outcome, outcome.failure)
    yield from _unanswered(outcome)
    yield _cause("app", f"`modal run` exited with code {outcome.exit_code}")


def _ended_engines(outcome: Outcome, events: list[Event]) -> Iterator[Cause]:
    """An engine ended before it served, or refused its command line; the stub's own gaps are not the app's fault."""
    refused = [note.text for note in outcome.substitutes.notes if note.kind == "refused" and outcome.exit_code]
    for text in [event.text for event in events if event.party is Party.APP] + refused:
        yield _cause("app", _short(text), at=traces.line_of_flag(outcome, text))
    for note in outcome.substitutes.notes:
        if note.kind == "lacking" and outcome.exit_code:
            yield _cause(
                "rehearsal",
                f"cannot do everything that the engine does: {_short(note.text)}",
                help=OTHERS,
            )


def _missing_modules(outcome: Outcome, events: list[Event]) -> Iterator[Cause]:
    """An import failed in a container or in the client."""
    missing = outcome.substitutes.packages.missing
    known = {name for image in outcome.plane.images.values() for name in images.contents(image).names} | missing.keys()
    raised = [(event.text, traces.own_frame(outcome, traces.frames_of(event))) for event in events]
    if any(event.kind is EventKind.CONTAINER_FAILED for event in outcome.plane.events):  # before the SDK could tell why
        raised += [(line, None) for line in traces.raised_lines(outcome)[-1:]]
    if outcome.failure and outcome.failure.type in ("ModuleNotFoundError", "ImportError"):
        raised.append((outcome.failure.text, traces.own_frame(outcome, outcome.failure.frames)))
    for text, frame in reversed(raised):
        if match := packages.MISSING_MODULE.search(text):
            name = packages.of_module(match[1])
            if name in known:
                yield _cause(
                    "rehearsal",
                    f"cannot import {name}, which the app's image has on Modal: {packages.explain(missing, name)}",
                    help=f"install {name} in the environment of modal-serve-gen, and rehearse again",
                    at=frame,
                )
            elif outcome.published:
                text = f"no module named {match[1]}: no step of the app's image installs it"
                yield _cause("app", text, at=frame)
            elif name in packages.of_public_apps():
                yield _cause(
                    "rehearsal",
                    f"cannot import {name}, which `modal run` needs itself: {packages.explain(missing, name)}",
                    help=f"install {name} in the environment of modal-serve-gen, or import it where containers run",
                    at=frame,
                )
            else:
                text = f"no module named {match[1]}: it is neither beside the app nor installed where `modal run` runs"
                yield _cause("app", text, at=frame)


def _full_disk(outcome: Outcome, events: list[Event]) -> Iterator[Cause]:
    """This machine's disk is full, not a Volume of the app."""
    if "volume-full" in outcome.config.faults.requested:
        return
    for event in events:
        if DISK_FULL in event.text:
            yield _cause(
                "rehearsal",
                f"cannot write any more: {_short(event.text)}",
                help=f"free space in {tempfile.gettempdir()} and the --state folder, or set TMPDIR",
                at=traces.own_frame(outcome, traces.frames_of(event)),
            )


def _unimplemented(outcome: Outcome) -> Iterator[Cause]:
    """The app called an RPC that the control plane lacks, and did not survive that."""
    if outcome.plane.unimplemented and outcome.exit_code:
        name = outcome.plane.unimplemented[-1]
        frame = traces.own_frame(outcome, outcome.failure.frames) if outcome.failure else None
        yield _cause(
            "rehearsal",
            f"cannot run {rpc.purpose(name)} ({name})",
            help="rehearse a function that does not use it, as in APP.py::FUNCTION",
            at=frame,
        )


def _engine_failures(outcome: Outcome) -> Iterator[Cause]:
    """The real engine ended with an exception of its own on this machine's CPU."""
    for note in outcome.substitutes.notes:
        if note.kind == "failed":
            yield _cause("rehearsal", f"cannot run the engine on this CPU: {_short(note.text)}", help=STUB)
        elif note.kind == "invalid":
            yield _cause("app", f"the engine did not start: {_short(note.text)}")


def _in_container(outcome: Outcome, event: Event) -> Cause:
    frame = traces.own_frame(outcome, traces.frames_of(event))
    if OURS in event.text:
        return _cause(
            "rehearsal", f"cannot do everything that the app needs: {_short(event.text)}", help=OTHERS, at=frame
        )
    return _cause(
        "app", f"{event.tag.removesuffix('.*')} raised {_short(traces.raised_text(outcome, event))}", at=frame
    )


def _container(outcome: Outcome, event: Event) -> Cause:
    if event.party is Party.REHEARSAL:
        text = f"cannot start {event.tag}: its container {event.text}"
        return _cause("rehearsal", text, help="free memory and cores, or " + STUB)
    why = "".join(f": {_short(line)}" for line in traces.raised_lines(outcome)[-1:] if "exited" in event.text)
    return _cause("app", f"the container of {event.tag.removesuffix('.*')} {event.text}{why}")


def _raised(outcome: Outcome, failure: Failure) -> Cause:
    """The exception that ended `modal`: of the app's code, or of the SDK about it."""
    frame = traces.own_frame(outcome, failure.frames)
    text = _short(failure.text)
    if OURS in text:
        return _cause("rehearsal", f"cannot do everything that the app needs: {text}", help=OTHERS, at=frame)
    if failure.type == "SystemExit" and frame is None and (option := MISSING_OPTION.search(outcome.output)):
        return _cause(
            "rehearsal",
            f"cannot run the entrypoint without {option[1]}, which only you know",
            help=f"pass it: rehearse APP.py -- {option[1]} VALUE",
        )
    if failure.type == "SystemExit" and frame is None and "multiple possible entrypoints" in outcome.output:
        names = ENTRYPOINT.findall(outcome.output)
        return _cause(
            "rehearsal",
            f"cannot choose an entrypoint: the app has {', '.join(names)}",
            help=f"name one: rehearse APP.py::{next(iter(names), 'NAME')}",
        )
    if failure.type == "SystemExit" and frame is None and text == "2":
        return _cause("app", "`modal run` refused the arguments; its message is above")
    if failure.type == "SystemExit":
        reason = f"the entrypoint exited with code {text}" if text.isdecimal() else text
        return _cause("app", reason, at=frame)
    if failure.module.startswith(("click", "typer")):
        return _cause("app", f"`modal run` refused the arguments: {text}", at=frame)
    if failure.module.startswith("modal.") and frame is None:
        return _cause("app", f"Modal's SDK refused the app: {text}")
    return _cause("app", f"{failure.type}: {text}" if text else failure.type, at=frame)


def _unanswered(outcome: Outcome) -> Iterator[Cause]:
    """Nothing failed, but nothing that matters ran either."""
    if silent := [name for name, answered in outcome.asked.items() if not answered]:
        yield _cause("app", f"{', '.join(silent)} did not answer the rehearsal's requests")
    yield from _raised_in_calls(outcome)
    if outcome.probed and not outcome.asked and not outcome.called:
        name = next((callee.name for callee in calling.uncalled(outcome.plane)), "FUNCTION")
        yield _cause(
            "rehearsal",
            "cannot run the app: it has neither an entrypoint nor a web endpoint, and no arguments can be made up",
            help=f"name a function, and pass its arguments: rehearse APP.py::{name} -- --ARGUMENT VALUE",
        )
    if name := outcome.unstarted:
        yield _cause("app", f"the engine, {name}, never started: nothing that the app ran needs it")


def _raised_in_calls(outcome: Outcome) -> Iterator[Cause]:
    """Calls with made-up arguments: what a container raises at its start is the app's fault, the rest may not be."""
    events = [event for event in outcome.plane.events if event.kind is EventKind.CODE_RAISED]
    for name, called in reversed(outcome.called.items()):
        event = next((item for item in reversed(events) if item.text == called.raised), None)
        if event is None:
            continue
        if not called.started:
            yield _in_container(outcome, event)
        yield _cause(
            "rehearsal",
            f"cannot judge {name}: with made-up arguments, it raised {_short(event.text)}",
            help=f"call it with arguments of your own: rehearse APP.py::{name} -- --ARGUMENT VALUE",
            at=traces.own_frame(outcome, traces.frames_of(event)),
        )


def _serves(outcome: Outcome, event: Event) -> bool:
    """True if the exception did not reach the client as an exception: it was raised behind a web endpoint."""
    functions = outcome.plane.functions.values()
    tags = {function.tag for function in functions if calling.serves_web(function)}
    builds = {image.build.tag for image in outcome.plane.images.values() if image.build}
    return event.tag in tags | builds


def _cause(kind: Literal["app", "rehearsal"], text: str, *, help: str = "", at: Frame | None = None) -> Cause:
    """A cause, at a line of the app if that is known."""
    file, line = (PurePath(at.file).name, at.line) if at else (None, None)
    return Cause(kind=kind, text=text, help=help, file=file, line=line)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST else quoted(one_line, LONGEST)
