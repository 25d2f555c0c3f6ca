"""Repairs of `shell-string`: a command for a shell becomes a list of arguments, if a shell would split it the same."""

import re
import shlex
from collections.abc import Iterator

import libcst as cst

from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.fixes.tree import Repair, Tree, is_open, keyword, replaced, without

RULE = "shell-string"
STARTERS = {"subprocess.Popen", "subprocess.run", "subprocess.check_call", "subprocess.check_output", "subprocess.call"}
SPECIAL = re.compile(r"[|&;<>()$`*?\[\]~{}!#%\\\n]")  # outside of single quotes, a shell may act on these
QUOTED = re.compile(r"'[^']*'")
PLAIN = re.compile(r"[\w./:=,@+-]+")  # a word that every shell takes as it is
BUILTINS = {"cd", "exec", "export", "eval", "set", "source", ".", "trap", "ulimit", "umask", "unset", "alias", "time"}
MARK = "\0"  # in place of a name, while a string is split
WIDTH = 100  # columns of a list on one line


def shell_strings(tree: Tree, app: AppSource) -> Iterator[Repair]:
    """subprocess.Popen("...", shell=True), also of an f-string of constants, and of a joined list."""
    for call in tree.find(cst.Call):
        shell = keyword(call, "shell")
        if tree.name(call.func) not in STARTERS or is_open(call) or shell is None or keyword(call, "executable"):
            continue
        command = call.args[0]
        if command.keyword or command.star or not isinstance(shell.value, cst.Name) or shell.value.value != "True":
            continue
        if (source := _argument_list(tree, command.value, tree.indentation(call))) is None:
            continue
        new = cst.parse_expression(source, tree.module.config_for_parsing)
        edits = (replaced(command.value, new), (call, _without_shell))
        yield Repair(tree.line(shell.value), RULE, "the command is a list of arguments", edits)


def _without_shell(node: cst.CSTNode) -> cst.CSTNode:
    assert isinstance(node, cst.Call)
    return without(node, "shell")


def _argument_list(tree: Tree, command: cst.BaseExpression, indentation: str) -> str | None:
    """Source of the list for a command; None if it is in doubt."""
    if (joined := _joined_list(command)) is not None:
        return tree.module.code_for_node(joined) if _is_plain_list(tree, joined) else None
    text, names = _text(tree, command)
    if text is None or (words := _words(text)) is None:
        return None
    sources = [_word(tree, word, names) for word in words]
    listed = [source for source in sources if source is not None]
    if len(listed) < len(sources):
        return None
    line = f"[{', '.join(listed)}]"
    if len(indentation) + len(line) <= WIDTH:
        return line
    newline = tree.module.default_newline
    rows = "".join(f"{tree.module.default_indent}{row},{newline}" for row in _rows(listed))
    return f"[{newline}{rows}]"  # written with the indentation of its block


def _rows(sources: list[str]) -> Iterator[str]:
    """One flag with its values per row."""
    row: list[str] = []
    for source in sources:
        if row and source.lstrip("f\"'").startswith("-"):
            yield ", ".join(row)
            row = []
        row.append(source)
    yield ", ".join(row)


def _words(text: str) -> list[str] | None:
    """Words of a command, if a shell only splits it; None otherwise."""
    text = text.replace("\\\n", " ").strip()
    if SPECIAL.search(QUOTED.sub("", text)):
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return words if words and words[0] not in BUILTINS and "=" not in words[0] else None


def _text(tree: Tree, node: cst.BaseExpression) -> tuple[str | None, list[cst.Name]]:
    """Text of a string, with a mark for each constant in it, and the names of these; None if it is in doubt."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString) and isinstance(node.evaluated_value, str):
        return node.evaluated_value, []
    if isinstance(node, cst.ConcatenatedString):
        (left, some), (right, more) = _text(tree, node.left), _text(tree, node.right)
        return (None, []) if left is None or right is None else (left + right, some + more)
    if not isinstance(node, cst.FormattedString):
        return None, []
    text, names = "", []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            if "\\" in part.value.replace("\\\n", "") or "{" in part.value or "}" in part.value:
                return None, []
            text += part.value
        elif isinstance(part, cst.FormattedStringExpression) and _is_plain(tree, part.expression):
            if not isinstance(part.expression, cst.Name) or part.format_spec or part.conversion or part.equal:
                return None, []
            names.append(part.expression)
            text += MARK
        else:
            return None, []
    return text, names


def _word(tree: Tree, word: str, names: list[cst.Name]) -> str | None:
    """Source of one word. The names in it are taken from `names`, in their order."""
    count = word.count(MARK)
    used = [names.pop(0) for _ in range(count)]
    if not count:
        return repr(word) if '"' in word else f'"{word}"'
    if any(character in word for character in "\"'\\{}"):
        return None
    if word == MARK:
        return used[0].value if isinstance(tree.value(used[0]), cst.SimpleString) else f"str({used[0].value})"
    for name in used:
        word = word.replace(MARK, f"{{{name.value}}}", 1)
    return f'f"{word}"'


def _is_plain(tree: Tree, node: cst.BaseExpression) -> bool:
    """True if an expression is certainly one word that a shell takes as it is."""
    if isinstance(node, cst.Name):
        value = tree.value(node)
        return value is not None and not isinstance(value, cst.Name) and _is_plain(tree, value)
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return isinstance(node.evaluated_value, str) and PLAIN.fullmatch(node.evaluated_value) is not None
    if isinstance(node, cst.FormattedString):
        return bool(node.parts) and all(
            (isinstance(part, cst.FormattedStringText) and PLAIN.fullmatch(part.value) is not None)
            or (
                isinstance(part, cst.FormattedStringExpression)
                and not part.format_spec
                and _is_plain(tree, part.expression)
            )
            for part in node.parts
        )
    if isinstance(node, cst.IfExp):
        return _is_plain(tree, node.body) and _is_plain(tree, node.orelse)
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Name)
        and node.func.value == "str"
        and len(node.args) == 1
    ):
        return _is_plain(tree, node.args[0].value)
    return isinstance(node, cst.Integer)


def _joined_list(node: cst.BaseExpression) -> cst.Name | None:
    """`words` in `" ".join(words)`."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or node.func.attr.value != "join":
        return None
    separator = node.func.value
    if not isinstance(separator, cst.SimpleString) or separator.evaluated_value != " " or len(node.args) != 1:
        return None
    words = node.args[0].value
    return words if isinstance(words, cst.Name) else None


def _is_plain_list(tree: Tree, name: cst.Name) -> bool:
    """True if a variable is a list of plain words: by its assignment, and by everything that is added to it."""
    lists = []
    for node in tree.uses(name):
        parent = tree.parent(node)
        outer = tree.parent(parent)
        if isinstance(parent, cst.AssignTarget) and isinstance(outer, cst.Assign) and len(outer.targets) == 1:
            lists.append(outer.value)
        elif isinstance(parent, cst.AugAssign) and isinstance(parent.operator, cst.AddAssign):
            lists.append(parent.value)
        elif isinstance(parent, cst.Attribute) and isinstance(outer, cst.Call) and len(outer.args) == 1:
            added = outer.args[0].value
            if parent.attr.value not in ("append", "extend"):
                return False
            lists.append(added if parent.attr.value == "extend" else cst.List([cst.Element(added)]))
        elif not isinstance(parent, cst.Arg):
            return False
    return bool(lists) and all(
        isinstance(words, cst.List)
        and all(isinstance(element, cst.Element) and _is_plain(tree, element.value) for element in words.elements)
        for words in lists
    )
