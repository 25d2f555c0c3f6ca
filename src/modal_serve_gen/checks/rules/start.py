"""Startup: the container waits for its engine, notices when it exits, and has enough time to load the model."""

import ast
import re
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import Call, ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity

HEALTH_ROUTES = re.compile(r"/(health|health_generate|ready|readyz|v1/models|ping)\b")
API_ROUTES = re.compile(r"/v1/(chat|completions|responses|messages|embeddings)|/(generate|invocations|sleep)\b")
WATCH_METHODS = {"poll", "wait", "communicate", "check_returncode", "returncode"}
START_FUNCTIONS = ("Popen", "create_subprocess_exec", "create_subprocess_shell")
DEFAULT_TIMEOUTS = {"server": 30, "web_server": 5, "http_server": 30}
MIN_TIMEOUT_S = 120


@severity(Severity.ADVICE)
def readiness(app: AppSource) -> Iterator[Violation]:
    """An app that sends requests to its engine waits until the engine is ready.

    Otherwise a warm-up in the container, or the first request to a server, comes too early and fails. Modal itself
    queues the requests to a web function until its port is open.
    """
    if any(HEALTH_ROUTES.search(text) for text, _ in app.strings) or any(map(_waits_for_port, app.calls)):
        return
    asking = [node.lineno for text, node in app.strings if API_ROUTES.search(text)]
    asking += [call.line for call in app.calls if call.name.endswith("completions.create")]
    for obj, _, command in app.web_engines:
        if asking and (obj.kind == "server" or any(map(obj.contains, asking))):
            fix = "poll GET /health until it returns 200"
            yield Violation(command.line, f"nothing checks whether {command.engine} is ready", fix)


@severity(Severity.WARNING)
def dead_engine(app: AppSource) -> Iterator[Violation]:
    """When the engine exits, its container exits too, and the log says why.

    If the process is not watched, the container waits until its startup timeout, or answers every request with an
    error, on a GPU that is billed.
    """
    watched = {call.method for call in app.calls} | {node.attr for node in app.nodes if isinstance(node, ast.Attribute)}
    for obj in app.modal_objects:
        started = next((call for call in obj.calls if call.method in START_FUNCTIONS), None)
        if obj.server_command and started and not watched & WATCH_METHODS:
            fix = "wait for the process in a thread, and exit the container when it ends"
            yield Violation(started.line, "nothing notices when the engine exits", fix)
    for loop in app.nodes:
        if isinstance(loop, ast.While | ast.For) and app.commands:
            for node in scopes.walk(loop):
                if isinstance(node, ast.Try):
                    yield from _swallowed_exit(app, node)


@severity(Severity.ERROR)
def startup_timeout(app: AppSource) -> Iterator[Violation]:
    """A container that starts an engine has enough time to load and compile the model.

    The defaults are far shorter than the first start of any model: 5 s for a web server, 30 s for a server, 300 s for a
    function or class.
    """
    for obj in app.modal_objects:
        command = obj.engine_command
        if command is None or not obj.gpus:
            continue
        if obj.web and obj.web.method in DEFAULT_TIMEOUTS and obj.server_command and not _waits_in_enter(app, obj):
            yield from _short_web_timeout(obj.web, command.engine)
        slow = facts.serving_engines()[command.engine].slow_start
        if slow and obj.kind in ("function", "cls") and obj.call.lacks("startup_timeout", "timeout"):
            message = f"{obj.name} must start {command.engine} within 300 s, the default"
            yield Violation(obj.line, message, "add startup_timeout= and timeout=", Severity.WARNING)


def _waits_in_enter(app: AppSource, obj: ModalObject) -> bool:
    """True if the port is open before the web server's timeout begins: an enter method waits for the engine."""
    at_start = obj.start_nodes
    asked = any(HEALTH_ROUTES.search(text) and id(node) in at_start for text, node in app.strings)
    waits = any(_waits_for_port(call) and id(call.node) in at_start for call in obj.calls)
    return obj.kind == "cls" and (asked or waits)


def _waits_for_port(call: Call) -> bool:
    return call.name == "socket.create_connection" or call.method in ("connect_ex", "open_connection")


def _short_web_timeout(web: Call, engine: str) -> Iterator[Violation]:
    timeout = web.arguments.get("startup_timeout")
    if web.lacks("startup_timeout"):
        message = f"@{web.method} waits {DEFAULT_TIMEOUTS[web.method]} s for {engine} by default"
        yield Violation(web.line, message, "add startup_timeout= with 600 s or more")
    elif timeout and timeout.number is not None and timeout.number < MIN_TIMEOUT_S:
        message = f"startup_timeout={timeout.number:g} is too short for a first start"
        yield Violation(timeout.line, message, "use 600 s or more")


def _swallowed_exit(app: AppSource, node: ast.Try) -> Iterator[Violation]:
    """An exception handler in a loop that continues after the engine has exited."""
    raises = any(isinstance(inner, ast.Raise) for statement in node.body for inner in scopes.walk(statement))
    for handler in node.handlers:
        caught = (
            {app.full_name(inner).rpartition(".")[2] for inner in scopes.walk(handler.type)} if handler.type else {""}
        )
        leaves = any(
            isinstance(inner, ast.Raise | ast.Return | ast.Break)
            for statement in handler.body
            for inner in scopes.walk(statement)
        )
        catches_all = raises and caught & {"", "Exception", "BaseException"}
        if not leaves and ("CalledProcessError" in caught or catches_all):
            yield Violation(handler.lineno, "the loop continues after the engine has exited", "let the error propagate")
