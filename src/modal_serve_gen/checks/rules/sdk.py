"""Modal's SDK: removed names, unknown arguments, and decorators in the wrong place."""

import ast
import difflib
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import WEB_DECORATORS, Call, Violation
from modal_serve_gen.checks.severity import Severity, severity

OUTCOMES = {"raises": "the SDK rejects", "missing": "the SDK has no", "warns": "the SDK deprecates"}
SERVER_FIXES = {
    "timeout": "remove it: a server has no request timeout",
    "region": "use compute_region and routing_region",
    "retries": "remove it: clients retry",
    "target_inputs": "use target_concurrency",
    "max_inputs": "use max_concurrency",
    "requires_proxy_auth": "remove it: a server requires a token unless unauthenticated=True",
    "allow_concurrent_inputs": "use max_concurrency",
}
LIFECYCLE_FIXES = {
    "__init__": "use modal.parameter() and @modal.enter",
    "__enter__": "decorate a method with @modal.enter()",
    "__aenter__": "decorate a method with @modal.enter()",
    "__exit__": "decorate a method with @modal.exit()",
}
PIP_OPTIONS = {"--extra-index-url": "extra_index_url", "--index-url": "index_url", "--pre": "pre"}
ANY_ARGUMENTS = ("Image.from_registry", "Image.from_dockerfile")  # which accept every keyword


@severity(Severity.ERROR)
def removed_api(app: AppSource) -> Iterator[Violation]:
    """The app uses nothing that Modal's SDK has removed or deprecated.

    With a removed argument, name or method the file fails at import. A deprecated one prints a warning, and becomes an
    error in a later release.
    """
    offline_lines = {
        argument.line for obj in app.modal_objects if obj.offline for argument in obj.call.arguments.values()
    }
    for row in facts.modal_changes().removed:
        for line in dict.fromkeys(_uses(app, row)):
            fix = f"use {row.new}" if row.new else "remove it"
            if row.concurrency and line in offline_lines:
                fix = "remove it: an offline engine takes one call at a time, so pass batches"
            level = Severity.WARNING if row.outcome == "warns" else None
            yield Violation(line, f"{OUTCOMES[row.outcome]} {row.old}", fix, level)


@severity(Severity.ERROR)
def unknown_argument(app: AppSource) -> Iterator[Violation]:
    """Modal's decorators, image steps and lookups are called with arguments that they accept.

    Otherwise the import fails with a TypeError. `@app.server` and `@app.function` accept different arguments.
    """
    removed = {row.old for row in facts.modal_changes().removed if row.kind == "argument"}
    for call, name in _sdk_calls(app):
        accepted = facts.modal_arguments()[name]
        for key, argument in call.arguments.items():
            if key in accepted or key in removed or name in ANY_ARGUMENTS:
                continue
            fix = SERVER_FIXES.get(key, "") if name == "app.server" else ""
            if not fix:
                close = difflib.get_close_matches(key, accepted, 1, 0.7)
                fix = f"use {close[0]}" if close else f"it accepts {', '.join(accepted)}"
            yield Violation(argument.line, f"{name} has no argument {key}", fix)


@severity(Severity.ERROR)
def install_options(app: AppSource) -> Iterator[Violation]:
    """Options of pip are passed as arguments of the install step, not among the packages.

    A package name that begins with a dash is rejected, and the import fails.
    """
    for call in app.calls:
        if call.method not in ("pip_install", "uv_pip_install"):
            continue
        for node in call.node.args:
            text = app.evaluate(node)
            if isinstance(text, str) and text.startswith("-"):
                fix = f"use {PIP_OPTIONS.get(text, 'extra_options')}="
                yield Violation(node.lineno, f"{call.method} does not accept {text!r} as a package", fix)


@severity(Severity.ERROR)
def concurrent_placement(app: AppSource) -> Iterator[Violation]:
    """`@modal.concurrent` is below `@app.function` or `@app.cls` and sets max_inputs, and is not on a method or server.

    The SDK rejects any other order. A server has its own arguments, target_concurrency and max_concurrency.
    """
    for obj in app.modal_objects:
        names = [decorator.method for decorator in obj.decorators]
        for decorator in obj.decorators:
            if decorator.method != "concurrent":
                continue
            if obj.kind == "server":
                fix = "use target_concurrency= and max_concurrency="
                yield Violation(decorator.line, "a server does not accept @modal.concurrent", fix)
            elif obj.kind in names and names.index("concurrent") < names.index(obj.kind):
                yield Violation(decorator.line, f"@modal.concurrent is above @app.{obj.kind}", "move it below")
            elif "http_server" in names:
                if "max_inputs" in decorator.arguments:
                    yield Violation(decorator.line, "http_server does not accept max_inputs", "use target_inputs only")
            elif decorator.lacks("max_inputs"):
                yield Violation(decorator.line, "@modal.concurrent has no max_inputs", "add max_inputs=")
        for name, decorators in obj.methods.items():
            for decorator in decorators:
                if decorator.method == "concurrent":
                    message = f"@modal.concurrent is on the method {name}"
                    yield Violation(decorator.line, message, "decorate the class instead")


