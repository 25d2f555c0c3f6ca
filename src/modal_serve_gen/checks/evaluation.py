"""Evaluate constant expressions: literals, known names, arithmetic, and calls without side effects.

Nothing is executed. An expression that depends on anything else evaluates to None, and rules skip it. Each step is
bounded, whatever the file contains: no powers, no repeated strings, no deep recursion.
"""

import ast
import json
import operator
import shlex
from collections.abc import Callable, Mapping
from typing import TypeGuard

MAX_DEPTH = 40
MAX_CHARACTERS = 100_000  # of a computed string
MAX_OPERAND = 10**18
ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
CASTS = {"str": str, "int": int, "float": float, "list": list, "tuple": list}
STRING_METHODS = ("split", "join", "strip", "format", "lower")


def evaluate(node: ast.AST | None, names: Mapping[str, object], depth: int = 0) -> object:
    """Value of an expression; None if it is unknown, or None itself. Tuples and sets are returned as lists."""
    if node is None or depth > MAX_DEPTH:
        return None

    def inner(child: ast.AST | None) -> object:
        return evaluate(child, names, depth + 1)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name() | ast.Attribute():
            return names.get(dotted_name(node))
        case ast.JoinedStr():
            parts = [inner(item.value if isinstance(item, ast.FormattedValue) else item) for item in node.values]
            return None if None in parts else _bounded("".join(map(str, parts)))
        case ast.List() | ast.Tuple() | ast.Set():
            return [item for element in node.elts for item in _elements(element, inner)]
        case ast.Dict():
            return {
                key: inner(item)
                for key_node, item in zip(node.keys, node.values, strict=True)
                if isinstance(key := inner(key_node), str | int)
            }
        case ast.UnaryOp(op=ast.USub()):
            number = inner(node.operand)
            return -number if is_number(number) else None
        case ast.BinOp():
            return _operation(node.op, inner(node.left), inner(node.right))
        case ast.IfExp():
            test = inner(node.test)
            return None if test is None else inner(node.body if test else node.orelse)
        case ast.Subscript():
            return _item(inner(node.value), inner(node.slice))
        case ast.Call():
            return _call(node, inner)
    return None


def is_number(value: object) -> TypeGuard[int | float]:
    """True for an int or float; bool does not count."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def dotted_name(node: ast.AST) -> str:
    """`modal.Image.from_registry` for names and attributes; '' for anything else.

    In a chain of calls, only the part after the last call is returned: `.pip_install`.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif isinstance(node, ast.Call) and parts:
        parts.append("")
    else:
        return ""
    return ".".join(reversed(parts))


def _elements(node: ast.expr, inner: Callable[[ast.AST], object]) -> list[object]:
    """Elements that one entry of a list display adds: several for `*values`, one None if those are unknown."""
    if not isinstance(node, ast.Starred):
        return [inner(node)]
    values = inner(node.value)
    return list(values) if values and isinstance(values, list | dict | str) else [None]


def _item(container: object, key: object) -> object:
    if isinstance(container, dict):
        return container.get(key) if isinstance(key, str | int) else None
    if isinstance(container, list | str) and isinstance(key, int) and -len(container) <= key < len(container):
        item: object = container[key]
        return item
    return None


def _call(node: ast.Call, inner: Callable[[ast.AST | None], object]) -> object:
    """Value of a cast, of a string method, or of `json.dumps`."""
    function = dotted_name(node.func)
    first = inner(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
    if isinstance(node.func, ast.Attribute) and node.func.attr in STRING_METHODS:
        if function == "shlex.split":
            return _shell_words(first)
        if function == "shlex.join":
            return shlex.join(map(str, first)) if isinstance(first, list) and None not in first else None
        return _string_method(node.func.attr, inner(node.func.value), first, bool(node.args))
    name = function.rpartition(".")[2]
    if name == "dumps" and isinstance(first, dict | list) and not _has_unknown(first):
        return _bounded(json.dumps(first))
    if name in CASTS and len(node.args) == 1 and first is not None and isinstance(node.func, ast.Name):
        try:
            cast: object = CASTS[name](first)
        except (TypeError, ValueError, OverflowError):
            return None
        return cast
    return None


def _string_method(method: str, text: object, argument: object, has_arguments: bool) -> object:
    if not isinstance(text, str):
        return None
    if method == "join":
        strings = [item for item in argument if isinstance(item, str)] if isinstance(argument, list) else None
        return _bounded(text.join(strings)) if strings is not None and strings == argument else None
    if has_arguments:
        return None
    return {"split": text.split(), "strip": text.strip(), "lower": text.lower()}.get(method)


def _operation(op: ast.operator, left: object, right: object) -> object:
    kind = type(op)
    if is_number(left) and is_number(right) and kind in ARITHMETIC:
        if abs(left) >= MAX_OPERAND or abs(right) >= MAX_OPERAND:
            return None
        try:
            return ARITHMETIC[kind](left, right)
        except (ZeroDivisionError, OverflowError):
            return None
    if kind is ast.Add and isinstance(left, str) and isinstance(right, str):
        return _bounded(left + right)
    if kind is ast.Add and isinstance(left, list) and isinstance(right, list):
        return left + right
    if kind is ast.BitOr and isinstance(left, dict) and isinstance(right, dict):
        return left | right
    return None


def _bounded(text: str) -> str | None:
    return text if len(text) <= MAX_CHARACTERS else None


def _has_unknown(value: dict[object, object] | list[object]) -> bool:
    """True if a nested value is unknown, which JSON would write as null."""
    items = value.values() if isinstance(value, dict) else value
    return any(item is None or (isinstance(item, dict | list) and _has_unknown(item)) for item in items)


def _shell_words(text: object) -> list[str] | None:
    try:
        return shlex.split(text) if isinstance(text, str) else None
    except ValueError:
        return None
