"""How the engine is started: with flags, an address and routes that its version knows."""

import ast
import difflib
import re
from collections.abc import Iterator

from modal_serve_gen import facts, flags
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault, Unit

PORTS = {"vllm": 8000, "sglang": 30000}
URL = re.compile(r"^(?:https?://[^/\s]*)?(/[A-Za-z_][\w/]*)(?:\?.*)?$")
ASKS = ("get", "post", "put", "request", "urlopen", "Request", "fetch", "stream")
OTHER_ENGINE = {
    "vllm": {"/wake": "/wake_up", "/release_memory_occupation": "/sleep", "/resume_memory_occupation": "/wake_up"},
    "sglang": {"/sleep": "/release_memory_occupation", "/wake_up": "/resume_memory_occupation"},
}


def engine_flags(app: Picture) -> Iterator[Fault]:
    """An engine's command line holds only flags and values that its pinned version knows.

    By exact name, against the table that was read out of that version's wheel; where no version is pinned that has a
    table, the newest bundled one serves. The engine ends with a usage message otherwise, on a GPU that is paid for.
    """
    for command in app.commands:
        pinned = app.pin(command.engine)
        table = flags.load(facts.flag_table(command.engine, pinned))
        other = pinned not in ("", table.version)
        renamed = {row["old"] for row in table.renamed}
        for problem in flags.check(command.words, table, whole=command.whole and command.server):
            spelled = (problem.flag or "").partition("=")[0]
            if problem.kind != "error" or (other and (spelled in renamed or not problem.nearest)):
                continue  # another version than the table's may well have had it
            line = next(
                (at for word, at in zip(command.words, command.lines, strict=True) if word == problem.flag),
                command.line,
            )
            by = f" (by the table of {table.version}, the nearest to {pinned})" if other else ""
            yield (
                line,
                problem.message.rstrip(".") + by,
                f"write {problem.nearest}" if problem.nearest else "take it out",
            )


def engine_address(app: Picture) -> Iterator[Fault]:
    """The engine listens where Modal looks: on 0.0.0.0, at the port that the web server or server announces.

    Bound to localhost, or at another port, the container waits until its start-up time-out and fails, with a GPU
    running.
    """
    for unit in app.units:
        command = unit.serves
        if command is None or not unit.web:
            continue
        host = command.value("--host")
        if host is None:
            if command.whole and command.engine == "sglang":
                yield command.line, "sglang is given no --host, and listens on localhost", 'add "--host", "0.0.0.0"'
        elif host[0] not in (None, "0.0.0.0", "::"):
            yield host[1], f"{command.engine} listens on {host[0]}, where Modal cannot reach it", 'write "0.0.0.0"'
        announced = _port(app, unit)
        port, at = command.value("--port") or (str(PORTS[command.engine]) if command.whole else None, command.line)
        if port is not None and announced is not None and port != str(announced):
            yield at, f"{command.engine} listens at port {port}, but Modal is told {announced}", f"write {announced}"


def engine_routes(app: Picture) -> Iterator[Fault]:
    """A route that the file asks of its own engine is one that the engine has, and is asked with a method it takes.

    A misspelt wake-up route answers 404, and the engine sleeps on while every request waits.
    """
    engines = {each.engine for each in app.commands if each.server}
    if len(engines) != 1:
        return
    engine = engines.pop()
    table = facts.routes(engine)
    for call in app.calls:
        if call.last not in ASKS and not call.last.startswith(("ask", "post", "get_", "_post", "_get")):
            continue
        for node in call.node.args[:2]:
            path = _path(app, node)
            if path is None:
                continue
            if path not in table:
                instead = OTHER_ENGINE[engine].get(path) or next(
                    iter(difflib.get_close_matches(path, table, 1, 0.75)), ""
                )
                if instead:
                    yield node.lineno, f"{engine} has no route {path}", f"write {instead}"
            elif call.last in ("get", "post", "put") and call.last.upper() not in table[path].methods:
                methods = " or ".join(table[path].methods)
                yield node.lineno, f"{path} of {engine} is asked with {call.last.upper()}", f"use {methods}"


def engine_variables(app: Picture) -> Iterator[Fault]:
    """An environment variable with the engine's own prefix is one that it reads.

    A variable that an engine no longer has changes nothing, and says so at most in a warning.
    """
    read = {text for text, node in app.strings} - {name for name, _, _ in app.variables}
    for row in facts.modal_changes().variable:
        for name, _, line in app.variables:
            if name == row.old:
                yield line, f"{name} does nothing any more", f"write {row.new}" if row.new else "take it out"
    for engine in sorted({each.engine for each in app.commands}):
        known = facts.engine_variables(engine)
        for name, _, line in app.variables:
            if name.startswith(known.prefixes) and name not in known.names and name not in read:
                near = difflib.get_close_matches(name, known.names, 1, 0.85)
                yield line, f"{engine} does not read {name}", f"write {near[0]}" if near else "take it out"


def shell_string(app: Picture) -> Iterator[Fault]:
    """The engine is started from a list of words, without a shell.

    A shell splits and expands what it is given, and stands between the container and the engine: signals end the shell,
    and the engine's exit code is lost.
    """
    for call in app.calls:
        given = call.arguments.get("shell")
        if given and given.value is True:
            yield given.line, "shell=True: what a value holds is read as shell code", "pass a list of words, no shell"
    for call in app.calls:
        if call.name == "os.system" and app.commands:
            yield call.line, "os.system runs a shell", "use subprocess.Popen with a list of words"


def _port(app: Picture, unit: Unit) -> int | None:
    """The port that Modal is told; None where it is not known."""
    web = unit.web
    if web is None or web.last not in ("web_server", "server", "http_server"):
        return None
    given = web.arguments.get("port")
    if given:
        return given.value if isinstance(given.value, int) else None
    if web.last != "server" and web.node.args:
        held = app.worth(web.node.args[0])
        return held if isinstance(held, int) else None
    return 8000 if web.last == "server" and web.whole else None


def _path(app: Picture, node: ast.expr) -> str | None:
    """The path of a URL of this machine, or of a bare path; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(
            str(each.value) if isinstance(each, ast.Constant) else str(app.worth(each.value) or "x")
            for each in node.values
            if isinstance(each, ast.Constant | ast.FormattedValue)
        )
        if not text.startswith("http"):
            text = "http://" + text
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        if text.startswith("http") and not re.match(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)\b", text):
            return None
    else:
        return None
    match = URL.match(text)
    return match[1] if match else None
