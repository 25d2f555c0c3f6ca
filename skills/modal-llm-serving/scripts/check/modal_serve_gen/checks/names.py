"""The names of a file: what its imports call things, what it defines, what it assigns where."""

import ast
from collections.abc import Iterator


def scopes(tree: ast.Module) -> list[ast.AST]:
    """Each function of the module by itself, and the rest of the module."""
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    nested = {id(inner) for each in functions for inner in ast.walk(each) if inner is not each}
    outer = [each for each in functions if id(each) not in nested]
    rest = ast.Module(
        [each for each in tree.body if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)], []
    )
    return [*outer, rest]


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """What runs of a definition: its body and its methods' decorators, its own decorators apart."""
    for each in getattr(node, "body", None) if isinstance(getattr(node, "body", None), list) else [node]:
        yield from ast.walk(each)


def aliases(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.asname:
                    yield each.asname, each.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """What the module defines, by name: functions, classes, and assignments of one name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        yield each.id, node


def assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
                elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    for one, held in zip(target.elts, node.value.elts, strict=False):
                        if isinstance(one, ast.Name):
                            yield one.id, held
