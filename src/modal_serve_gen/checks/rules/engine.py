"""How the engine is started: with flags, an address, routes and variables that its version knows."""

import ast
import difflib
import re
from collections.abc import Iterator

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import Call, Violation
from modal_serve_gen.checks.severity import Severity, severity

DEFAULT_PORTS = {"vllm": 8000, "sglang": 30000}
URL = re.compile(r"^(?:https?://[^/\s]*)?(/[A-Za-z_][\w/]*)(?:\?.*)?$")
LOCAL_URL = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)\b")
REQUEST_METHODS = ("get", "post", "put", "request", "urlopen", "Request", "fetch", "stream")
REQUEST_PREFIXES = ("ask", "post", "get_", "_post", "_get")
OTHER_ENGINE_ROUTES = {
    "vllm": {"/wake": "/wake_up", "/release_memory_occupation": "/sleep", "/resume_memory_occupation": "/wake_up"},
    "sglang": {"/sleep": "/release_memory_occupation", "/wake_up": "/resume_memory_occupation"},
}


@severity(Severity.ERROR)
def engine_flags(app: AppSource) -> Iterator[Violation]:
    """The engine's command line contains only flags and values that the pinned version accepts.

    Names are compared exactly with the argument table read from that version's wheel, or with the newest bundled table
    if there is none for the pinned version. With an unknown flag the engine exits at start, on a GPU that is billed.
    """
    for command in app.commands:
        pinned = app.pinned_version(command.engine)
        table = flags.load(facts.flag_table(command.engine, pinned))
        other_version = pinned not in ("", table.version)
        renamed = {row.old for row in table.renamed}
        for problem in flags.check(command.argv, table, complete=command.complete and command.server):
            flag = problem.flag.partition("=")[0]
            if problem.kind != "error" or (other_version and (flag in renamed or not problem.nearest)):
                continue  # a version other than the table's may accept it
            line = next((word.line for word in command.words if word.text == problem.flag), command.line)
            message = problem.text
            if other_version:
                message += f" (from the table of {table.version}, the nearest to {pinned})"
            yield Violation(line, message, problem.advice or "remove it")


@severity(Severity.ERROR)
def engine_address(app: AppSource) -> Iterator[Violation]:
    """The engine listens on 0.0.0.0, at the port that the web server or server declares.

    If it is bound to localhost or another port, the container waits until its startup timeout and fails, with a GPU
    running.
    """
    for _, web, command in app.web_engines:
        host = command.value("--host")
        if host is None:
            if command.complete and command.engine == "sglang":
                message = "without --host, sglang listens on localhost"
                yield Violation(command.line, message, 'add "--host", "0.0.0.0"')
        elif host.text not in (None, "0.0.0.0", "::"):
            message = f"{command.engine} listens on {host.text}, where Modal cannot reach it"
            yield Violation(host.line, message, 'use "0.0.0.0"')
        expected = _expected_port(app, web)
        flag = command.value("--port")
        port = flag.text if flag else str(DEFAULT_PORTS[command.engine]) if command.complete else None
        if port is not None and expected is not None and port != str(expected):
            message = f"{command.engine} listens on port {port}, but Modal expects port {expected}"
            yield Violation(flag.line if flag else command.line, message, f"use port {expected}")


@severity(Severity.ERROR)
def engine_routes(app: AppSource) -> Iterator[Violation]:
    """Requests to the app's own engine use routes and methods that the engine has.

    A misspelled wake-up route returns 404, and the engine stays asleep while every request waits.
    """
    engines = {command.engine for command in app.commands if command.server}
    if len(engines) != 1:
        return
    engine = engines.pop()
    routes = facts.routes(engine)
    for call in app.calls:
        if call.method not in REQUEST_METHODS and not call.method.startswith(REQUEST_PREFIXES):
            continue
        for node in call.node.args[:2]:
            path = _url_path(app, node)
            if path is None:
                continue
            if path not in routes:
                close = difflib.get_close_matches(path, routes, 1, 0.75)
                if replacement := OTHER_ENGINE_ROUTES[engine].get(path) or next(iter(close), ""):
                    yield Violation(node.lineno, f"{engine} has no route {path}", f"use {replacement}")
                continue
            methods = routes[path].methods
            if call.method in ("get", "post", "put") and call.method.upper() not in methods:
                message = f"{engine}'s {path} does not accept {call.method.upper()}"
                yield Violation(node.lineno, message, f"use {' or '.join(methods)}")


@severity(Severity.ADVICE)
def engine_variables(app: AppSource) -> Iterator[Violation]:
    """Environment variables with the engine's prefix are known to the engine.

    A variable that the engine does not read has no effect; at most, the log has a warning.
    """
    set_here = {variable.name for variable in app.variables}
    read_here = {text for text, _ in app.strings} - set_here
    for row in facts.modal_changes().variable:
        for name, _, line in app.variables:
            if name == row.old:
                yield Violation(line, f"{name} is no longer used", f"use {row.new}" if row.new else "remove it")
    for engine in sorted({command.engine for command in app.commands}):
        known = facts.engine_variables(engine)
        for name, _, line in app.variables:
            if name.startswith(known.prefixes) and name not in known.names and name not in read_here:
                close = difflib.get_close_matches(name, known.names, 1, 0.85)
                yield Violation(line, f"{engine} does not read {name}", f"use {close[0]}" if close else "remove it")


@severity(Severity.ADVICE)
def shell_string(app: AppSource) -> Iterator[Violation]:
    """The engine is started with a list of arguments, without a shell.

    A shell splits and expands its input, and it sits between the container and the engine: signals stop the shell, and
    the engine's exit code is lost.
    """
    for call in app.calls:
        if shell := call.switch("shell", True):
            message = "with shell=True, values are interpreted as shell code"
            yield Violation(shell.line, message, "pass a list of arguments without a shell")
    for call in app.calls:
        if call.name == "os.system" and app.commands:
            yield Violation(call.line, "os.system runs a shell", "use subprocess.Popen with a list of arguments")


def _expected_port(app: AppSource, web: Call) -> int | None:
    """The port where Modal expects the server; None if it is unknown."""
    port: object = None
    if web.method in ("web_server", "server", "http_server") and "port" in web.arguments:
        port = web.arguments["port"].value
    elif web.method in ("web_server", "http_server") and web.node.args:
        port = app.evaluate(web.node.args[0])
    elif web.method == "server" and web.complete:
        port = 8000
    return port if isinstance(port, int) else None


def _url_path(app: AppSource, node: ast.expr) -> str | None:
    """Path of a local URL, or a bare path; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else str(app.evaluate(part.value) or "x")
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
        if not text.startswith("http"):
            text = "http://" + text
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        if text.startswith("http") and not LOCAL_URL.match(text):
            return None
    else:
        return None
    match = URL.match(text)
    return match[1] if match else None
