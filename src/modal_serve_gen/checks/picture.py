"""What an app says of itself, read from its syntax tree: constants, engine commands, pins, ports; each with its line.

Nothing is imported or run. What cannot be known without running is None, and rules pass over it.
"""

import ast
import json
import re
from dataclasses import dataclass, field
from typing import Any

PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?==(\S+)$")


@dataclass(frozen=True)
class Command:
    """An engine's command line as it stands in the file: its words, None where a word is not known, and their lines.

    The keywords of `vllm.LLM(...)` are read as the flags of the same name; such an engine serves nobody (`server`).
    """

    engine: str
    words: tuple[str | None, ...]
    lines: tuple[int, ...]
    server: bool = True

    def value(self, *flags: str) -> tuple[str | None, int] | None:
        """The last value given for one of `flags`, with its line; None when none of them is there."""
        found = None
        for index, word in enumerate(self.words):
            if word in flags and index + 1 < len(self.words):
                found = (self.words[index + 1], self.lines[index + 1])
            elif word and word.partition("=")[0] in flags and "=" in word:
                found = (word.partition("=")[2], self.lines[index])
        return found


@dataclass
class Picture:
    """The app as far as its text tells."""

    text: str
    tree: ast.Module
    constants: dict[str, Any] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    pins: dict[str, tuple[str, int]] = field(default_factory=dict)  # package -> (version, line)
    calls: list[tuple[str, ast.Call]] = field(default_factory=list)  # dotted name -> call, in order


def read(text: str) -> Picture:
    """The picture of an app's source. Raises SyntaxError (or ValueError for null bytes), as the compiler does."""
    tree = ast.parse(text)
    picture = Picture(text, tree)
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _assign(picture.constants, target, node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            picture.calls.append((ast.unparse(node.func) if len(ast.dump(node.func)) < 2000 else "", node))
        if isinstance(node, ast.List | ast.Tuple) and (command := _command(node, picture.constants)):
            picture.commands.append(command)
    for name, call in picture.calls:
        if name in ("LLM", "vllm.LLM"):
            picture.commands.append(_keywords(call, picture.constants))
        if name.endswith("pip_install"):
            for argument in call.args:
                for word in _strings(argument, picture.constants):
                    if match := PIN.match(word):
                        picture.pins[match[1].lower().replace("_", "-")] = (match[2], argument.lineno)
    return picture


def value(node: ast.AST | None, constants: dict[str, Any]) -> Any:
    """What an expression is worth, as far as literals and module constants tell; None where they do not."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.JoinedStr):
        parts = [value(item.value if isinstance(item, ast.FormattedValue) else item, constants) for item in node.values]
        return None if None in parts else "".join(map(str, parts))
    if isinstance(node, ast.List | ast.Tuple):
        return [value(item, constants) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {value(key, constants): value(item, constants) for key, item in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and len(node.args) == 1:
        inner = value(node.args[0], constants)
        return None if inner is None else str(inner)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        inner = value(node.func.value, constants)
        return inner.split() if isinstance(inner, str) and not node.args else None
    return None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The argument `name` of a call."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def _assign(constants: dict[str, Any], target: ast.expr, node: ast.expr) -> None:
    if isinstance(target, ast.Name):
        constants[target.id] = value(node, constants)
    elif isinstance(target, ast.Tuple) and isinstance(node, ast.Tuple) and len(target.elts) == len(node.elts):
        for each, item in zip(target.elts, node.elts, strict=True):
            _assign(constants, each, item)


def _command(node: ast.List | ast.Tuple, constants: dict[str, Any]) -> Command | None:
    words = tuple(item if isinstance(item := value(each, constants), str) else None for each in node.elts)
    if len(words) >= 2 and words[0] in ("vllm", "sglang") and words[1] == "serve":
        return Command(words[0], words[2:], tuple(each.lineno for each in node.elts)[2:])
    return None


def _keywords(call: ast.Call, constants: dict[str, Any]) -> Command:
    """The keywords of an engine's Python API as the flags they are on its command line."""
    words: list[tuple[str | None, int]] = []
    named = [(item.arg, item.value) for item in call.keywords if item.arg]
    for item in call.keywords:
        if item.arg is None and isinstance(item.value, ast.Dict):
            named += [
                (str(value(key, constants)), node) for key, node in zip(item.value.keys, item.value.values, strict=True)
            ]
    for name, node in named:
        held = value(node, constants)
        flag = name.replace("_", "-")
        if held is False:
            words.append((f"--no-{flag}", node.lineno))
        else:
            words.append((f"--{flag}", node.lineno))
            if held is not True:
                words.append((held if held is None or isinstance(held, str) else json.dumps(held), node.lineno))
    return Command("vllm", tuple(word for word, _ in words), tuple(line for _, line in words), server=False)


def _strings(node: ast.AST, constants: dict[str, Any]) -> list[str]:
    found = value(node.value if isinstance(node, ast.Starred) else node, constants)
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, str)]
