"""How a container starts: it waits for its engine, notices when that dies, and has the time that loading takes."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault

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
