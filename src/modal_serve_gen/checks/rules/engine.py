"""How the engine is started: with flags, an address, routes and variables that its version knows."""

import ast
import difflib
import re
from collections.abc import Iterator

from modal_serve_gen import facts, flags
from modal_serve_gen.checks import engine_releases
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import Call, Violation
from modal_serve_gen.checks.severity import Severity, severity

URL = re.compile(r"^(?:https?://[^/\s]*)?(/[A-Za-z_][\w/]*)(?:\?.*)?$")
LOCAL_URL = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0)\b")
REQUEST_METHODS = ("get", "post", "put", "request", "urlopen", "Request", "fetch", "stream")
REQUEST_PREFIXES = ("ask", "post", "get_", "_post", "_get")


@severity(Severity.ERROR)
def engine_flags(app: AppSource) -> Iterator[Violation]:
    """The engine's command line contains only flags and values that the pinned version accepts.

    They are compared with the argument table of the release that the app pins, read from its wheel; unique prefixes are
    accepted where its parser accepts them. With an unknown flag the engine exits at start, on a GPU that is billed.
    """
    for command in app.commands:
        judges = engine_releases.tables(app, command.engine)
        found = [flags.check(command.argv, table, complete=command.complete and command.server) for table in judges]
        everywhere = [{(row.flag, row.value) for row in rows if row.kind == "error"} for rows in found]
        for problem in found[0] if found else ():
            if all((problem.flag, problem.value) in rows for rows in everywhere):
                line = next((word.line for word in command.words if word.text == problem.flag), command.line)
                yield Violation(line, problem.text, engine_releases.advice(problem, judges[0]))


@severity(Severity.ERROR)
def kernel_compiler(app: AppSource) -> Iterator[Violation]:
    """An image has nvcc if its engine compiles kernels at run time.

    SGLang compiles some of its kernels when it starts, and FlashInfer those that it selects. Packages from PyPI bring
    no compiler on the path, so the engine fails on the first of them. CUDA images have nvcc only with `devel` in their
    tag; the engines' own images have it.
    """
    for obj in app.modal_objects:
        command, image = obj.engine_command, app.image_of(obj)
        base = image.base
        if command is None or base is None or not obj.gpus or not image.lists_packages or app.has_compiler(image):
            continue
        names = facts.serving_engines()[command.engine]
        pinned = app.pinned_version(command.engine)
        reason = ""
        if names.nvcc and (not pinned or _release(pinned) >= _release(names.nvcc)):
            reason = f"{command.engine} compiles kernels when it starts"
        for name, value in names.nvcc_if:
            flag, variable = command.value(name), app.variable(name)
            if (flag and flag.text == value) or (variable and variable.value == value and app.mentions(obj, name)):
                reason = f"{value} compiles kernels at run time"
        if reason:
            fix = "use a CUDA image with devel in its tag, and add_python"
            yield Violation(base.line, f"{reason}, but the image has no nvcc", fix)


@severity(Severity.ERROR)
def engine_address(app: AppSource) -> Iterator[Violation]:
    """The engine listens on 0.0.0.0, at the port that the web server or server declares.

    If it is bound to localhost or another port, the container waits until its startup timeout and fails, with a GPU
    running.
    """
    for obj, exposure, command in app.web_engines:
        names = facts.serving_engines()[command.engine]
        host = command.value(*names.flags.host)
        if exposure is obj.tunnel:
            pass  # which connects inside the container
        elif host is None:
            if command.complete and names.host not in ("", "0.0.0.0"):
                flag_name = names.flags.host[0]
                message = f"without {flag_name}, {command.engine} listens on localhost"
                yield Violation(command.line, message, f'add "{flag_name}", "0.0.0.0"')
        elif host.text not in (None, "0.0.0.0", "::"):
            message = f"{command.engine} listens on {host.text}, where Modal cannot reach it"
            yield Violation(host.line, message, 'use "0.0.0.0"')
        expected = _expected_port(app, exposure)
        flag = command.value(*names.flags.port)
        port = flag.text if flag else str(names.port or "") if command.complete else None
        if port and port.isdecimal() and expected is not None and port != str(expected):
            message = f"{command.engine} listens on port {port}, but Modal expects port {expected}"
            yield Violation(flag.line if flag else command.line, message, f"use port {expected}")


