"""What APP.py::NAME names, as `modal run` and `modal deploy` resolve it (modal/cli/import_refs.py of modal 1.6.4).

NAME is a local entrypoint, a function, CLASS.METHOD, the variable of an app, or one of these after `APP_VARIABLE.`.
"""

import ast
from pathlib import Path

from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.python_source import PythonSource
from modal_serve_gen.errors import BadInput, quoted

APPS = ("modal.App", "modal.Stub")
DEFAULT = "app"  # the variable that `modal deploy` takes


def split(target: str) -> tuple[Path, str]:
    """The path and the name of a target; the name may be ''."""
    path, _, name = target.partition("::")
    return Path(path), name


def check_name(text: str, target: str) -> None:
    """Raise BadInput if the file's text, which may be no Python, certainly lacks the name of the target."""
    try:
        source = PythonSource(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    path, name = split(target)
    first = name.partition(".")[0]
    if not first:
        return
    bound = {node.id for node in source.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    if first not in {*bound, *source.definitions, *source.aliases} and not source.star_imports:
        functions = [key for key, node in source.definitions.items() if getattr(node, "decorator_list", None)]
        remedy = f"It has {', '.join(functions[:10])}." if functions else "Pass the path without a name."
        raise BadInput(f"{quoted(str(path))} has nothing named {quoted(name)}.", remedy)


def apps(source: AppSource) -> list[str]:
    """The variables of the apps that a file makes."""
    assigned = scopes.assignments(source.tree.body)
    return [name for name, node in assigned if isinstance(node, ast.Call) and source.full_name(node.func) in APPS]


def entrypoints(source: AppSource) -> dict[str, str]:
    """The local entrypoints of a file, each with the variable of its app."""
    functions = [node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {}
    for function in functions:
        for decorator in function.decorator_list:
            call = source.decorator(decorator)
            if call.method == "local_entrypoint":
                found[function.name] = call.name.rpartition(".")[0]
    return found


def app_of(source: AppSource, name: str, path: Path) -> str:
    """The variable of the app that `name` belongs to; without a name, of the app that `modal deploy` takes.

    '' if that is unknown. Raises BadInput if it could be one of several.
    """
    known, first = apps(source), name.partition(".")[0]
    owners = entrypoints(source) | {obj.name: obj.call.name.rpartition(".")[0] for obj in source.modal_objects}
    if first in known:
        return first
    if name:
        return owners.get(first, "") if owners.get(first) in known else ""
    if DEFAULT in known or len(known) < 2:
        return next(iter(known), "") if DEFAULT not in known else DEFAULT
    raise BadInput(f"{quoted(str(path))} has several apps: {', '.join(known)}.", f"Name one, as in {path}::{known[0]}.")
