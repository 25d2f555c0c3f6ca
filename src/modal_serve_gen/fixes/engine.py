"""Repairs of what starts an engine: misspelled flags, shell strings, revisions and environment variables."""

import re
from collections.abc import Iterator

import libcst as cst

from modal_serve_gen import facts, flags
from modal_serve_gen.checks import engine_names, engine_releases
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.rules.weights import DOWNLOADS
from modal_serve_gen.fixes.tree import Edit, Repair, Tree, is_open, keyword, replaced

PINNED = "revision-pinned"
FLAGS = "engine-flags"
VARIABLES = "engine-variables"
LOADERS = (*DOWNLOADS, "from_pretrained")
SHA = re.compile(r"[0-9a-f]{40}")
PACKAGES = ("huggingface_hub", "transformers")


def engine_flags(tree: Tree, app: AppSource) -> Iterator[Repair]:
    """Flags and values that are spelled otherwise in the pinned release, with the same meaning."""
    for command in app.commands:
        if not command.server or not facts.serving_engines()[command.engine].pinned:
            continue
        tables = engine_releases.tables(app, command.engine)
        if len(tables) != 1:
            continue
        (table,) = tables
        for problem in flags.check(command.argv, table, complete=False):
            old, new = _respelled(problem, table)
            flag = problem.flag.partition("=")[0]
            lines = {word.line for word in command.words if word.text and word.text.partition("=")[0] == flag}
            if not new or len(lines) != 1:
                continue
            line = lines.pop()
            nodes = [(node, text) for node in _texts(tree, line) if (text := _substituted(node.value, old, new))]
            if len(nodes) == 1:
                node, text = nodes[0]
                edit = replaced(node, node.with_changes(value=text))
                yield Repair(line, FLAGS, f"{old} is spelled {new}", (edit,))


def _respelled(problem: flags.Problem, table: flags.Table) -> tuple[str, str]:
    """(old, new) spelling of the flag or value that a problem is about; new is '' if it is in doubt."""
    flag = problem.flag.partition("=")[0]
    if problem.kind != "error" or not flag.startswith("--"):
        return "", ""
    if problem.value is not None and (row := table.replacement(flag, value=problem.value)):
        return problem.value, row.new if row.same else ""
    if flag in table.spellings:
        return "", ""
    if row := table.replacement(flag):
        return flag, row.new if row.same else ""
    with_dashes = flag.replace("_", "-")
    return flag, with_dashes if with_dashes in table.spellings else ""


def _texts(tree: Tree, line: int) -> list[cst.SimpleString | cst.FormattedStringText]:
    """Parts of strings that begin on a line; of a string over several lines, all its parts."""
    outer = [
        node
        for kind in (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)
        for node in tree.find(kind)
        if tree.line(node) == line
    ]
    found: dict[int, cst.SimpleString | cst.FormattedStringText] = {}
    for node in outer:
        found |= {id(part): part for part in _parts(node)}
    return list(found.values())


def _parts(node: cst.CSTNode) -> Iterator[cst.SimpleString | cst.FormattedStringText]:
    if isinstance(node, cst.SimpleString | cst.FormattedStringText):
        yield node
    for child in node.children:
        yield from _parts(child)


