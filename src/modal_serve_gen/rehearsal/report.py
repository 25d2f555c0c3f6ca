"""What a rehearsal proved, what stood in for what, and what only Modal can show."""

import importlib.metadata
import re
from collections import Counter
from typing import Any

from modal_proto import api_pb2
from pydantic import BaseModel

from modal_serve_gen.rehearsal.plane import rpc, servers

DIED = "a container of "  # how `containers` notes one that ended by itself
LOCAL = "Modal's control plane, its HTTP front and the Hugging Face Hub: local ones"
LAST_LINES = 12
FRAME = ("│", "╭", "╰")  # of the boxes in which `modal run` draws its own tracebacks
MISSED = re.compile(r"No module named '(\w+)")
SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS

NOT_SHOWN = (
    "the image build: that its packages install together, and how long it takes",
    "the GPU: kernels, whether the model fits in its memory, speed and answers of the real weights",
    "Modal itself: account, Secrets' values, regions, quotas, autoscaling, cold-start times, price",
)


class Report(BaseModel):
    """One rehearsal's outcome, with the keys of the `--json` contract."""

    ok: bool
    app: str
    modal: str
    engine: dict[str, Any]
    exit_code: int
    findings: list[str]  # what the checks say of the file, and where it departs from what it was planned for
    last_lines: list[str]  # of modal run, where its own reason stands when it failed
    seconds: dict[str, float]
    requests: list[dict[str, Any]]
    proven: list[str]
    substituted: list[str]
    not_shown: list[str]
    faults: dict[str, int]  # each that was injected -> how often it struck


def write_report(target: str, code: int, began: float, ended: float, rehearsal) -> Report:
    """The report of a finished rehearsal. `ok` is what `modal run` said, unless the plane itself failed it."""
    stage, plane, front, hub = rehearsal.stage, rehearsal.plane, rehearsal.front, rehearsal.hub
    notes, output = stage.notes, "".join(rehearsal.output)
    name, pinned = next(iter(stage.pinned.items()), (None, None))
    _, version = stage.engines.get(name, (None, None))
    not_shown = list(NOT_SHOWN)
    changed = [note["text"] for note in notes if note["kind"] not in ("checked", "fault")]
    faulted = Counter(note["text"] for note in notes if note["kind"] == "fault")
    if plane.unimplemented:
        missing = ", ".join(f"{name} ({rpc.purpose(name)})" for name in plane.unimplemented)
        not_shown.append(f"calls that the rehearsal's control plane does not have: {missing}")
    if stage.engine == "stub":
        not_shown.insert(0, "the engine: the stub knows its flags and routes, and runs no model")
    struck = {name: times + faulted[name] for name, times in rehearsal.injector.struck.items()}
    struck |= {"hub-down": hub.asked_in_vain} if hub.down else {}
    not_shown += [f"the fault {name}: there was no occasion for it" for name, times in struck.items() if not times]
    return Report(
        ok=code == 0,
        app=target,
        modal=importlib.metadata.version("modal"),
        engine={"name": name, "version": version, "pinned": pinned, "real": stage.engine == "real"},
        exit_code=code,
        findings=[*stage.findings, *_departures(hub, stage), *_not_here(output, stage.brought)],
        last_lines=_telling(output)[-LAST_LINES:],
        seconds=_seconds(plane.events, began, ended),
        requests=front.requests,
        proven=_proven(code, plane, front, hub, notes),
        substituted=list(dict.fromkeys([LOCAL, *plane.substituted, *changed])),
        not_shown=not_shown,
        faults=struck,
    )


def _telling(output: str) -> list[str]:
    """The lines of `output` without the frames of tracebacks: what was raised says more than where."""
    kept, inside = [], False
    for line in output.splitlines():
        if line.strip().startswith("Traceback (most recent call last)"):
            inside = True
        elif (inside and line[:1] in " \t+|") or line.lstrip().startswith(FRAME):
            continue
        elif line.strip():
            inside = False
            kept.append(line)
    return kept


def _not_here(output: str, brought: set[str]) -> list[str]:
    """What the app missed here and will find on Modal, since its engine brings it."""
    missed = {name.replace("_", "-") for name in MISSED.findall(output)}
    return [
        f"{name} comes with the engine into the app's image, but is not on this machine: install it beside "
        "modal-serve-gen, and rehearse again"
        for name in sorted(missed & brought)
    ]


def _departures(hub, stage) -> list[str]:
    """Where the files that were asked for are not those that the app was planned for."""
    if stage.planned is None:
        return []
    model, revision = stage.planned
    return [
        f"the app was planned for {model} at {revision}, but asks for {asked} at {at}: whether that exists is not shown"
        for asked, at in sorted(hub.served)
        if (asked, at) != (model, revision) and asked not in stage.adapters
    ]


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


def _proven(code: int, plane, front, hub, notes: list[dict]) -> list[str]:
    happened = {what for _, what in plane.events}
    lines = []
    if "published" in happened:
        functions = [f for app in plane.apps.values() for f in app.functions.values()]
        gpus = ", ".join(sorted({gpu.removesuffix(":1") for function in functions for gpu in function.gpus}))
        volumes = f"Volumes {', '.join(plane.volumes.values())}" if plane.volumes else "no Volume"
        named = ", ".join(function.tag for function in functions)
        lines.append(f"the SDK accepts the app: {named}; GPU {gpus or 'none'}; {volumes}")
    if any(container.inside for each in plane.functions.values() for container in each.containers):
        lines.append("each container had files and a network of its own: Volumes at their true paths, its own ports")
    lines += [
        f"fetched with the Hub's own client: {model} at {revision[:12]}" for model, revision in sorted(hub.served)
    ]
    for image in plane.images.values():
        if image.build and image.result and image.result.status == SUCCESS:
            lines.append(f"{image.build.tag}, the build function, ran to its end")
    lines += list(dict.fromkeys(note["text"] for note in notes if note["kind"] == "checked"))
    started = sorted(what.removeprefix("ready: ") for what in happened if what.startswith("ready: "))
    built = {image.build.tag for image in plane.images.values() if image.build}
    lines += [
        f"the container of {tag} started and was reached where Modal looks" for tag in started if tag not in built
    ]
    lines += [what for _, what in plane.events if what.startswith(DIED)]
    refused = sum(row["status"] in (401, 403) for row in front.requests)
    answered = sum(row["status"] < 400 for row in front.requests)
    if refused:
        lines.append(f"without a valid token or key: refused ({_count(refused, 'request')})")
    if answered:
        lines.append(f"through the public URL: answered ({_count(answered, 'request')})")
    lines += _served(plane, front)
    if code == 0:
        lines.append("the app's own entrypoint ended with 0")
    return lines


def _served(plane, front) -> list[str]:
    """What was shown of servers, whose requests go straight to a container."""
    lines = []
    if front.relay.cold:
        lines.append(f"while no container was ready: 503 ({_count(front.relay.cold, 'request')}), as servers answer")
    together = [homes for homes in front.relay.keyed.values() if len(homes) > 1 and len(set(homes)) == 1]
    if together:
        asked = sum(len(homes) for homes in together)
        lines.append(f"of several containers, one affinity key had one ({_count(asked, 'request')})")
    for function in plane.functions.values():
        if servers.serves(function.definition) and any(c.stopping and c.exit_code == 0 for c in function.containers):
            lines.append(f"told to end, {function.tag} ended in good order, its exit methods included")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