@severity(Severity.ERROR)
def engine_routes(app: AppSource) -> Iterator[Violation]:
    """Requests to the app's own engine use routes and methods that the engine has.

    A misspelled wake-up route returns 404, and the engine stays asleep while every request waits.
    """
    engines = {command.engine for command in app.commands if command.server}
    pinned = {name for name, names in facts.serving_engines().items() if names.pinned}
    if engines - pinned:
        return
    own = app.own_routes
    for call in app.calls:
        if call.method not in REQUEST_METHODS and not call.method.startswith(REQUEST_PREFIXES):
            continue
        for node in call.node.args[:2]:
            path = _url_path(app, node)
            if path is None or path in own or id(call.node) in app.decorator_ids:
                continue
            known = {engine: facts.routes(engine)[path] for engine in engines or pinned if path in facts.routes(engine)}
            if not known:
                yield from _unknown_route(path, node.lineno, engines)
            elif len(engines) == 1 and call.method in ("get", "post", "put"):
                ((engine, route),) = known.items()
                if call.method.upper() not in route.methods:
                    message = f"{engine}'s {path} does not accept {call.method.upper()}"
                    yield Violation(node.lineno, message, f"use {' or '.join(route.methods)}")


@severity(Severity.ADVICE)
def engine_variables(app: AppSource) -> Iterator[Violation]:
    """Environment variables with the engine's prefix are known to the engine.

    A variable that the engine does not read has no effect; at most, the log has a warning.
    """
    set_here = {variable.name for variable in app.variables}
    read_here = {text for text, _ in app.strings} - set_here
    for row in facts.modal_changes().variable:
        for name, _, line in app.variables:
            if name == row.old and not _is_older(app, row):
                yield Violation(line, f"{name} is no longer used", f"use {row.new}" if row.new else "remove it")
    for engine in sorted({command.engine for command in app.commands}):
        known = engine_releases.variables(app, engine)
        for name, _, line in app.variables if known else ():
            own = name.startswith(known[0].prefixes) and name not in read_here
            if own and not any(name in release.names for release in known):
                near = flags.misspelled(name, known[0].names)
                fix = f"is it a misspelling of {near}?" if near else "remove it"
                yield Violation(line, f"{engine} {known[0].version} does not read {name}", fix)


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


def _unknown_route(path: str, line: int, engines: set[str]) -> Iterator[Violation]:
    """A request for a route that none of the engines has; without an engine in the file, of a known misspelling."""
    replacements = {}
    for engine, names in facts.serving_engines().items():
        if engine in engines or (not engines and path in names.routes):
            close = difflib.get_close_matches(path, facts.routes(engine), 1, 0.75)
            if replacement := names.routes.get(path) or next(iter(close), ""):
                replacements[engine] = replacement
    if len(replacements) == 1:
        ((engine, replacement),) = replacements.items()
        yield Violation(line, f"{engine} has no route {path}", f"use {replacement}")
    elif replacements:
        fix = ", ".join(f"use {replacement} of {engine}" for engine, replacement in replacements.items())
        yield Violation(line, f"no engine has a route {path}", fix)


def _is_older(app: AppSource, row: facts.RemovedVariable) -> bool:
    """True if the package that reads a variable may be older than the release that no longer does."""
    if pinned := app.pinned_version(row.package):
        return _release(pinned) < _release(row.since)
    if any(item.name == row.package and "<" in item.specifier for item in app.requirements):
        return True
    releases = {engine: app.pinned_version(engine) for engine in {command.engine for command in app.commands}}
    engines = facts.serving_engines()
    return any(release and _release(release) < _release(engines[name].release) for name, release in releases.items())


def _release(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _expected_port(app: AppSource, web: Call) -> int | None:
    """The port where Modal expects the server; None if it is unknown."""
    port: object = None
    if web.method in ("web_server", "server", "http_server", "forward") and "port" in web.arguments:
        port = web.arguments["port"].value
    elif web.method in ("web_server", "http_server", "forward") and web.node.args:
        port = app.evaluate(web.node.args[0])
    elif web.method == "server" and web.complete:
        port = 8000
    return port if isinstance(port, int) else None


def _url_path(app: AppSource, node: ast.expr) -> str | None:
    """Path of a local URL, or a bare path; None for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):  # a base URL and a path
        base = app.evaluate(node.left)
        known = isinstance(base, str) and base.startswith("http") and not LOCAL_URL.match(base)
        node = ast.Constant("" if known else node.right.value if isinstance(node.right, ast.Constant) else "")
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
