"""Python literals: the only way a value gets into the text of an app, and the only way a package list gets out."""

import ast
import math
from typing import Any

DEEPEST = 32  # brackets in brackets; Python's parser accepts 200 in all


class Source(str):
    """Text that may be inserted into an app as it is."""


def literal(value: Any, depth: int = 0) -> Source:
    """Return `value` as a Python literal on one line: double quotes, every unprintable character escaped.

    `ast.literal_eval` is its inverse, except that a tuple comes back as a list. Raises TypeError for any type other
    than str, int, float, bool, None, list, tuple and dict, and ValueError for numbers that have no literal (infinity,
    "not a number", over 4,300 digits) and for values nested too deeply.
    """
    if depth > DEEPEST:
        raise ValueError("the value is nested too deeply")
    if isinstance(value, str):
        return Source('"' + escaped(value) + '"')
    if isinstance(value, list | tuple):
        return Source(f"[{', '.join(literal(item, depth + 1) for item in value)}]")
    if isinstance(value, dict):
        items = (f"{literal(key, depth + 1)}: {literal(item, depth + 1)}" for key, item in value.items())
        return Source("{" + ", ".join(items) + "}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} has no literal")
    if value is None or isinstance(value, bool | int | float):
        return Source(repr(value))
    raise TypeError(f"no literal for {type(value).__name__}")


def escaped(text: str) -> Source:
    """Return `text` so that it cannot end a comment or a string in double quotes."""
    return Source("".join(map(_escaped, text)))


def string_list(source: str, name: str) -> list[str]:
    """Return the list of strings that `source` assigns to `name` at its top level.

    The source is parsed, never run, and only string literals are read. Raises ValueError if there is not exactly one
    such assignment, if its value is anything other than a list of string literals, or if the source is not Python.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"the file is not valid Python ({type(error).__name__})") from None
    values = [node.value for node in body if isinstance(node, ast.Assign) and name in map(_name, node.targets)]
    if len(values) != 1:
        raise ValueError(f"{name} is assigned {len(values)} times, not once")
    elements = values[0].elts if isinstance(values[0], ast.List) else [values[0]]
    strings = [node.value for node in elements if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if not isinstance(values[0], ast.List) or len(strings) != len(elements):
        raise ValueError(f"{name} is not a list of string literals")
    return strings


def _name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
