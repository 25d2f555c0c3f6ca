"""Whether an engine requires a key of its own: by its command line, its environment, or middleware of the app."""

import ast
import re

from modal_serve_gen import facts
from modal_serve_gen.checks import scopes
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.engine_command import EngineCommand
from modal_serve_gen.checks.modal_objects import ModalObject

PLUGIN_GROUP = "sglang.srt.plugins"  # the entry points from which SGLang loads an app's own middleware
KEY_SECRET = re.compile(r"vllm|sglang|llm|llama|auth|bearer|api[-_]?(key|token)|server", re.I)  # name of a Secret
READERS = ("os.environ.get", "os.getenv")


def requires_key(app: AppSource, obj: ModalObject, command: EngineCommand) -> bool:
    """False if the engine requires no key; True if it does or this is unknown."""
    if command.engine == "sglang" and has_gate(app) and _gate_has_key(app, obj):
        return True
    names = facts.serving_engines()[command.engine]
    if any(_sets(app, obj, variable) for variable in names.key_variables):
        return True
    named = app.environment_of(obj).secret_names
    if names.key_variables and any(KEY_SECRET.search(name) for name in named):
        return True  # a Secret that may hold the key
    key = command.value(*names.flags.key)
    return bool(names.flags.key) and not command.lacks(*names.flags.key) and not (key and key.text == "")


def _sets(app: AppSource, obj: ModalObject, name: str) -> bool:
    """True if a variable is set in an object's containers, or may be.

    Code that only reads it shows that it is set if a Secret may hold it.
    """
    environment = app.environment_of(obj)
    if name in environment.names or not environment.complete:
        return True
    reads = set() if environment.secret_names else {id(node) for node in _reads(app, app.nodes)}
    lines = [node.lineno for text, node in app.strings if text == name and id(node) not in reads]
    lines += [variable.line for variable in app.variables if variable.name == name]
    return any(map(obj.contains, lines))


def has_gate(app: AppSource) -> bool:
    """True if SGLang loads middleware from the app that compares keys, and closes other routes."""
    loaded = any(PLUGIN_GROUP in text for text, _ in app.strings)
    return loaded and bool(_comparing(app)) and any(call.method == "add_middleware" for call in app.calls)


def _gate_has_key(app: AppSource, obj: ModalObject) -> bool:
    """True if the variable from which the gate takes its key may be set."""
    keys = [str(node.value) for definition in _comparing(app) for node in _reads(app, scopes.walk(definition))]
    environment = app.environment_of(obj)
    known = environment.complete and not environment.secret_names
    return not (keys and known) or any(key in environment.names or app.variable(key) for key in keys)


def _comparing(app: AppSource) -> list[ast.stmt]:
    """The definitions of the app that compare a key."""
    return [
        definition
        for definition in app.definitions.values()
        if any(isinstance(node, ast.Call) and _name(app, node) == "compare_digest" for node in scopes.walk(definition))
    ]


def _reads(app: AppSource, nodes: tuple[ast.AST, ...]) -> list[ast.Constant]:
    """The names of variables that code reads from its environment."""
    names = [node.args[0] for node in nodes if isinstance(node, ast.Call) and node.args and _reads_one(app, node.func)]
    names += [
        node.slice
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and app.full_name(node.value) == "os.environ"
    ]
    return [name for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)]


def _reads_one(app: AppSource, function: ast.expr) -> bool:
    return app.full_name(function) in READERS


def _name(app: AppSource, node: ast.Call) -> str:
    return app.full_name(node.func).rpartition(".")[2]
