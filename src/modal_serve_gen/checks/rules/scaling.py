"""Cost and scaling: a GPU that exists, bounded containers, and concurrency that the engine can handle."""

import ast
import difflib
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.modal_objects import Argument, Violation
from modal_serve_gen.checks.severity import Severity, severity

# Arguments that removed-api reports: in an old spelling, the app sets what these rules ask for.
REMOVED_CONCURRENCY = ("allow_concurrent_inputs", "max_inputs")
REMOVED_IDLE = ("container_idle_timeout", "keep_warm")
MAX_IDLE_S = 1800  # of a web endpoint
MAX_IDLE_BATCH_S = 300  # of a batch job, to which no caller returns


@severity(Severity.ERROR)
def gpu(app: AppSource) -> Iterator[Violation]:
    """The GPU type exists on Modal, in a count that one container can get.

    The client accepts any string; the service rejects it when the function is created.
    """
    known = facts.gpus() | {alias: facts.gpus()[name] for alias, name in facts.gpu_aliases().items()}
    names = {name.upper(): name for name in known}
    for obj in app.modal_objects:
        argument = obj.argument("gpu")
        if argument is None or argument.value is None:
            continue
        if isinstance(argument.node, ast.Tuple):
            yield Violation(argument.line, "several GPU types are passed as a tuple", "pass a list")
        for choice in argument.value if isinstance(argument.value, list) else [argument.value]:
            if not isinstance(choice, str):
                continue
            name, colon, count = choice.partition(":")
            if name.upper() == "ANY":
                continue
            if name.upper() not in names:
                close = difflib.get_close_matches(name.upper(), names, 1, 0.5)
                fix = f"use {names[close[0]]}" if close else "see modal-serve-gen list gpus"
                yield Violation(argument.line, f"Modal has no GPU {name!r}", fix)
                continue
            max_count = known[names[name.upper()]].max_count
            if colon and not (count.isdecimal() and 1 <= int(count) <= max_count):
                message = f"{choice!r} requests {count or 'no'} GPUs"
                yield Violation(argument.line, message, f"a container can have 1 to {max_count} {name}")


@severity(Severity.ERROR)
def limits(app: AppSource) -> Iterator[Violation]:
    """Timeouts, sizes and container counts are within the service's limits, and secrets are objects.

    The client accepts most of these values; the service rejects them when the app is deployed.
    """
    known = facts.limits()
    ranges = {
        "timeout": (known.timeout_s, "s"),
        "startup_timeout": (known.timeout_s, "s"),
        "scaledown_window": (known.scaledown_window_s, "s"),
        "max_containers": (known.containers, "containers"),
        "ephemeral_disk": (known.ephemeral_disk_mib, "MiB"),
    }
    for obj in app.modal_objects:
        for name, (limit, unit) in ranges.items():
            argument = obj.argument(name)
            low, high = limit.range
            if argument and argument.number is not None and not low <= argument.number <= high:
                message = f"{name}={argument.number:g} is outside the range of {low} to {high} {unit}"
                yield Violation(argument.line, message, "use a value in this range")
        smallest, largest = obj.argument("min_containers"), obj.argument("max_containers")
        if smallest and largest and _exceeds(smallest, largest):
            message = f"min_containers={smallest.number:g} exceeds max_containers={largest.number:g}"
            yield Violation(smallest.line, message, "lower it")
        secrets = obj.argument("secrets")
        if secrets and isinstance(secrets.value, list) and any(isinstance(item, str) for item in secrets.value):
            yield Violation(secrets.line, "a secret is passed as a string", "pass modal.Secret.from_name(...)")


@severity(Severity.WARNING)
def container_bound(app: AppSource) -> Iterator[Violation]:
    """GPU functions set `max_containers`, which bounds their cost.

    Without it, a burst of requests or a scanner starts as many GPUs as the workspace allows.
    """
    for obj in app.modal_objects:
        if obj.gpus and obj.call.lacks("max_containers", "concurrency_limit"):
            yield Violation(obj.line, f"{obj.name} has no limit on its GPU containers", "add max_containers=")


@severity(Severity.WARNING)
def concurrency(app: AppSource) -> Iterator[Violation]:
    """A container accepts as many concurrent requests as its engine batches.

    Without `@modal.concurrent`, each request gets its own GPU. Requests beyond --max-num-seqs wait in the engine, while
    Modal counts them as served. An offline engine takes one call at a time.
    """
    for obj in app.modal_objects:
        inputs = obj.decorator("concurrent")
        command = obj.engine_command
        if command is None or not obj.gpus:
            continue
        if inputs and not command.server and obj.offline:
            fix = "remove @modal.concurrent, and pass batches"
            yield Violation(inputs.line, "an offline engine takes one call at a time", fix)
        if obj.kind == "server":
            target, maximum = obj.argument("target_concurrency"), obj.argument("max_concurrency")
        else:
            arguments = inputs.arguments if inputs else {}
            target, maximum = arguments.get("target_inputs"), arguments.get("max_inputs")
            takes_one = obj.call.lacks(*REMOVED_CONCURRENCY) and not inputs
            if command.server and takes_one and obj.web and obj.web.method == "web_server":
                message = f"{obj.name} takes one request at a time"
                yield Violation(obj.web.line, message, "add @modal.concurrent(max_inputs=...)")
        if target and maximum and _exceeds(target, maximum):
            message = f"the concurrency target {target.number:g} exceeds the maximum {maximum.number:g}"
            yield Violation(target.line, message, "lower it", Severity.ERROR)
        if command.server and maximum:
            yield from _above_batch_size(command, target, maximum)


