"""Python literals: the only way a value gets into the text of an app, and the only way a package list gets out."""

import ast
from typing import Any


def literal(value: Any) -> str:
    """Return `value` as a Python literal on one line: double quotes, every unprintable character escaped.

    `ast.literal_eval` is its inverse, except that a tuple comes back as a list. Raises TypeError for any type other
    than str, int, float, bool, None, list, tuple and dict.
    """
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    raise TypeError(f"no literal for {type(value).__name__}")


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
