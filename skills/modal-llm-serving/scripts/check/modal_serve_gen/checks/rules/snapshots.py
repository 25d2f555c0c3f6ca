"""Memory snapshots: what runs before one and after it, the switches that it needs, what cannot be restored."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault, Unit

WAKES = re.compile(r"/(wake_up|wake|resume_memory_occupation)\b")
SLEEPS = re.compile(r"/(sleep|release_memory_occupation)\b")


def enter_order(app: Picture) -> Iterator[Fault]:
    """With a snapshot the engine is started, warmed up and put to sleep before it is taken, and woken after.

    `enter(snap=True)` runs before, `enter(snap=False)` after; what stands in the wrong one runs on every start, or
    never again.
    """
    wakes = [node.lineno for text, node in app.strings if WAKES.search(text)]
    sleeps = [node.lineno for text, node in app.strings if SLEEPS.search(text)]
    for unit in app.units:
        if not isinstance(unit.node, ast.ClassDef) or not _snapshots(unit):
            continue
        before, after = _entered(unit)
        wake = "wake it in an @modal.enter(snap=False)"
        if not before and unit.engine:
            start = "start the engine in an @modal.enter(snap=True)"
            yield unit.node.lineno, f"{unit.name} takes a snapshot before anything has started", start
        elif before and sleeps and not wakes:
            yield sleeps[0], "the engine is put to sleep and never woken", wake
        elif before and wakes and not after:
            yield wakes[0], "the engine is woken, but nothing runs after the snapshot", wake


def snapshot_flags(app: Picture) -> Iterator[Fault]:
    """`enter(snap=True)` goes with enable_memory_snapshot, and an engine on a GPU with enable_gpu_snapshot as well.

    Without the first the SDK refuses the class; without the second there is no GPU before the snapshot. Sleep needs the
    engine's own flag, and vLLM's routes for it exist in developer mode only.
    """
    for unit in app.units:
        before, _ = _entered(unit)
        given, options = unit.given("enable_memory_snapshot"), unit.given("experimental_options")
        if before and (unit.call.lacks("enable_memory_snapshot") or (given and given.value is False)):
            mend = "add enable_memory_snapshot=True"
            yield unit.call.line, f"{unit.name} has enter(snap=True) and takes no snapshot", mend
            continue
        if not _snapshots(unit):
            continue
        known = unit.call.whole and (options is None or isinstance(options.value, dict))
        switched = options and options.value.get("enable_gpu_snapshot") if known else True
        if before and unit.gpus and unit.engine and not switched:
            mend = 'add experimental_options={"enable_gpu_snapshot": True}'
            yield unit.call.line, f"{unit.name} has no GPU before its snapshot", mend
        command = unit.serves
        if command and command.engine == "vllm" and any(SLEEPS.search(text) for text, _ in app.strings):
            if command.known("--enable-sleep-mode"):
                yield command.line, "vllm is put to sleep without --enable-sleep-mode", "add the flag"
            if app.variable("VLLM_SERVER_DEV_MODE") is None:
                yield command.line, "vllm has no /sleep outside developer mode", 'set VLLM_SERVER_DEV_MODE="1"'


def snapshot_gpus(app: Picture) -> Iterator[Fault]:
    """A snapshot is of one GPU.

    The state of several that talk to each other cannot be restored.
    """
    for unit in app.units:
        many = next((count for _, count in unit.gpus if count > 1), 0)
        if many and _snapshots(unit):
            given = unit.given("enable_memory_snapshot")
            yield given.line, f"a snapshot of {many} GPUs cannot be restored", "use one GPU, or take no snapshot"


def _snapshots(unit: Unit) -> bool:
    given = unit.given("enable_memory_snapshot")
    return bool(given and given.value)


def _entered(unit: Unit) -> tuple[list[str], list[str]]:
    """The methods that run before the snapshot, and those that run after it."""
    before, after = [], []
    for name, decorators in unit.methods.items():
        for each in decorators:
            if each.last == "enter":
                snap = each.arguments.get("snap")
                (before if snap and snap.value is True else after).append(name)
    return before, after
