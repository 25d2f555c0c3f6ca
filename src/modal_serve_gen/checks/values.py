"""What expressions are worth, as far as literals, constants and plain arithmetic tell. Nothing is run.

A value that cannot be known without running is None, and rules pass over it. Every step is bounded, whatever a file
holds: no power, no repeated text, no deep recursion.
"""

import ast
import json
import operator
import shlex
from collections.abc import Mapping
from typing import Any

DEPTH = 40
LONGEST = 100_000  # characters of a text that is put together
LARGEST = 10**18
ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
CASTS = {"str": str, "int": int, "float": float, "list": list, "tuple": list}


def value(node: ast.AST | None, names: Mapping[str, Any], depth: int = 0) -> Any:
    """What an expression is worth; None where that is not known, and for None itself. Lists stand for tuples too."""
    if node is None or depth > DEPTH:
        return None

    def inner(each: ast.AST | None) -> Any:
        return value(each, names, depth + 1)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name() | ast.Attribute():
            return names.get(dotted(node))
        case ast.JoinedStr():
            parts = [inner(item.value if isinstance(item, ast.FormattedValue) else item) for item in node.values]
            return None if None in parts else _short("".join(map(str, parts)))
        case ast.List() | ast.Tuple() | ast.Set():
            return [
                item
                for each in node.elts
                for item in ((inner(each.value) or [None]) if isinstance(each, ast.Starred) else [inner(each)])
            ]
        case ast.Dict():
            return {
                key: inner(item)
                for each, item in zip(node.keys, node.values, strict=True)
                if isinstance(key := inner(each), str | int)
            }
        case ast.UnaryOp(op=ast.USub()):
            number = inner(node.operand)
            return -number if _number(number) else None
        case ast.BinOp():
            return _operation(node.op, inner(node.left), inner(node.right))
        case ast.IfExp():
            test = inner(node.test)
            return None if test is None else inner(node.body if test else node.orelse)
        case ast.Subscript():
            held, key = inner(node.value), inner(node.slice)
            try:
                return held[key]
            except (TypeError, KeyError, IndexError):
                return None
        case ast.Call():
            return _call(node, inner)
    return None


def _call(node: ast.Call, inner) -> Any:
    """A call of a few harmless functions: casts, joining and splitting text, JSON."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
    first = inner(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
    if isinstance(node.func, ast.Attribute) and name in ("split", "join", "strip", "format", "lower"):
        if dotted(node.func) == "shlex.split":
            return _words(first)
        if dotted(node.func) == "shlex.join":
            return shlex.join(first) if isinstance(first, list) and None not in first else None
        text = inner(node.func.value)
        if not isinstance(text, str):
            return None
        if name == "join":
            whole = isinstance(first, list) and all(isinstance(item, str) for item in first)
            return _short(text.join(first)) if whole else None
        return (
            {"split": text.split(), "strip": text.strip(), "lower": text.lower()}.get(name) if not node.args else None
        )
    if name == "dumps" and isinstance(first, dict | list) and not _unknown(first):
        return _short(json.dumps(first))
    if name in CASTS and len(node.args) == 1 and first is not None and isinstance(node.func, ast.Name):
        try:
            return CASTS[name](first)
        except (TypeError, ValueError, OverflowError):
            return None
    return None


def _operation(op: ast.operator, left: Any, right: Any) -> Any:
    kind = type(op)
    if _number(left) and _number(right) and kind in ARITHMETIC and abs(left) < LARGEST and abs(right) < LARGEST:
        try:
            return ARITHMETIC[kind](left, right)
        except (ZeroDivisionError, OverflowError):
            return None
    if kind is ast.Add and isinstance(left, str | list) and type(left) is type(right):
        return _short(left + right) if isinstance(left, str) else left + right
    if kind is ast.BitOr and isinstance(left, dict) and isinstance(right, dict):
        return left | right
    return None


def _number(what: Any) -> bool:
    return isinstance(what, int | float) and not isinstance(what, bool)


def _short(text: str) -> str | None:
    return text if len(text) <= LONGEST else None


def _unknown(what: Any) -> bool:
    """Whether something inside is not known: it would be written as null."""
    parts = what.values() if isinstance(what, dict) else what
    return any(item is None or (isinstance(item, dict | list) and _unknown(item)) for item in parts)


def _words(text: Any) -> list[str] | None:
    try:
        return shlex.split(text) if isinstance(text, str) else None
    except ValueError:
        return None


def dotted(node: ast.AST) -> str:
    """`modal.Image.from_registry` of names and attributes, also behind calls in a chain: the part after the last one.

    '' for anything else.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    elif isinstance(node, ast.Call) and parts:
        parts.append("")  # of a chain: `.pip_install`
    else:
        return ""
    return ".".join(reversed(parts))
