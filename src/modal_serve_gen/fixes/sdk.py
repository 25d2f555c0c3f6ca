"""Repairs of `removed-api`: arguments, names and GPU objects that Modal's SDK no longer has."""

from collections.abc import Iterator

import libcst as cst

from modal_serve_gen import facts
from modal_serve_gen.fixes.tree import (
    DEFINITIONS,
    Edit,
    Repair,
    Tree,
    comment_after,
    is_open,
    keyword,
    renamed,
    replaced,
    without,
)

RULE = "removed-api"
APPS = ("modal.App", "modal.Stub")
KINDS = ("function", "cls", "server")
GPU_ARGUMENTS = {"count", "size"}  # of the classes in modal.gpu


def arguments(tree: Tree) -> Iterator[Repair]:
    """Arguments of decorators and `with_options` that have another name, or none."""
    rows = [row for row in facts.modal_changes().removed if row.kind == "argument" and row.repair]
    for call in tree.find(cst.Call):
        function = _function(tree, call.func)
        if not function or is_open(call):
            continue
        for row in rows:
            argument = keyword(call, row.old)
            if argument is None or (row.of and function not in row.of):
                continue
            if edits := _argument(tree, call, argument, row, function):
                new = f" is now {row.new}" if row.new else " is no longer an argument"
                yield Repair(tree.line(argument.value), RULE, f"{row.old}{new}", edits)


def _function(tree: Tree, function: cst.BaseExpression) -> str:
    """`app.function` or the like, as the table of arguments names it; '' for anything else, or in doubt."""
    if (method := app_method(tree, function)) in KINDS:
        return f"app.{method}"
    if not isinstance(function, cst.Attribute) or function.attr.value != "with_options":
        return ""
    owner = tree.definition(function.value)
    decorators = owner.decorators if owner else ()
    is_modal = any(app_method(tree, _called(decorator.decorator)) == "cls" for decorator in decorators)
    return "Cls.with_options" if is_modal else ""


def app_method(tree: Tree, function: cst.BaseExpression) -> str:
    """`function` for `app.function`, if `app` is certainly a modal.App; '' for anything else."""
    if not isinstance(function, cst.Attribute):
        return ""
    value = tree.value(function.value)
    return function.attr.value if isinstance(value, cst.Call) and tree.name(value.func) in APPS else ""


def _argument(
    tree: Tree, call: cst.Call, argument: cst.Arg, row: facts.Removed, function: str
) -> tuple[tuple[cst.CSTNode, Edit], ...]:
    new = row.new.partition("=")[0]
    accepted = facts.modal_arguments()[function]
    if row.repair == "remove":
        return ((call, _without(row.old)),)
    if row.repair == "concurrent":
        return _concurrent(tree, call, argument) if function in ("app.function", "app.cls") else ()
    if new not in accepted or keyword(call, new) is not None or argument.keyword is None:
        return ()
    if row.repair == "list":
        if isinstance(argument.value, cst.List | cst.Tuple):
            return ()
        value = cst.List([cst.Element(argument.value)])
        return (renamed(argument.keyword, new), (argument, lambda node: node.with_changes(value=value)))
    return (renamed(argument.keyword, new),)


def _without(name: str) -> Edit:
    def edit(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.Call)
        return without(node, name)

    return edit


