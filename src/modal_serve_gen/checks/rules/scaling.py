"""What it costs and how it grows: a GPU that exists, bounded containers, concurrency that the engine can take."""

import difflib
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault, Unit

LONG_IDLE_S = 1800  # of a web endpoint: half an hour of a GPU that nobody asks
LONG_IDLE_BATCH_S = 300  # of a batch: nobody comes back


def gpu(app: Picture) -> Iterator[Fault]:
    """The GPU is one that Modal has, in a number that one container can get.

    The client takes any text; the service refuses it when the function is created.
    """
    known = facts.gpus() | {name: facts.gpus()[other] for name, other in facts.gpu_aliases().items()}
    names = {name.upper(): name for name in known}
    for unit in app.units:
        given = unit.given("gpu")
        if given is None or given.value is None:
            continue
        wanted = given.value if isinstance(given.value, list) else [given.value]
        if type(given.node).__name__ == "Tuple":
            yield given.line, "several GPUs to choose from are given as a tuple", "write a list"
        for text in wanted:
            if not isinstance(text, str):
                continue
            name, colon, count = text.partition(":")
            if name.upper() == "ANY":
                continue
            if name.upper() not in names:
                near = difflib.get_close_matches(name.upper(), names, 1, 0.5)
                yield given.line, f"Modal has no GPU {name!r}", f"write {names[near[0]]}" if near else "see list gpus"
            elif colon and not (count.isdecimal() and 1 <= int(count) <= known[names[name.upper()]].max_count):
                most = known[names[name.upper()]].max_count
                yield given.line, f"{text!r} asks for {count or 'no'} GPUs", f"one container gets 1 to {most} of {name}"


def limits(app: Picture) -> Iterator[Fault]:
    """Times, sizes and numbers are within what the service takes, and Secrets are objects.

    Much of it is accepted by the client and refused when the app is deployed.
    """
    known = facts.limits()
    ranges = {
        "timeout": (known.timeout_s, "s"), "startup_timeout": (known.timeout_s, "s"),
        "scaledown_window": (known.scaledown_window_s, "s"), "max_containers": (known.containers, "containers"),
        "ephemeral_disk": (known.ephemeral_disk_mib, "MiB"),
    }  # fmt: skip
    for unit in app.units:
        for name, (limit, what) in ranges.items():
            given = unit.given(name)
            low, high = limit.range
            if given and isinstance(given.value, int | float) and not low <= given.value <= high:
                yield given.line, f"{name}={given.value:g} is outside {low} to {high} {what}", "write a value within"
        least, most = unit.given("min_containers"), unit.given("max_containers")
        if least and most and _numbers(least.value, most.value) and least.value > most.value:
            yield least.line, f"min_containers={least.value} is above max_containers={most.value}", "make it smaller"
        secrets = unit.given("secrets")
        if secrets and isinstance(secrets.value, list) and any(isinstance(each, str) for each in secrets.value):
            yield secrets.line, "a Secret is given as text", "write modal.Secret.from_name(...)"


def container_bound(app: Picture) -> Iterator[Fault]:
    """What has a GPU has an upper bound on its containers, and so on its cost.

    Without max_containers a burst, or a scanner, starts as many GPUs as the workspace allows.
    """
    for unit in app.units:
        if unit.gpus and unit.call.lacks("max_containers", "concurrency_limit"):
            yield unit.call.line, f"{unit.name} may start any number of GPUs", "add max_containers="


def concurrency(app: Picture) -> Iterator[Fault]:
    """A container with an engine takes several requests at once, as many as the engine batches.

    Without `@modal.concurrent` each request gets a GPU of its own; beyond --max-num-seqs requests wait in the engine
    while Modal thinks that they are served. An offline engine takes one call at a time.
    """
    for unit in app.units:
        inputs = unit.decorator("concurrent")
        command = unit.engine
        if command is None or not unit.gpus:
            continue
        if not command.server and inputs and not unit.serves and _blocking(unit):
            yield inputs.line, "an offline engine takes one call at a time", "take @modal.concurrent out: pass batches"
        if unit.kind == "server":
            target, most = unit.given("target_concurrency"), unit.given("max_concurrency")
        else:
            target, most = (inputs.arguments.get(name) if inputs else None for name in ("target_inputs", "max_inputs"))
            if command.server and unit.web and not inputs and unit.web.last == "web_server":
                yield unit.web.line, f"{unit.name} takes one request at a time", "add @modal.concurrent(max_inputs=...)"
        if target and most and _numbers(target.value, most.value) and target.value > most.value:
            yield target.line, f"the target {target.value:g} is above the maximum {most.value:g}", "make it smaller"
        batch = command.value("--max-num-seqs", "--max-running-requests")
        if not (command.server and most and batch and (batch[0] or "").isdecimal() and _numbers(most.value)):
            continue
        held = int(batch[0])
        if most.value > held and not (target and _numbers(target.value) and target.value <= held):
            yield most.line, f"{most.value} requests come to an engine that batches {held}", "make the two agree"


def idle_window(app: Picture) -> Iterator[Fault]:
    """An idle container stays for as long as its traffic pauses, and no longer.

    By default it stops after a minute, and the next request waits for a whole start; a long window is paid for.
    """
    for unit in app.units:
        if not unit.gpus or unit.engine is None:
            continue
        given = unit.given("scaledown_window")
        held = given.value if given else None
        if unit.web and unit.call.lacks("scaledown_window", "min_containers"):
            yield (
                unit.call.line,
                f"{unit.name} stops after 60 s without a request, the default",
                "add scaledown_window= for the pauses of your traffic",
            )
        elif given and _numbers(held):
            most = LONG_IDLE_S if unit.web else LONG_IDLE_BATCH_S
            if held > most:
                what = "nobody asks" if unit.web else "has done its batch"
                yield given.line, f"a GPU that {what} is paid for {held / 60:g} minutes", f"write {most} or less"


def _numbers(*held) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in held)


def _blocking(unit: Unit) -> bool:
    """Whether the engine is the offline class, not the asynchronous one."""
    return any(call.name in ("LLM", "vllm.LLM") for call in unit.calls)
