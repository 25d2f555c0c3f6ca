"""The environment of the machine that deploys an app is not that of its containers."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import ModalObject, Violation
from modal_serve_gen.checks.severity import Severity, severity

READS = ("os.environ.get", "os.getenv")
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.I)  # which a Secret may set
PRESENT = re.compile(r"MODAL_\w+|PATH|HOME|USER|PWD|TMPDIR|LANG|PYTHON\w*|HOSTNAME")  # in every container


class _Read(NamedTuple):
    variable: str
    default: str  # as it is written
    line: int
    required: bool


@severity(Severity.WARNING)
def local_environment(app: AppSource) -> Iterator[Violation]:
    """A variable that the file reads when it is imported, and uses in a container, is set there too.

    The file is imported twice: on the machine that deploys it, and in the container, which has the environment of its
    image and its Secrets. Without the variable there, the default applies, or a KeyError ends the container.
    """
    reported = set()
    for name, read in _reads(app):
        user = next((obj for obj in app.modal_objects if _lacks(app, obj, read) and _uses(obj, name)), None)
        if user is None or read[:3] in reported or PRESENT.fullmatch(read.variable):
            continue
        reported.add(read[:3])
        fix = f'set it with .env({{"{read.variable}": ...}}) in the image'
        if read.required:
            message = f"{read.variable} is read when {user.name}'s container imports the file, where it is not set"
            yield Violation(read.line, message, fix, Severity.ERROR)
        else:
            there = f"{read.default} unless a Secret sets it" if app.environment_of(user).secret_names else read.default
            message = f"{user.name} uses {name}, but its container does not have {read.variable}, so it is {there}"
            yield Violation(read.line, message, fix)


def _reads(app: AppSource) -> Iterator[tuple[str, _Read]]:
    """(constant, what it reads) of each constant that comes from the environment, directly or not."""
    sources: dict[str, list[_Read]] = {}
    local = {id(inner) for node in app.nodes if _is_local_guard(node) for inner in ast.walk(node)}
    for statement in scopes.module_statements(app.tree):
        for name, expression in scopes.assignments([statement]) if id(statement) not in local else ():
            for node in ast.walk(expression):
                if isinstance(node, ast.Name) and node.id in sources and node.id != name:
                    sources.setdefault(name, []).extend(sources[node.id][:20])
                elif found := _read(app, node):
                    sources.setdefault(name, []).append(found)
    for name, found_in in sources.items():
        yield from ((name, read) for read in dict.fromkeys(found_in))


def _is_local_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "is_local()" in ast.unparse(node.test)


def _read(app: AppSource, node: ast.AST) -> _Read | None:
    if isinstance(node, ast.Call) and app.full_name(node.func) in READS and node.args:
        default = ast.unparse(node.args[1])[:60] if len(node.args) > 1 else "None"
        variable, required = app.evaluate(node.args[0]), False
    elif isinstance(node, ast.Subscript) and app.full_name(node.value) == "os.environ":
        variable, default, required = app.evaluate(node.slice), "", True
    else:
        return None
    return _Read(variable, default, node.lineno, required) if isinstance(variable, str) else None


def _lacks(app: AppSource, obj: ModalObject, read: _Read) -> bool:
    """True if an object's containers cannot have a variable."""
    environment = app.environment_of(obj)
    may_be_secret = bool(environment.secret_names) and SECRET.search(read.variable) is not None
    known = environment.complete and app.image_of(obj).complete and not may_be_secret
    return known and read.variable not in environment.names


def _uses(obj: ModalObject, name: str) -> bool:
    """True if the code that runs in an object's containers reads a constant, outside decorators and signatures."""
    return any(
        isinstance(node, ast.Name) and node.id == name
        for definition in obj.reachable
        if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in _body(definition)
    )


def _body(definition: ast.AST) -> Iterator[ast.AST]:
    """Nodes of the bodies of a definition and of the functions in it."""
    for statement in getattr(definition, "body", []):
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _body(statement)
        else:
            yield from ast.walk(statement)
