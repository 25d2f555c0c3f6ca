"""Environment variables of a Modal object's containers: from its image, its Secrets and its own arguments."""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from modal_serve_gen.checks.evaluation import dotted_name
from modal_serve_gen.checks.modal_objects import Call

SECRETS = ("from_name", "from_dict", "from_local_environ", "from_dotenv")
Entries = Callable[[ast.AST], tuple[Mapping[str, ast.expr], bool]]  # entries of a dictionary, and whether they are all


@dataclass(frozen=True)
class Environment:
    """`names`: variables that are set. `secret_names`: Secrets that may set more. `complete`: nothing else can."""

    names: frozenset[str] = frozenset()
    secret_names: frozenset[str] = frozenset()
    complete: bool = True

    def __or__(self, other: "Environment") -> "Environment":
        secrets = self.secret_names | other.secret_names
        return Environment(self.names | other.names, secrets, self.complete and other.complete)


def of_entries(node: ast.AST | None, entries: Entries) -> Environment:
    """What a dictionary of variables sets."""
    if node is None:
        return Environment()
    found, known = entries(node)
    return Environment(frozenset(found), complete=known)


def of_secrets(
    node: ast.AST | None, assigned: Mapping[str, list[ast.expr]], call_of: Callable[[ast.Call], Call], entries: Entries
) -> Environment:
    """What an expression with Secrets sets."""
    environment = Environment()
    for call in _calls(node, assigned, set()):
        secret = call_of(call)
        if secret.method == "from_dict":
            environment |= of_entries(next(iter(call.args), None) or keyword(call, "env_dict"), entries)
        elif secret.method == "from_local_environ":
            names = secret.arguments.get("env_keys")
            environment |= _listed(call.args[0] if call.args else names.node if names else None)
        elif secret.method == "from_name" and (keys := secret.arguments.get("required_keys")):
            environment |= _listed(keys.node)
        elif secret.method == "from_name":
            name = call.args[0] if call.args else keyword(call, "name")
            known = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "api-key"
            environment |= Environment(secret_names=frozenset({known}))
        else:
            environment |= Environment(complete=False)
    return environment


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword of a call."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def _listed(node: ast.AST | None) -> Environment:
    elements: Iterable[ast.expr] = node.elts if isinstance(node, ast.List | ast.Tuple) else ()
    names = frozenset(item.value for item in elements if isinstance(item, ast.Constant) and isinstance(item.value, str))
    return Environment(names, complete=isinstance(node, ast.List | ast.Tuple))


def _calls(node: ast.AST | None, assigned: Mapping[str, list[ast.expr]], seen: set[str]) -> Iterable[ast.Call]:
    """Calls that make the Secrets in an expression, also where a name refers to them."""
    if node is None:
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and dotted_name(inner.func).rpartition(".")[2] in SECRETS:
            yield inner
        elif isinstance(inner, ast.Name) and inner.id in assigned and inner.id not in seen:
            seen.add(inner.id)
            for expression in assigned[inner.id]:
                yield from _calls(expression, assigned, seen)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
            yield inner  # a function of the app or an import: anything
