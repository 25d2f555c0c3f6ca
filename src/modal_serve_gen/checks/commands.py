"""Engine command lines, wherever they stand in a file: as lists, as text for a shell, as keywords of a Python API."""

import ast
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modal_serve_gen.checks.values import DEPTH, dotted, value

Word = tuple[str | None, int]  # with its line; None where it is not known
UNKNOWN: Word = (None, 0)  # any number of words
STARTS = {
    ("vllm", "serve"): "vllm",
    ("sglang", "serve"): "sglang",
    ("-m", "vllm.entrypoints.openai.api_server"): "vllm",
    ("-m", "vllm.entrypoints.cli.main"): "vllm",
    ("-m", "sglang.launch_server"): "sglang",
}
IN_PYTHON = {
    "LLM": "vllm",
    "AsyncEngineArgs": "vllm",
    "EngineArgs": "vllm",
    "sgl.Engine": "sglang",
    "sglang.Engine": "sglang",
}
SHELL = re.compile(
    r"(?:^|[\s;&|])(vllm serve|sglang serve|-m vllm\.entrypoints\.openai\.api_server|-m sglang\.launch_server)\s"
)
ENDS = re.compile(r"[;&|<>\n]")


@dataclass(frozen=True)
class Command:
    """An engine's command line: its words after the command itself, None where a word is not known, and their lines.

    The keywords of `vllm.LLM(...)` are read as the flags of the same name; such an engine serves nobody (`server`).
    """

    engine: str
    words: tuple[str | None, ...]
    lines: tuple[int, ...]
    line: int
    server: bool = True
    text: bool = False  # one text for a shell
    whole: bool = True  # whether every part of it could be read

    def value(self, *flags: str) -> tuple[str | None, int] | None:
        """The last value given for one of `flags`, with its line; None when none of them is there."""
        found = None
        for index, word in enumerate(self.words):
            if word in flags and index + 1 < len(self.words):
                found = (self.words[index + 1], self.lines[index + 1])
            elif word and word.partition("=")[0] in flags and "=" in word:
                found = (word.partition("=")[2], self.lines[index])
        return found

    def has(self, *flags: str) -> int | None:
        """The line of the last of `flags`; None when none of them is there."""
        lines = [
            at for word, at in zip(self.words, self.lines, strict=True) if word and word.partition("=")[0] in flags
        ]
        return lines[-1] if lines else None

    def known(self, *flags: str) -> bool:
        """Whether it can be told that none of `flags` is given."""
        return self.whole and self.has(*flags) is None


def lists(scope: ast.AST, names: Mapping[str, Any]) -> Iterator[Command]:
    """The command lines that a scope holds as lists, with what it adds to them later by `+=`, append and extend."""
    later: dict[str, list[Word]] = {}
    open_ended: set[str] = set()
    named: dict[int, str] = {}  # id of a list's node -> the name that it is given
    parts: set[int] = set()  # ids of lists that are part of a larger one
    joined: set[str] = set()  # names of lists that become one text for a shell
    shown: set[int] = set()  # ids of what is only printed
    for node in ast.walk(scope):
        target, added = None, None
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            named[id(node.value)] = node.targets[0].id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            named[id(node.value)] = node.target.id
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            target, added = node.target.id, words(node.value, names)
        elif isinstance(node, ast.Call) and dotted(node.func).endswith((".append", ".extend")) and node.args:
            target, _, method = dotted(node.func).rpartition(".")
            added = [_word(node.args[0], names)] if method == "append" else words(node.args[0], names)
        elif isinstance(node, ast.Call) and dotted(node.func) == "print":
            shown |= {id(each) for each in ast.walk(node)}
        elif isinstance(node, ast.Call) and _joins(node) and id(node) not in shown:
            joined.add(dotted(node.args[0]))
        if isinstance(node, ast.BinOp):
            parts |= {id(node.left), id(node.right)}
        if target and added is None:
            open_ended.add(target)
        elif target:
            later.setdefault(target, []).extend(added)
    for node in ast.walk(scope):
        if not isinstance(node, ast.List | ast.Tuple | ast.BinOp) or id(node) in parts:
            continue
        found = words(node, names)
        if found and (start := _start(found)):
            name = named.get(id(node), "")
            engine, at = start
            rest = [*found[at:], *later.get(name, [])]
            whole = name not in open_ended and not any(_may_be_flags(rest, index) for index in range(len(rest)))
            if text := name in joined:
                rest = [(each, line) for word, line in rest for each in ([word] if word is None else _split(word))]
            yield _command(engine, rest, found[0][1], whole=whole, text=text)