def _concurrent(tree: Tree, call: cst.Call, argument: cst.Arg) -> tuple[tuple[cst.CSTNode, Edit], ...]:
    """The argument becomes @modal.concurrent(max_inputs=...), below the decorator that had it."""
    decorator = tree.parent(call)
    definition = tree.parent(decorator)
    modal, old = tree.modal_name(), argument.keyword
    if not isinstance(decorator, cst.Decorator) or not isinstance(definition, DEFINITIONS) or not modal or old is None:
        return ()
    if any(tree.name(_called(each.decorator)) == "modal.concurrent" for each in definition.decorators):
        return ()
    index = list(definition.decorators).index(decorator)
    expression = cst.parse_expression(f"{modal}.concurrent(max_inputs={tree.module.code_for_node(argument.value)})")
    trailing = comment_after(argument) or cst.TrailingWhitespace()
    added = cst.Decorator(expression, trailing_whitespace=trailing.with_changes(newline=cst.Newline()))

    def insert(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, DEFINITIONS)
        decorators = [*node.decorators[: index + 1], added, *node.decorators[index + 1 :]]
        return node.with_changes(decorators=decorators)

    return ((call, _without(old.value)), (definition, insert))


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def names(tree: Tree) -> Iterator[Repair]:
    """Names in the package modal that have another name: in the text, and in `from modal import ...`."""
    rows = {row.old: row for row in facts.modal_changes().removed if row.repair == "rename"}
    new_names = {row.old: row.new.rpartition(".")[2] for row in rows.values() if row.kind == "name"}
    for node in tree.find(cst.Attribute):
        name = tree.name(node)
        if name in new_names:
            if edit := _attribute(tree, node, rows[name].new):
                yield Repair(tree.line(node), RULE, f"{name} is now {rows[name].new}", (edit,))
        elif app_method(tree, node) in rows and rows[node.attr.value].kind == "method":
            new = rows[node.attr.value].new.rpartition(".")[2]
            yield Repair(tree.line(node), RULE, f"{node.attr.value} is now {new}", (renamed(node.attr, new),))
    for statement in tree.find(cst.ImportFrom):
        yield from _imported(tree, statement, new_names)


def _attribute(tree: Tree, node: cst.Attribute, new: str) -> tuple[cst.CSTNode, Edit] | None:
    old_owner, _, _ = tree.name(node).rpartition(".")
    owner, _, last = new.rpartition(".")
    if owner == old_owner:
        return renamed(node.attr, last)
    if (modal := tree.modal_name()) and owner == "modal":
        return replaced(node, cst.Attribute(cst.Name(modal), cst.Name(last)))
    return None


def _imported(tree: Tree, statement: cst.ImportFrom, new_names: dict[str, str]) -> Iterator[Repair]:
    """`from modal import Stub`, and each use of that name."""
    if isinstance(statement.names, cst.ImportStar) or not isinstance(statement.module, cst.Name) or statement.relative:
        return
    for alias in statement.names:
        full = f"{statement.module.value}.{alias.name.value if isinstance(alias.name, cst.Name) else ''}"
        if full not in new_names or not isinstance(alias.name, cst.Name):
            continue
        new = new_names[full]
        uses = [node for node in tree.find(cst.Name) if tree.name(node) == full and node is not alias.name]
        if alias.asname is None and (tree.is_bound(new) or any(node.value != alias.name.value for node in uses)):
            continue
        edits = [renamed(alias.name, new)]
        if alias.asname is None:
            edits += [renamed(node, new) for node in uses]
        yield Repair(tree.line(statement), RULE, f"{full} is now modal.{new}", tuple(edits))
        if alias.asname is None:
            for node in uses:
                yield Repair(tree.line(node), RULE, f"{full} is now modal.{new}", (renamed(node, new),))


def gpus(tree: Tree) -> Iterator[Repair]:
    """GPU objects, which are strings today. An import of modal.gpu is removed with the last of them."""
    calls = [call for call in tree.find(cst.Call) if tree.name(call.func).startswith("modal.gpu.")]
    strings = [(call, text) for call in calls if (text := _gpu_string(tree, call))]
    edits = [replaced(call, cst.parse_expression(text)) for call, text in strings]
    inside = {id(node) for call in calls for node in _all(call)}
    if len(strings) == len(calls) and not any(
        tree.name(node).startswith("modal.gpu") and id(node) not in inside
        for node in tree.nodes
        if isinstance(node, cst.Name | cst.Attribute)
    ):
        imports = list(_gpu_imports(tree))
    else:
        imports = []
    for line, imported in imports:
        yield Repair(line, RULE, "modal.gpu is not imported", (*imported, *edits))
    for (call, text), edit in zip(strings, edits, strict=True):
        old = tree.module.code_for_node(call)
        yield Repair(tree.line(call), RULE, f"{old} is now {text}", (edit,))


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _all(child)