@severity(Severity.WARNING)
def idle_window(app: AppSource) -> Iterator[Violation]:
    """`scaledown_window` covers the pauses in the traffic, and not much more.

    By default an idle container stops after a minute, and the next request waits for a cold start. The whole window is
    billed.
    """
    for obj in app.modal_objects:
        if not obj.gpus or obj.engine_command is None:
            continue
        window = obj.argument("scaledown_window")
        if obj.web and obj.call.lacks("scaledown_window", "min_containers", *REMOVED_IDLE):
            message = f"{obj.name} scales down after 60 idle seconds, the default"
            fix = "set scaledown_window= to bridge the pauses in your traffic"
            yield Violation(obj.line, message, fix, Severity.ADVICE)
        elif window and window.number is not None:
            is_batch = not obj.web and not obj.tunnel and not obj.server_command and _runs_batches(app)
            maximum = MAX_IDLE_BATCH_S if is_batch else MAX_IDLE_S
            if window.number > maximum:
                message = f"an idle GPU is billed for {window.number / 60:g} minutes"
                yield Violation(window.line, message, f"use {maximum} s or less")


@severity(Severity.ERROR)
def gpu_ranks(app: AppSource) -> Iterator[Violation]:
    """The engine has a GPU for each of its ranks, and a rank for each GPU.

    Tensor, pipeline and data parallelism multiply. With more ranks than GPUs the engine exits at start; with fewer, the
    other GPUs are billed and idle.
    """
    for obj in app.modal_objects:
        counts = [count for name, count in obj.gpus if name]
        for command in obj.commands if counts and len(counts) == len(obj.gpus) else ():
            ranks = _ranks(command)
            line = command.line_of(*command.spellings.tensor) or command.line
            if ranks is None:
                continue
            if ranks > min(counts):
                message = f"{command.engine} starts {ranks} ranks on {_gpus(min(counts))}"
                yield Violation(line, message, f"request {ranks} GPUs, or lower the parallel sizes")
            elif ranks < min(counts) and len(obj.commands) == 1 and not app.variable("CUDA_VISIBLE_DEVICES"):
                message = f"{command.engine} uses {ranks} of {_gpus(min(counts))}"
                fix = f"set {command.spellings.tensor[0]} to {min(counts)}, or request fewer GPUs"
                yield Violation(line, message, fix, Severity.WARNING)


def _ranks(command: EngineCommand) -> int | None:
    """Processes with a GPU each that an engine starts in one container; None if this is unknown."""
    names = command.spellings
    if not command.complete or not names.tensor or not command.lacks(*names.elsewhere):
        return None
    ranks = 1
    for flags in (names.tensor, names.pipeline, () if names.shared and command.line_of(*names.shared) else names.data):
        size = command.value(*flags) if flags else None
        if size is not None and not (size.text and size.text.isdecimal()):
            return None
        ranks *= int(size.text) if size and size.text else 1
    return ranks


def _gpus(count: int) -> str:
    return f"{count} GPU{'s' if count > 1 else ''}"


def _runs_batches(app: AppSource) -> bool:
    """True if the app fans work out, or passes lists of prompts to a method."""
    return any(call.method in ("map", "starmap", "for_each", "spawn_map", "spawn") for call in app.calls) or not any(
        obj.web for obj in app.modal_objects
    )


def _exceeds(argument: Argument, bound: Argument) -> bool:
    return argument.number is not None and bound.number is not None and argument.number > bound.number


def _above_batch_size(command: EngineCommand, target: Argument | None, maximum: Argument) -> Iterator[Violation]:
    """A container that takes more requests than its engine batches, unless it only aims at fewer."""
    flag = command.value("--max-num-seqs", "--max-running-requests")
    if flag is None or not flag.text or not flag.text.isdecimal() or maximum.number is None:
        return
    batch = int(flag.text)
    if maximum.number > batch and not (target and target.number is not None and target.number <= batch):
        message = f"the container takes {maximum.number:g} requests, but its engine batches {batch}"
        yield Violation(maximum.line, message, "set both to the same number", Severity.ADVICE)
