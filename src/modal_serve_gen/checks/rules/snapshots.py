"""Memory snapshots: what runs before and after, the options required, and what cannot be restored."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity

WAKE_ROUTES = re.compile(r"/(wake_up|wake|resume_memory_occupation)\b")
SLEEP_ROUTES = re.compile(r"/(sleep|release_memory_occupation)\b")


@severity(Severity.ERROR)
def enter_order(app: AppSource) -> Iterator[Violation]:
    """The engine is started, warmed up and put to sleep before the snapshot, and woken after it.

    `enter(snap=True)` runs before the snapshot, `enter(snap=False)` after each restore. Code in the wrong one runs at
    every start, or only once.
    """
    wakes = [node.lineno for text, node in app.strings if WAKE_ROUTES.search(text)]
    sleeps = [node.lineno for text, node in app.strings if SLEEP_ROUTES.search(text)]
    for obj in app.modal_objects:
        if not isinstance(obj.node, ast.ClassDef) or not _takes_snapshot(obj):
            continue
        before, after = _enter_methods(obj)
        fix = "wake it in @modal.enter(snap=False)"
        if not before and obj.engine_command:
            message = f"the snapshot of {obj.name} is taken before the engine is started"
            fix = "start the engine in @modal.enter(snap=True)"
            yield Violation(obj.node.lineno, message, fix, Severity.WARNING)
        elif before and sleeps and not wakes:
            yield Violation(sleeps[0], "the engine is put to sleep and never woken", fix)
        elif before and wakes and not after:
            yield Violation(wakes[0], "the engine is woken, but no method runs after the snapshot", fix)


@severity(Severity.ERROR)
def snapshot_flags(app: AppSource) -> Iterator[Violation]:
    """`enter(snap=True)` is used with enable_memory_snapshot, and with enable_gpu_snapshot for an engine on a GPU.

    Without the first, the SDK rejects the class; without the second, there is no GPU before the snapshot. Sleep mode
    requires an engine flag, and vLLM serves its routes in developer mode only.
    """
    for obj in app.modal_objects:
        before, _ = _enter_methods(obj)
        no_snapshot = obj.call.lacks("enable_memory_snapshot") or obj.call.switch("enable_memory_snapshot", False)
        if before and no_snapshot:
            message = f"{obj.name} has enter(snap=True), but memory snapshots are off"
            yield Violation(obj.line, message, "add enable_memory_snapshot=True")
            continue
        if not _takes_snapshot(obj):
            continue
        options = obj.argument("experimental_options")
        values = options.value if options else {}
        lacks_gpu = obj.call.complete and isinstance(values, dict) and not values.get("enable_gpu_snapshot")
        if before and obj.gpus and obj.engine_command and lacks_gpu:
            fix = 'add experimental_options={"enable_gpu_snapshot": True}'
            yield Violation(obj.line, f"{obj.name} starts its engine before the snapshot, where it has no GPU", fix)
        command = obj.server_command
        if command and command.engine == "vllm" and any(SLEEP_ROUTES.search(text) for text, _ in app.strings):
            if command.lacks("--enable-sleep-mode"):
                message = "vllm is put to sleep without --enable-sleep-mode"
                yield Violation(command.line, message, "add the flag")
            if app.variable("VLLM_SERVER_DEV_MODE") is None:
                message = "vllm has no /sleep outside developer mode"
                yield Violation(command.line, message, 'set VLLM_SERVER_DEV_MODE="1"')


@severity(Severity.ERROR)
def snapshot_gpus(app: AppSource) -> Iterator[Violation]:
    """Snapshots use one GPU.

    The state of GPUs that communicate with each other cannot be restored.
    """
    for obj in app.modal_objects:
        snapshot = obj.argument("enable_memory_snapshot")
        count = next((count for _, count in obj.gpus if count > 1), 0)
        if count and snapshot and snapshot.value:
            message = f"a snapshot of {count} GPUs cannot be restored"
            yield Violation(snapshot.line, message, "use one GPU, or no snapshot")


def _takes_snapshot(obj: ModalObject) -> bool:
    snapshot = obj.argument("enable_memory_snapshot")
    return bool(snapshot and snapshot.value)


def _enter_methods(obj: ModalObject) -> tuple[list[str], list[str]]:
    """Methods that run before the snapshot, and methods that run after it."""
    before: list[str] = []
    after: list[str] = []
    for name, decorators in obj.methods.items():
        for decorator in decorators:
            if decorator.method == "enter":
                (before if decorator.switch("snap", True) else after).append(name)
    return before, after
