"""An app as a concrete syntax tree, in which comments and formatting are kept, with lines and resolved names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import libcst as cst
from libcst import metadata

Changed = cst.CSTNode | cst.RemovalSentinel
Edit = Callable[[cst.CSTNode], Changed]
Node = TypeVar("Node", bound=cst.CSTNode)
DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


@dataclass(frozen=True)
class Repair:
    """One repair of a finding: `edits` are applied together, each to the node of the original tree."""

    line: int
    rule: str
    text: str  # what is replaced by what
    edits: tuple[tuple[cst.CSTNode, Edit], ...]


@dataclass
class Tree:
    """The tree of `text`. Raises libcst.ParserSyntaxError, or ValueError if the tree does not reproduce the text."""

    text: str
    module: cst.Module = field(init=False)

    def __post_init__(self) -> None:
        wrapper = metadata.MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)
        self.module = wrapper.module
        if self.module.code != self.text:
            raise ValueError("the syntax tree does not reproduce the file")
        self._positions = wrapper.resolve(metadata.PositionProvider)
        self._scopes = wrapper.resolve(metadata.ScopeProvider)
        self._names = wrapper.resolve(metadata.QualifiedNameProvider)
        self._parents = wrapper.resolve(metadata.ParentNodeProvider)
        self.nodes = list(self._positions)

    def find(self, kind: type[Node]) -> Iterator[Node]:
        """Every node of this kind."""
        return (node for node in self.nodes if isinstance(node, kind))

    def line(self, node: cst.CSTNode) -> int:
        return self._positions[node].start.line

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node around this one; the module for the module itself."""
        return self._parents.get(node, self.module)

    def indentation(self, node: cst.CSTNode) -> str:
        """Whitespace before the first character of a node's line."""
        line = self.text.split("\n")[self.line(node) - 1]
        return line[: len(line) - len(line.lstrip())]

    def name(self, node: cst.CSTNode) -> str:
        """Full dotted name of an expression that an import binds, such as `modal.concurrent`; '' if it is in doubt."""
        names = self._names.get(node, set())
        names = names() if callable(names) else names
        only = next(iter(names)) if len(names) == 1 else None
        return only.name if only and only.source == metadata.QualifiedNameSource.IMPORT else ""

    def value(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """The expression that a name stands for, if it is assigned once, by a plain statement; None if in doubt."""
        if not isinstance(node, cst.Name) or (scope := self._scopes.get(node)) is None:
            return None
        assignments = list(scope[node.value])
        if len(assignments) != 1 or not isinstance(assignments[0], metadata.Assignment):
            return None
        target = self.parent(assignments[0].node)
        statement = self.parent(target)
        if isinstance(target, cst.AssignTarget) and isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            return statement.value
        if isinstance(target, cst.AnnAssign) and target.target is assignments[0].node:
            return target.value
        return None

    def definition(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The class that a name certainly is."""
        if not isinstance(node, cst.Name) or (scope := self._scopes.get(node)) is None:
            return None
        assignments = list(scope[node.value])
        only = assignments[0] if len(assignments) == 1 else None
        return only.node if isinstance(only, metadata.Assignment) and isinstance(only.node, cst.ClassDef) else None

    def references(self, node: cst.Name) -> list[cst.CSTNode]:
        """Every node that reads the variable of this name."""
        scope = self._scopes.get(node)
        if scope is None:
            return []
        return [access.node for assignment in scope[node.value] for access in assignment.references]

    def uses(self, node: cst.Name) -> list[cst.CSTNode]:
        """Every node that assigns or reads the variable of this name."""
        scope = self._scopes.get(node)
        if scope is None:
            return []
        assigned = [item.node for item in scope[node.value] if isinstance(item, metadata.Assignment)]
        return [*assigned, *self.references(node)]

    def is_bound(self, name: str) -> bool:
        """True if any scope of the file binds `name`."""
        scopes = {scope for scope in self._scopes.values() if scope is not None}
        return any(assignment.name == name for scope in scopes for assignment in scope.assignments)

    def modal_name(self) -> str:
        """The name under which the file has the package modal; '' if it does not import it."""
        return next((node.value for node in self.find(cst.Name) if self.name(node) == "modal"), "")

    def apply(self, repairs: list[Repair]) -> str:
        """The text with these repairs."""
        edits: dict[cst.CSTNode, list[Edit]] = {}
        for repair in repairs:
            for node, edit in repair.edits:
                edits.setdefault(node, []).append(edit)
        changed = self.module.visit(_Editor(edits))
        assert isinstance(changed, cst.Module)
        return changed.code


class _Editor(cst.CSTTransformer):
    def __init__(self, edits: dict[cst.CSTNode, list[Edit]]):
        super().__init__()
        self.edits = edits

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Changed:  # type: ignore[override]
        node: Changed = updated_node
        for edit in self.edits.get(original_node, ()):
            if isinstance(node, cst.CSTNode):
                node = edit(node)
        return node


def replaced(node: cst.CSTNode, by: cst.CSTNode) -> tuple[cst.CSTNode, Edit]:
    """The edit that puts `by` in the place of `node`."""
    return node, lambda _: by


def renamed(node: cst.Name, name: str) -> tuple[cst.CSTNode, Edit]:
    """The edit that changes one name."""
    return replaced(node, node.with_changes(value=name))


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """The keyword argument `name` of a call."""
    return next((arg for arg in call.args if arg.keyword and arg.keyword.value == name), None)


def is_open(call: cst.Call) -> bool:
    """True if a call may have more keywords than are written: `**options`."""
    return any(arg.star == "**" for arg in call.args)


def without(call: cst.Call, name: str) -> cst.Call:
    """A call without one of its keywords; comments on the lines around it stay."""
    index = next(index for index, arg in enumerate(call.args) if arg.keyword and arg.keyword.value == name)
    args = list(call.args)
    removed = args.pop(index)
    if index == len(args) and args:  # the last one: the new last one takes its place before the parenthesis
        args[-1] = args[-1].with_changes(comma=_last_comma(args[-1].comma, removed))
    return call.with_changes(args=args)


def comment_after(arg: cst.Arg) -> cst.TrailingWhitespace | None:
    """The comment at the end of an argument's line."""
    after = _after(arg)
    return after.first_line if isinstance(after, cst.ParenthesizedWhitespace) and after.first_line.comment else None


def _after(arg: cst.Arg) -> cst.BaseParenthesizableWhitespace:
    """Whitespace and comments between an argument and what follows it."""
    return arg.comma.whitespace_after if isinstance(arg.comma, cst.Comma) else arg.whitespace_after_arg


def _last_comma(comma: cst.Comma | cst.MaybeSentinel, removed: cst.Arg) -> cst.Comma | cst.MaybeSentinel:
    """The comma after what becomes the last argument: its own comments, and the place of the parenthesis."""
    before, after = comma.whitespace_after if isinstance(comma, cst.Comma) else None, _after(removed)
    if isinstance(before, cst.ParenthesizedWhitespace) and isinstance(after, cst.ParenthesizedWhitespace):
        empty = [*before.empty_lines, *after.empty_lines]
        place = after.with_changes(first_line=before.first_line, empty_lines=empty)
        return cst.Comma(whitespace_after=place)
    if isinstance(before, cst.ParenthesizedWhitespace) and (before.first_line.comment or before.empty_lines):
        return comma
    return removed.comma