def _gpu_string(tree: Tree, call: cst.Call) -> str:
    """The string for a GPU object, as source; '' if its arguments are unknown or the object itself is used."""
    name = tree.name(call.func).removeprefix("modal.gpu.")
    known = {*facts.gpus(), *facts.gpu_aliases()}
    values = {arg.keyword.value if arg.keyword else "count": arg.value for arg in call.args if not arg.star}
    if len(values) != len(call.args) or not set(values) <= GPU_ARGUMENTS or _is_inspected(tree, call):
        return ""
    size = values.get("size")
    if size is not None:
        if name != "A100" or not isinstance(size, cst.SimpleString):
            return ""
        name = f"A100-{size.raw_value}"
    if name == "Any":
        name = "any"
    elif name not in known:
        return ""
    count = values.get("count")
    if count is None or (isinstance(count, cst.Integer) and count.value == "1"):
        return f'"{name}"'
    if isinstance(count, cst.Integer):
        return f'"{name}:{count.value}"'
    return f'f"{name}:{{{tree.module.code_for_node(count)}}}"' if isinstance(count, cst.Name) else ""


def _is_inspected(tree: Tree, call: cst.Call) -> bool:
    """True if an attribute of a GPU object is read, such as `.count`, or the file does more with it than pass it on."""
    statement = tree.parent(call)
    if isinstance(statement, cst.Attribute):
        return True
    if not isinstance(statement, cst.Assign):
        return not isinstance(statement, cst.Arg | cst.Element)
    targets = [target.target for target in statement.targets]
    return not all(
        isinstance(target, cst.Name)
        and tree.value(target) is call
        and all(isinstance(tree.parent(read), cst.Arg | cst.Element) for read in tree.references(target))
        for target in targets
    )


def _gpu_imports(tree: Tree) -> Iterator[tuple[int, tuple[tuple[cst.CSTNode, Edit], ...]]]:
    """(line, edits) of each import of modal.gpu."""
    for statement in tree.find(cst.Import):
        for alias in statement.names:
            if alias.evaluated_name == "modal.gpu" and alias.asname is None:
                yield tree.line(statement), (replaced(alias.name, cst.Name("modal")),)
    for imported in tree.find(cst.ImportFrom):
        if imported.relative or imported.module is None or isinstance(imported.names, cst.ImportStar):
            continue
        module = tree.module.code_for_node(imported.module)
        names = [f"{module}.{alias.evaluated_name}" for alias in imported.names]
        kept = [
            alias for alias, name in zip(imported.names, names, strict=True) if not f"{name}.".startswith("modal.gpu.")
        ]
        if len(kept) < len(imported.names):
            yield tree.line(imported), _without_import(tree, imported, kept)


def _without_import(
    tree: Tree, imported: cst.ImportFrom, kept: list[cst.ImportAlias]
) -> tuple[tuple[cst.CSTNode, Edit], ...]:
    """Import only `kept`. Without any, remove the statement, or write `import modal` to keep its comments or block."""
    if kept:
        last = kept[-1].with_changes(comma=list(imported.names)[-1].comma)  # type: ignore[arg-type]
        names = [*kept[:-1], last]
        return ((imported, lambda node: node.with_changes(names=names)),)
    line = tree.parent(imported)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
        return ((imported, lambda node: cst.Pass()),)
    if any(row.comment for row in line.leading_lines) or not isinstance(tree.parent(line), cst.Module):
        return ((imported, lambda node: cst.Import([cst.ImportAlias(cst.Name("modal"))])),)
    return ((line, lambda node: cst.RemoveFromParent()),)