@severity(Severity.ERROR)
def server_class(app: AppSource) -> Iterator[Violation]:
    """A class under `@app.server` starts its process in `@modal.enter`, and has no Modal methods or web decorators.

    The SDK rejects most of these, but silently ignores a web decorator on a method.
    """
    for obj in app.modal_objects:
        if obj.kind != "server" or not isinstance(obj.node, ast.ClassDef):
            continue
        decorators = [(name, decorator) for name, calls in obj.methods.items() for decorator in calls]
        if not any(decorator.method == "enter" for _, decorator in decorators):
            yield Violation(
                obj.node.lineno, f"the server {obj.name} has no @modal.enter method", "start its process in one"
            )
        for name, decorator in decorators:
            if decorator.method in ("method", *WEB_DECORATORS):
                message = f"the method {name} of a server is decorated with @modal.{decorator.method}"
                yield Violation(decorator.line, message, "remove it: the server's port is the endpoint")
        for node in obj.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                yield Violation(node.lineno, f"the server {obj.name} has an __init__", "use @modal.enter")


@severity(Severity.ERROR)
def web_retries(app: AppSource) -> Iterator[Violation]:
    """Web functions have no `retries`: Modal cannot repeat a request whose response may have started.

    The SDK rejects `retries` on a web function.
    """
    for obj in app.modal_objects:
        if obj.web and obj.kind != "server" and (retries := obj.argument("retries")):
            message = f"the web {obj.kind} {obj.name} sets retries"
            yield Violation(retries.line, message, "remove it: clients retry")


@severity(Severity.ERROR)
def class_lifecycle(app: AppSource) -> Iterator[Violation]:
    """A class that Modal runs is set up in `@modal.enter` and parametrized by `modal.parameter()`.

    The SDK rejects an `__init__`. `__enter__` and `__exit__`, the older spelling, are not called in a container.
    """
    for obj in app.modal_objects:
        for node in obj.node.body if obj.kind == "cls" and isinstance(obj.node, ast.ClassDef) else ():
            name = getattr(node, "name", "")
            if name in LIFECYCLE_FIXES and not obj.methods.get(name):
                yield Violation(node.lineno, f"the class {obj.name} has {name}", LIFECYCLE_FIXES[name])


def _uses(app: AppSource, row: facts.Removed) -> Iterator[int]:
    """Lines that use a removed argument, name or method."""
    old = row.old
    if row.kind == "argument":
        for call in app.calls:
            if old in call.arguments and _applies(row, call):
                yield call.arguments[old].line
    elif row.kind == "name":
        yield from app.reads.get(old, [])
        for node in app.nodes:
            if isinstance(node, ast.ImportFrom | ast.Import) and old in _imported_names(node):
                yield node.lineno
    else:
        for node in app.nodes:
            if isinstance(node, ast.Attribute) and node.attr == old:
                yield node.lineno


def _imported_names(node: ast.ImportFrom | ast.Import) -> list[str]:
    """Dotted names that a statement imports, with the module that it imports them from."""
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.Import):
        return names
    return [node.module or "", *(f"{node.module}.{name}" for name in names)]


def _applies(row: facts.Removed, call: Call) -> bool:
    """True if a removed argument was one of this call's function."""
    functions = [function.partition(".")[::2] for function in row.of]
    return not functions or any(
        call.method == method and (owner == "Image" or call.is_on_app) for owner, method in functions
    )


def _sdk_calls(app: AppSource) -> Iterator[tuple[Call, str]]:
    """(call, name in the SDK's argument table) of each call whose arguments are known."""
    table = facts.modal_arguments()
    yield from ((obj.call, f"app.{obj.kind}") for obj in app.modal_objects)
    decorators = {id(obj.call.node) for obj in app.modal_objects}
    for call in app.calls:
        if id(call.node) in decorators:
            continue
        if call.method == "from_name":
            name = call.name.removeprefix("modal.")
        elif call.name in table:
            name = call.name
        elif call.name.startswith("modal.") and f"modal.{call.method}" in table:
            name = f"modal.{call.method}"
        else:
            name = f"Image.{call.method}" if f"Image.{call.method}" in table else f"Cls.{call.method}"
        if name in table:
            yield call, name
