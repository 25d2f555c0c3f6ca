"""Find engine command lines in an app's source: as lists, as shell strings, or as keywords of a Python API."""

import ast
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from modal_serve_gen import facts
from modal_serve_gen.checks import engine_names, scopes
from modal_serve_gen.checks.engine_command import UNKNOWN, EngineCommand, Word
from modal_serve_gen.checks.evaluation import MAX_DEPTH, dotted_name, evaluate
from modal_serve_gen.checks.modal_objects import Call

Names = Mapping[str, object]  # name -> value, for names in scope
MESSAGE = re.compile(r"(^|\.)(print|debug|info|warning|warn|error|exception|critical|echo)$")  # which shows strings
SHELL_END = re.compile(r"[;&|<>\n]")


@dataclass
class _ListUses:
    """What a scope does with its lists."""

    names: dict[int, str] = field(default_factory=dict)  # id of a list's node -> the name it is assigned to
    additions: dict[str, list[Word]] = field(default_factory=dict)  # name -> words added by +=, append and extend
    open_ended: set[str] = field(default_factory=set)  # names to which unknown words are added
    shell: set[str] = field(default_factory=set)  # names that are joined into a shell string
    operands: set[int] = field(default_factory=set)  # ids of lists that are part of a larger expression


def from_lists(scope: ast.AST, names: Names) -> Iterator[EngineCommand]:
    """Command lines that a scope builds as lists."""
    uses = _list_uses(scope, names)
    for node in scopes.walk(scope):
        if not isinstance(node, ast.List | ast.Tuple | ast.BinOp) or id(node) in uses.operands:
            continue
        words = _list_words(node, names)
        if not words or (start := engine_names.start([word.text for word in words])) is None:
            continue
        engine, index = start
        name = uses.names.get(id(node), "")
        arguments = [*words[index:], *uses.additions.get(name, [])]
        complete = name not in uses.open_ended and not any(_may_be_flags(arguments, at) for at in range(len(arguments)))
        if shell := name in uses.shell:
            arguments = [
                Word(text, word.line)
                for word in arguments
                for text in ([None] if word.text is None else _shell_split(word.text))
            ]
        line = words[0].line
        located = tuple(Word(word.text, word.line or line) for word in arguments)
        yield EngineCommand(engine, located, line, shell=shell, complete=complete)


def from_strings(nodes: Iterable[ast.AST], names: Names) -> Iterator[EngineCommand]:
    """Command lines that are written as one string for a shell."""
    skipped: set[int] = set()  # docstrings, messages, and parts of a string that was read already
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and MESSAGE.search(dotted_name(node.func))):
            skipped |= {id(inner) for inner in scopes.walk(node)}
        if id(node) in skipped or not _may_be_string(node):
            continue
        skipped |= {id(inner) for inner in scopes.walk(node)} - {id(node)}
        text = _with_placeholders(node, names)
        line = getattr(node, "lineno", 1)
        if start := engine_names.shell_start(text):
            engine, end = start
            arguments = SHELL_END.split(text[end:].replace("\\\n", " "))[0]
            words = tuple(Word(word, line) for word in _shell_split(arguments))
            yield EngineCommand(engine, words, line, shell=True)


def from_calls(calls: list[Call], value_of: Callable[[ast.expr], object]) -> Iterator[EngineCommand]:
    """Calls of an engine's Python API, with their keywords as the flags of the command line."""
    for call in calls:
        engine = engine_names.of_call(call.name)
        if not engine:
            continue
        names = facts.serving_engines()[engine]
        words: list[Word] = []
        if call.node.args and call.method in names.model_first and (model := value_of(call.node.args[0])):
            line = call.node.args[0].lineno
            words += [Word(next(iter(names.flags.model), "--model"), line), Word(str(model), line)]
        for key, (value, line, node) in call.arguments.items():
            if (isinstance(node, ast.Constant) and node.value is None) or (
                value is False and key.startswith("disable")
            ):
                continue  # the default, which has no flag
            flag = key.replace("_", "-")
            words.append(Word(f"--no-{flag}" if value is False and engine == "vllm" else f"--{flag}", line))
            if not isinstance(value, bool):
                words.append(Word(value if value is None or isinstance(value, str) else json.dumps(value), line))
        yield EngineCommand(engine, tuple(words), call.line, server=False, complete=call.complete)


def _list_uses(scope: ast.AST, names: Names) -> _ListUses:
    uses = _ListUses()
    printed: set[int] = set()  # ids of nodes that are only shown
    for node in scopes.walk(scope):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            uses.names[id(node.value)] = node.targets[0].id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            uses.names[id(node.value)] = node.target.id
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            _add(uses, node.target.id, _list_words(node.value, names))
        elif isinstance(node, ast.BinOp):
            uses.operands |= {id(node.left), id(node.right)}
        elif isinstance(node, ast.Call):
            target, _, method = dotted_name(node.func).rpartition(".")
            if target and method in ("append", "extend") and node.args:
                first = node.args[0]
                _add(uses, target, [_word(first, names)] if method == "append" else _list_words(first, names))
            elif (target, method) == ("", "print"):
                printed |= {id(inner) for inner in scopes.walk(node)}
            elif _is_join(node) and id(node) not in printed:
                uses.shell.add(dotted_name(node.args[0]))
    return uses


def _add(uses: _ListUses, name: str, words: list[Word] | None) -> None:
    if words is None:
        uses.open_ended.add(name)
    else:
        uses.additions.setdefault(name, []).extend(words)


def _list_words(node: ast.AST, names: Names, depth: int = 0) -> list[Word] | None:
    """Words of a list expression; None for any other expression."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < MAX_DEPTH:
        left, right = _list_words(node.left, names, depth + 1), _list_words(node.right, names, depth + 1)
        if left is None and right is None:
            return None
        return [*(left or [UNKNOWN]), *(right or [UNKNOWN])]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        return _as_words(evaluate(node, names), node.lineno)
    if isinstance(node, ast.Name):
        return _as_words(names.get(node.id), node.lineno)
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    words: list[Word] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            words += (_list_words(element.value, names, depth + 1) if depth < MAX_DEPTH else None) or [UNKNOWN]
        else:
            words.append(_word(element, names))
    return words


def _as_words(value: object, line: int) -> list[Word] | None:
    if not isinstance(value, list) or not all(text is None or isinstance(text, str) for text in value):
        return None
    return [Word(text, line) for text in value]


def _word(node: ast.expr, names: Names) -> Word:
    value = evaluate(node, names)
    if value is None and isinstance(node, ast.IfExp):
        value = evaluate(node.body, names)
    return Word(value if isinstance(value, str) else None, node.lineno)


def _is_join(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "join" and len(node.args) == 1


def _may_be_flags(words: list[Word], index: int) -> bool:
    """True for unknown words that may contain flags; directly after a flag they are its values."""
    before = words[index - 1].text if index else None
    return words[index] == UNKNOWN and not (before and before.startswith("--"))


def _may_be_string(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _with_placeholders(node: ast.AST, names: Names, depth: int = 0) -> str:
    """Text of a string expression, with `{}` for each part that is unknown."""
    if isinstance(node, ast.BinOp) and depth < MAX_DEPTH:
        return _with_placeholders(node.left, names, depth + 1) + _with_placeholders(node.right, names, depth + 1)
    if isinstance(node, ast.JoinedStr) and depth < MAX_DEPTH:
        parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
        return "".join(_with_placeholders(part, names, depth + 1) for part in parts)
    value = evaluate(node, names)
    return "{}" if value is None else str(value)


def _shell_split(text: str) -> list[str | None]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return [None if "{}" in word else word for word in words]
