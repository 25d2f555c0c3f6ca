"""Scopes and names of a module: functions, imports, definitions and assignments."""

import ast
from collections import ChainMap
from collections.abc import Iterable, Iterator

from modal_serve_gen.checks.evaluation import evaluate


def walk(node: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of `ast.walk`, which the node remembers: rules go through the same functions many times."""
    remembered: dict[str, tuple[ast.AST, ...]] = vars(node)
    if "_walked" not in remembered:
        remembered["_walked"] = tuple(ast.walk(node))
    return remembered["_walked"]


def outer_scopes(tree: ast.Module) -> list[ast.AST]:
    """Each function that is in no other function, and a module of the remaining statements without classes."""
    functions = [node for node in walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    nested = {id(inner) for function in functions for inner in walk(function) if inner is not function}
    outer = [function for function in functions if id(function) not in nested]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    rest = ast.Module([node for node in tree.body if not isinstance(node, definitions)], [])
    return [*outer, rest]


def module_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of the module in no function or class, also those under `if`, `with`, `try` and loops."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting += reversed(list(ast.iter_child_nodes(node)))
        elif isinstance(node, ast.excepthandler | ast.match_case):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def names_in(function: ast.FunctionDef | ast.AsyncFunctionDef, constants: dict[str, object]) -> ChainMap[str, object]:
    """Values of the names in a function's scope: local ones that are assigned once, parameters, the module's."""
    local: dict[str, object] = {}
    for name, expression in assignments(walk(function)):
        local[name] = None if name in local else evaluate(expression, ChainMap(local, constants))
    parameters: dict[str, object] = {item.arg: None for item in (*function.args.args, *function.args.kwonlyargs)}
    return ChainMap(local, parameters, constants)


def body_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a definition without its own decorators and signature, or of any other node."""
    body = getattr(node, "body", None)
    for child in body if isinstance(body, list) else [node]:
        yield from walk(child)


def import_aliases(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """(local name, full dotted name) of each import that binds another name than it imports."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def imports_in_functions(tree: ast.Module) -> Iterator[tuple[list[int], dict[str, str]]]:
    """(ids of the nodes in a function's body, what the imports there bind), outer functions before inner ones."""
    for function in walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes = list(body_nodes(function))
            if bound := dict(import_aliases(nodes)):
                yield [id(node) for node in nodes], bound


def module_definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """(name, statement) of each function, class and plain assignment at the top of the module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for inner in walk(target):
                    if isinstance(inner, ast.Name):
                        yield inner.id, node


def assignments(statements: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """(name, expression) of each assignment among `statements`, also of `a, b = 1, 2`."""
    for node in statements:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for element, expression in zip(target.elts, node.value.elts, strict=False):
                        if isinstance(element, ast.Name):
                            yield element.id, expression