def _substituted(source: str, old: str, new: str) -> str:
    """The source of a string with one word of it replaced; '' if the word is not in it, or there several times."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w.-])")
    return pattern.sub(new, source) if len(pattern.findall(source)) == 1 else ""


def revisions(tree: Tree, app: AppSource) -> Iterator[Repair]:
    """Downloads of models whose commit is among the facts."""
    for call in tree.find(cst.Call):
        package, _, name = tree.name(call.func).partition(".")
        if package not in PACKAGES or name.rpartition(".")[2] not in LOADERS or is_open(call):
            continue
        model = keyword(call, "repo_id") or next((arg for arg in call.args if arg.keyword is None), None)
        commit = _commit(tree, model.value) if model and not model.star else ""
        if commit:
            yield from _pinned_call(tree, call, commit)
    for words in tree.find(cst.List):
        yield from _pinned_command(tree, words)


def _commit(tree: Tree, model: cst.BaseExpression) -> str:
    entry = facts.models().get(_string(tree, model))
    return (entry.revision if entry else None) or ""


def _string(tree: Tree, node: cst.BaseExpression) -> str:
    """The string that an expression certainly is; '' otherwise."""
    value = tree.value(node) or node
    text = value.evaluated_value if isinstance(value, cst.SimpleString | cst.ConcatenatedString) else ""
    return text if isinstance(text, str) else ""


def _pinned_call(tree: Tree, call: cst.Call, commit: str) -> Iterator[Repair]:
    revision = keyword(call, "revision")
    if revision is None:
        new = cst.Arg(
            cst.SimpleString(f'"{commit}"'),
            keyword=cst.Name("revision"),
            equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
        )
        yield Repair(tree.line(call), PINNED, f"revision {commit[:12]} is added", ((call, _with_argument(new)),))
    elif isinstance(revision.value, cst.SimpleString) and not SHA.fullmatch(_string(tree, revision.value)):
        edit = replaced(revision.value, cst.SimpleString(f'"{commit}"'))
        text = f"revision {revision.value.value} is now {commit[:12]}"
        yield Repair(tree.line(revision.value), PINNED, text, (edit,))


def _with_argument(new: cst.Arg) -> Edit:
    """Add an argument after the first one, in the same style: on a line of its own, if that is on one."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        first, *rest = node.args
        if not rest and not isinstance(first.comma, cst.Comma):
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            return node.with_changes(args=[first.with_changes(comma=comma), new])
        if rest:
            plain = first.comma
            return node.with_changes(args=[first, new.with_changes(comma=_without_comment(plain)), *rest])
        between = cst.Comma(whitespace_after=node.whitespace_before_args)
        return node.with_changes(args=[first.with_changes(comma=between), new.with_changes(comma=first.comma)])

    return edit


def _without_comment(comma: cst.Comma | cst.MaybeSentinel) -> cst.Comma | cst.MaybeSentinel:
    if isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        after = comma.whitespace_after.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        return comma.with_changes(whitespace_after=after)
    return comma


def _pinned_command(tree: Tree, words: cst.List) -> Iterator[Repair]:
    """`vllm serve MODEL` as a list: --revision after the model, or the commit in place of a branch."""
    values = [_string(tree, element.value) if isinstance(element, cst.Element) else "" for element in words.elements]
    started = engine_names.start(values)
    if started is None or not facts.serving_engines()[started[0]].pinned:
        return
    model_at = next((values.index(flag) + 1 for flag in ("--model", "--model-path") if flag in values), started[1])
    if model_at >= len(values) or not (commit := _commit(tree, words.elements[model_at].value)):
        return
    if any(value.startswith("--revision") for value in values):
        at = values.index("--revision") + 1 if "--revision" in values else len(values)
        if at < len(values) and values[at] and not SHA.fullmatch(values[at]):
            node = words.elements[at].value
            edit = replaced(node, cst.SimpleString(f'"{commit}"'))
            yield Repair(tree.line(node), PINNED, f"revision {values[at]} is now {commit[:12]}", (edit,))
        return
    model = words.elements[model_at]
    text = f"--revision {commit[:12]} is added"
    yield Repair(tree.line(model.value), PINNED, text, ((words, _with_words(model_at, "--revision", commit)),))


def _with_words(index: int, *texts: str) -> Edit:
    """Insert strings after an element of a list, in the same style."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.List)
        before, element, after = node.elements[:index], node.elements[index], node.elements[index + 1 :]
        plain = _without_comment(element.comma) if after else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        added = [cst.Element(cst.SimpleString(f'"{text}"'), comma=space) for text in texts]
        added[-1] = added[-1].with_changes(comma=plain if after else element.comma)
        if not after:
            element = element.with_changes(comma=plain)
        return node.with_changes(elements=[*before, element, *added, *after])

    return edit


def variables(tree: Tree, app: AppSource) -> Iterator[Repair]:
    """Environment variables that have another name, as keys of a dictionary."""
    for row in facts.modal_changes().variable:
        if not row.new or app.variable(row.new) is not None:
            continue
        for element in tree.find(cst.DictElement):
            if isinstance(element.key, cst.SimpleString) and element.key.evaluated_value == row.old:
                key = element.key.with_changes(value=element.key.value.replace(row.old, row.new))
                yield Repair(
                    tree.line(element.value), VARIABLES, f"{row.old} is now {row.new}", (replaced(element.key, key),)
                )
