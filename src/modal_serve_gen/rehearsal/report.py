"""What a rehearsal proved, what stood in for what, and what only Modal can show."""

import importlib.metadata
from typing import Any

from pydantic import BaseModel

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
    seconds: dict[str, float]
    requests: list[dict[str, Any]]
    proven: list[str]
    substituted: list[str]
    not_shown: list[str]


def write_report(target: str, code: int, began: float, ended: float, plane, front, hub, stage) -> Report:
    """The report of a finished rehearsal. `ok` is what `modal run` said, unless the plane itself failed it."""
    faults = [what for _, what in plane.events if what.startswith("fault ")]
    notes = stage.notes
    name, pinned = next(iter(stage.pinned.items()), (None, None))
    version = next((note["version"] for note in notes if note["kind"] == "engine"), None)
    not_shown = list(NOT_SHOWN)
    if plane.unimplemented:
        not_shown.append(f"calls that the rehearsal's control plane does not have: {', '.join(plane.unimplemented)}")
    if stage.engine == "stub":
        not_shown.insert(0, "the engine: the stub knows its flags and routes, and runs no model")
    return Report(
        ok=code == 0 and not faults,
        app=target,
        modal=importlib.metadata.version("modal"),
        engine={"name": name, "version": version, "pinned": pinned, "real": stage.engine == "real"},
        exit_code=code,
        seconds=_seconds(plane.events, began, ended),
        requests=front.requests,
        proven=_proven(code, plane, front, hub, notes) + faults,
        substituted=plane.substituted + [note["text"] for note in notes if note["kind"] != "engine"],
        not_shown=not_shown,
    )


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
    lines = []
    if not plane.apps:
        return lines
    happened = {what for _, what in plane.events}
    if "published" in happened:
        functions = [f for app in plane.apps.values() for f in app.functions.values()]
        gpus = ", ".join(sorted({gpu for function in functions for gpu in function.gpus})) or "no GPU"
        lines.append(f"the SDK accepts the app: {len(functions)} functions ({gpus}), {len(plane.volumes)} Volumes")
    for image in plane.images.values():
        if image.build and image.result and image.result.status == 1:
            lines.append(f"{image.build.tag} ran in the image build and was content")
    for model, revision in sorted(hub.served):
        lines.append(f"{model} was asked for at revision {revision[:12]}")
    lines += [note["text"] for note in notes if note["kind"] == "checked"]
    lines += [f"{what.removeprefix('ready: ')} became ready" for what in sorted(happened) if what.startswith("ready: ")]
    refused = sum(row["status"] in (401, 403) for row in front.requests)
    answered = sum(row["status"] < 400 for row in front.requests)
    if answered:
        lines.append(f"{answered} requests were answered through the front")
    if refused:
        lines.append(f"{refused} requests without a valid token were refused")
    if code == 0:
        lines.append("the app's own entrypoint ended with 0")
    return lines
