"""What Modal's SDK takes: spellings that are gone, arguments it does not know, decorators in the wrong place."""

import ast
import difflib
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import WEB, Call, Fault, Unit

OUTCOMES = {"raises": "the SDK refuses", "missing": "the SDK has no", "warns": "the SDK warns of"}
SERVER_INSTEAD = {
    "timeout": "a server has no time limit for a request",
    "region": "use compute_region and routing_region",
    "retries": "clients of a server retry by themselves",
    "target_inputs": "use target_concurrency",
    "max_inputs": "use max_concurrency",
    "requires_proxy_auth": "it asks for a token unless unauthenticated=True",
    "allow_concurrent_inputs": "use max_concurrency",
}


def removed_api(app: Picture) -> Iterator[Fault]:
    """Modal's SDK still takes what the file says.

    Arguments, names and methods that are gone or on their way out: the file fails at import, or prints a warning that
    becomes an error with the next minor release.
    """
    offline = {
        given.line for unit in app.units if unit.engine and not unit.serves for given in unit.call.arguments.values()
    }
    for row in facts.modal_changes().removed:
        found: list[int] = []
        if row.kind == "argument":
            found = [given.line for call in app.calls if _takes(call, row) if (given := call.arguments.get(row.old))]
        elif row.kind == "name":
            found = app.reads.get(row.old, []) + [
                node.lineno
                for node in app.nodes
                if isinstance(node, ast.ImportFrom | ast.Import)
                and row.old in [f"{getattr(node, 'module', '')}.{each.name}" for each in node.names]
            ]
        else:
            found = [node.lineno for node in app.nodes if isinstance(node, ast.Attribute) and node.attr == row.old]
        for line in dict.fromkeys(found):
            mend = f"write {row.new}" if row.new else "take it out"
            if row.concurrency and line in offline:
                mend = "take it out: an offline engine takes one call at a time, so pass batches"
            yield line, f"{OUTCOMES[row.outcome]} {row.old}", mend


def unknown_argument(app: Picture) -> Iterator[Fault]:
    """Every argument of a Modal decorator, image step or lookup is one that it takes.

    The import of the file ends with a TypeError otherwise. `@app.server` takes other arguments than `@app.function`.
    """
    gone = {row.old for row in facts.modal_changes().removed if row.kind == "argument"}
    for call, name in _known(app):
        takes = facts.modal_arguments()[name]
        for key, given in call.arguments.items():
            if key in takes or key in gone or _any_name(name):
                continue
            near = difflib.get_close_matches(key, takes, 1, 0.7)
            mend = SERVER_INSTEAD.get(key, "") if name == "app.server" else ""
            mend = mend or (f"write {near[0]}" if near else f"it takes {', '.join(takes)}")
            yield given.line, f"{name} takes no {key}", mend


def install_options(app: Picture) -> Iterator[Fault]:
    """Options of pip are given as arguments of their own, not among the packages.

    A package that begins with a dash is refused: the file does not import.
    """
    for call in app.calls:
        if call.last in ("pip_install", "uv_pip_install"):
            for node in call.node.args:
                held = app.worth(node)
                if isinstance(held, str) and held.startswith("-"):
                    wanted = {"--extra-index-url": "extra_index_url", "--index-url": "index_url", "--pre": "pre"}
                    yield (
                        node.lineno,
                        f"{call.last} takes no option {held!r}",
                        f"use {wanted.get(held, 'extra_options')}=",
                    )