def texts(tree: ast.AST, names: Mapping[str, Any]) -> Iterator[Command]:
    """The command lines that stand in one text, as a shell takes them."""
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))  # a docstring
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) or id(node) in inner:
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            continue
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add):
            continue
        inner |= {id(each) for each in ast.walk(node)} - {id(node)}
        text = _filled(node, names)
        if match := SHELL.search(f"{text} "):
            engine = "vllm" if "vllm" in match[1] else "sglang"
            rest = ENDS.split(text[match.end() :].replace("\\\n", " "))[0]
            yield _command(engine, [(word, node.lineno) for word in _split(rest)], node.lineno, text=True)


def keywords(
    call: ast.Call, name: str, arguments: Mapping[str, ast.expr], names: Mapping[str, Any], whole: bool
) -> Command:
    """The keywords of an engine's Python API as the flags that they are on its command line."""
    engine = IN_PYTHON[name]
    found: list[Word] = []
    if call.args and (first := value(call.args[0], names)):
        found += [
            ("--model" if engine == "vllm" else "--model-path", call.args[0].lineno),
            (str(first), call.args[0].lineno),
        ]
    for key, node in arguments.items():
        held, flag = value(node, names), key.replace("_", "-")
        found.append((f"--no-{flag}" if held is False and engine == "vllm" else f"--{flag}", node.lineno))
        if held is None or not isinstance(held, bool):
            found.append((held if held is None or isinstance(held, str) else json.dumps(held), node.lineno))
    return _command(engine, found, call.lineno, server=False, whole=whole)


def words(node: ast.AST, names: Mapping[str, Any], depth: int = 0) -> list[Word] | None:
    """The words of a list, with their lines; a word that is not known is None. None for what is no list."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < DEPTH:
        left, right = words(node.left, names, depth + 1), words(node.right, names, depth + 1)
        if left is None and right is None:
            return None
        return [*(left or [UNKNOWN]), *(right or [UNKNOWN])]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        held = value(node, names)
        return [(word, node.lineno) for word in held] if isinstance(held, list) else None
    if isinstance(node, ast.Name):
        held = names.get(node.id)
        good = isinstance(held, list) and all(isinstance(word, str) or word is None for word in held)
        return [(word, node.lineno) for word in held] if good else None
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    found: list[Word] = []
    for each in node.elts:
        if isinstance(each, ast.Starred):
            found += (words(each.value, names, depth + 1) if depth < DEPTH else None) or [UNKNOWN]
        else:
            found.append(_word(each, names))
    return found


def _word(node: ast.expr, names: Mapping[str, Any]) -> Word:
    held = value(node, names)
    if held is None and isinstance(node, ast.IfExp):
        held = value(node.body, names)
    return (held if isinstance(held, str) else None), node.lineno


def _joins(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "join" and len(node.args) == 1


def _may_be_flags(found: list[Word], index: int) -> bool:
    """Whether a part of unknown words may hold flags: one after a flag holds its values."""
    before = found[index - 1][0] if index else None
    return found[index] == UNKNOWN and not (before and before.startswith("--"))


def _start(found: list[Word]) -> tuple[str, int] | None:
    """The engine that a list of words starts, and where its own arguments begin."""
    for index in range(min(4, len(found) - 1)):
        one, two = found[index][0], found[index + 1][0]
        pair = (one.rpartition("/")[2] if one else "", two or "")
        if pair in STARTS:
            after = index + 2
            if pair[1].endswith("cli.main"):
                after += 1  # its own `serve`
            return STARTS[pair], after
    return None


def _command(engine: str, found: list[Word], line: int, **more: Any) -> Command:
    known = [(word, at or line) for word, at in found]
    return Command(engine, tuple(word for word, _ in known), tuple(at for _, at in known), line, **more)


def _filled(node: ast.AST, names: Mapping[str, Any], depth: int = 0) -> str:
    """A text, with `{}` for each part of it that is not known."""
    if isinstance(node, ast.BinOp) and depth < DEPTH:
        return _filled(node.left, names, depth + 1) + _filled(node.right, names, depth + 1)
    if isinstance(node, ast.JoinedStr) and depth < DEPTH:
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
        return "".join(_filled(each, names, depth + 1) for each in parts)
    held = value(node, names)
    return "{}" if held is None else str(held)


def _split(text: str) -> list[str | None]:
    try:
        found = shlex.split(text)
    except ValueError:
        found = text.split()
    return [None if "{}" in word else word for word in found]
