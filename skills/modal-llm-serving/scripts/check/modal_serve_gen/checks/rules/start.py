"""How a container starts: it waits for its engine, notices when that dies, and has the time that loading takes."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Unit

Fault = tuple[int, str, str]
HEALTH = re.compile(r"/(health|health_generate|ready|readyz|v1/models|ping)\b")
WATCHES = ("poll", "wait", "communicate", "check_returncode", "returncode")
STARTS = ("Popen", "create_subprocess_exec", "create_subprocess_shell")
DEFAULTS = {"server": 30, "web_server": 5, "http_server": 30, "function": 300, "cls": 300}


def readiness(app: Picture) -> Iterator[Fault]:
    """Something in the file asks the engine whether it is ready.

    Without it nobody knows when the first request may come, and a smoke test reports the first error that it meets.
    """
    if any(HEALTH.search(text) for text, _ in app.strings):
        return
    for unit in app.units:
        if unit.web and (command := unit.serves):
            yield command.line, f"nothing asks whether {command.engine} is ready", "ask GET /health until it is 200"


def dead_engine(app: Picture) -> Iterator[Fault]:
    """When the engine dies, so does its container, with the reason in the log.

    A process that nobody looks at leaves a container that waits until its start-up time-out, or answers every request
    with an error, on a GPU that is paid for.
    """
    watched = {call.last for call in app.calls} | {n.attr for n in app.nodes if isinstance(n, ast.Attribute)}
    for unit in app.units:
        if not unit.serves:
            continue
        started = next((call for call in unit.calls if call.last in STARTS), None)
        if started and not watched & set(WATCHES):
            yield started.line, "nobody notices when the engine ends", "watch the process: end the container with it"
    for node in app.nodes:
        if isinstance(node, ast.While | ast.For) and app.commands:
            for each in ast.walk(node):
                if isinstance(each, ast.Try):
                    yield from _swallowed(app, each)


def startup_timeout(app: Picture) -> Iterator[Fault]:
    """A container that starts an engine has the time that loading and compiling take.

    The defaults are far shorter than the first start of any model: 5 s of a web server, 30 s of a server, 300 s of a
    function or class.
    """
    for unit in app.units:
        command = unit.engine
        if command is None or not unit.gpus:
            continue
        web = unit.web
        if web and web.last in ("server", "web_server", "http_server") and unit.serves:
            given = web.arguments.get("startup_timeout")
            held = given.value if given else None
            if web.lacks("startup_timeout"):
                yield (
                    web.line,
                    f"@{web.last} waits {DEFAULTS[web.last]} s for {command.engine} by default",
                    "add startup_timeout= in seconds: 600 and more",
                )
            elif given and isinstance(held, int | float) and held < 120:
                yield given.line, f"startup_timeout={held:g} is shorter than a first start", "give it 600 s and more"
        if unit.kind in ("function", "cls") and unit.call.lacks("startup_timeout", "timeout"):
            yield (
                unit.call.line,
                f"{unit.name} has 300 s to start {command.engine}, the default",
                "add startup_timeout= and timeout=",
            )


def _swallowed(app: Picture, node: ast.Try) -> Iterator[Fault]:
    """A handler in a loop that goes on although the engine was found dead."""
    body = [each for one in node.body for each in ast.walk(one)]
    raises = any(isinstance(each, ast.Raise) for each in body)
    for handler in node.handlers:
        names = {app.name(each).rpartition(".")[2] for each in ast.walk(handler.type)} if handler.type else {""}
        again = any(
            isinstance(each, ast.Raise | ast.Return | ast.Break) for one in handler.body for each in ast.walk(one)
        )
        if not again and ("CalledProcessError" in names or (raises and names & {"", "Exception", "BaseException"})):
            yield handler.lineno, "the loop goes on although the engine ended", "let that error out of the loop"


def enter_order(app: Picture) -> Iterator[Fault]:
    """With a snapshot the engine is started, warmed up and put to sleep before it is taken, and woken after.

    `enter(snap=True)` runs before, `enter(snap=False)` after; what stands in the wrong one runs on every start, or
    never again.
    """
    for unit in app.units:
        if not isinstance(unit.node, ast.ClassDef) or not _snapshots(unit):
            continue
        before, after = _entered(unit)
        if not before and unit.engine:
            yield (
                unit.node.lineno,
                f"{unit.name} takes a snapshot before anything has started",
                "start the engine in an @modal.enter(snap=True)",
            )
        asks = [
            (text, node) for text, node in app.strings if re.search(r"/(wake_up|wake|resume_memory_occupation)\b", text)
        ]
        sleeps = [(t, n) for t, n in app.strings if re.search(r"/(sleep|release_memory_occupation)\b", t)]
        if before and sleeps and not asks:
            yield (
                sleeps[0][1].lineno,
                "the engine is put to sleep and never woken",
                "wake it in an @modal.enter(snap=False)",
            )
        if before and asks and not after:
            yield (
                asks[0][1].lineno,
                "the engine is woken, but nothing runs after the snapshot",
                "wake it in an @modal.enter(snap=False)",
            )


def snapshot_flags(app: Picture) -> Iterator[Fault]:
    """`enter(snap=True)` goes with enable_memory_snapshot, and an engine on a GPU with enable_gpu_snapshot as well.

    Without the first the SDK refuses the class; without the second there is no GPU before the snapshot. Sleep needs the
    engine's own flag, and vLLM's routes for it exist in developer mode only.
    """
    for unit in app.units:
        if not isinstance(unit.node, ast.ClassDef):
            continue
        before, _ = _entered(unit)
        given = unit.given("enable_memory_snapshot")
        if before and (unit.call.lacks("enable_memory_snapshot") or (given and given.value is False)):
            yield (
                unit.call.line,
                f"{unit.name} has enter(snap=True) and takes no snapshot",
                "add enable_memory_snapshot=True",
            )
            continue
        if not _snapshots(unit):
            continue
        options = unit.given("experimental_options")
        gpu = options and isinstance(options.value, dict) and options.value.get("enable_gpu_snapshot")
        if (
            before
            and unit.gpus
            and unit.engine
            and unit.call.whole
            and not gpu
            and not (options and options.value is None)
        ):
            yield (
                unit.call.line,
                f"{unit.name} has no GPU before its snapshot",
                ('add experimental_options={"enable_gpu_snapshot": True}'),
            )
        command = unit.serves
        if command and any(re.search(r"/sleep\b", text) for text, _ in app.strings) and command.engine == "vllm":
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