def concurrent_placement(app: Picture) -> Iterator[Fault]:
    """`@modal.concurrent` stands below `@app.function` or `@app.cls`, with max_inputs, and never on a method or server.

    The SDK refuses the other orders. A server has target_concurrency and max_concurrency of its own.
    """
    for unit in app.units:
        names = [each.last for each in unit.decorators]
        for each in unit.decorators:
            if each.last != "concurrent":
                continue
            if unit.kind == "server":
                yield each.line, "a server takes no @modal.concurrent", "use target_concurrency= and max_concurrency="
            elif unit.kind in names and names.index("concurrent") < names.index(unit.kind):
                yield each.line, f"@modal.concurrent stands above @app.{unit.kind}", "put it below"
            elif "http_server" in names:
                if "max_inputs" in each.arguments:
                    yield each.line, "http_server takes no max_inputs", "write target_inputs alone"
            elif each.lacks("max_inputs"):
                yield each.line, "@modal.concurrent is given no max_inputs", "add max_inputs="
        for name, decorators in unit.methods.items():
            for each in decorators:
                if each.last == "concurrent":
                    yield each.line, f"@modal.concurrent stands on the method {name}", "decorate the class instead"


def server_class(app: Picture) -> Iterator[Fault]:
    """A class under `@app.server` starts its process in an `@modal.enter`, and has no methods or web decorators.

    The SDK refuses most of it; a web decorator on a method is passed over in silence.
    """
    for unit in app.units:
        if unit.kind != "server" or not isinstance(unit.node, ast.ClassDef):
            continue
        decorators = [(name, each) for name, found in unit.methods.items() for each in found]
        if not any(each.last == "enter" for _, each in decorators):
            yield unit.node.lineno, f"the server {unit.name} has no @modal.enter", "start its process in one"
        for name, each in decorators:
            if each.last in ("method", *WEB):
                yield each.line, f"@modal.{each.last} on {name} of a server", "take it out: its port is the endpoint"
        for node in unit.node.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                yield node.lineno, f"the server {unit.name} has an __init__", "use @modal.enter"


def web_retries(app: Picture) -> Iterator[Fault]:
    """What is on the web has no retries: Modal cannot repeat a request whose answer may have begun.

    The SDK refuses `retries` on a web function.
    """
    for unit in app.units:
        if unit.web and unit.kind != "server" and (given := unit.given("retries")):
            yield given.line, f"retries on the web {unit.kind} {unit.name}", "take it out: clients retry by themselves"


def class_lifecycle(app: Picture) -> Iterator[Fault]:
    """A class that Modal runs loads in `@modal.enter` and is parametrised by `modal.parameter()`.

    The SDK refuses an `__init__`; `__enter__` and `__exit__`, the older spelling, are not called in a container.
    """
    instead = {
        "__init__": "use modal.parameter() and @modal.enter",
        "__enter__": "write @modal.enter() over a method",
        "__aenter__": "write @modal.enter() over a method",
        "__exit__": "write @modal.exit() over a method",
    }
    for unit in app.units:
        for node in unit.node.body if unit.kind == "cls" and isinstance(unit.node, ast.ClassDef) else ():
            name = getattr(node, "name", "")
            if name in instead and not unit.methods.get(name):
                yield node.lineno, f"the class {unit.name} has {name}", instead[name]


def _known(app: Picture) -> Iterator[tuple[Call, str]]:
    """Each call that the SDK's arguments are known of, with its name there."""
    table = facts.modal_arguments()
    makers: list[Unit] = app.units
    seen = set()
    for unit in makers:
        seen.add(id(unit.call.node))
        yield unit.call, f"app.{unit.kind}"
    for call in app.calls:
        if id(call.node) in seen:
            continue
        name = call.name if call.name in table else f"modal.{call.last}" if call.name.startswith("modal.") else ""
        if name not in table:
            name = f"Image.{call.last}" if f"Image.{call.last}" in table else f"Cls.{call.last}"
        if call.last == "from_name":
            name = call.name.removeprefix("modal.")
        if name in table:
            yield call, name


def _any_name(name: str) -> bool:
    """Whether it takes arguments of every name."""
    return name in ("Image.from_registry", "Image.from_dockerfile")


def _takes(call: Call, row: facts.Removed) -> bool:
    """Whether a removed argument is meant by this call."""
    wanted = row.of
    if not wanted:
        return True
    owner, _, last = call.name.rpartition(".")
    for each in wanted:
        kind, _, method = each.partition(".")
        if last == method and (kind == "Image" or (owner and "." not in owner and owner != "modal")):
            return True
    return False
