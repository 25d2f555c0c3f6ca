"""Evaluate plain data in a wheel's source: constants, lists, sums, enum members, dataclass defaults.

What cannot be read without running the wheel comes back as `Opaque`, never as a guess.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scripts.wheel_source import Bindings, Definition, Module, bind, classes, fields

UNREAD = object()  # what a reader returns for an expression that it cannot evaluate


@dataclass(frozen=True)
class Opaque:
    """An expression that only running the wheel could evaluate, as its source text."""

    text: str


@dataclass(frozen=True)
class Member:
    """One member of an enum class."""

    owner: str
    name: str
    value: object


@dataclass(frozen=True)
class Scope:
    """The names of an expression: `values` of local variables, `imports` made inside the enclosing function."""

    module: Module
    values: Mapping[str, Any] = field(default_factory=dict)
    imports: Bindings = field(default_factory=dict)

    def find(self, name: str) -> Definition | None:
        return self.module.find(name, local=self.imports)


def value(node: ast.AST, module: Module, values: Mapping[str, Any] | None = None) -> Any:
    """The value of `node` in `module`, with local variables; Opaque if plain data does not tell it."""
    return _value(node, Scope(module, values or {}))


def _value(node: ast.AST, scope: Scope) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    read = READERS.get(type(node))
    result = read(node, scope) if read else UNREAD
    return Opaque(ast.unparse(node)) if result is UNREAD else result


def _name(node: ast.Name, scope: Scope) -> Any:
    if node.id in scope.values:
        return scope.values[node.id]
    found = scope.find(node.id)
    return value(found.node, found.module) if found and isinstance(found.node, ast.expr) else UNREAD


def _items(node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Any:
    items: list[Any] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = _value(element.value, scope)
            if not isinstance(inner, list):
                return UNREAD
            items += inner
        else:
            items.append(_value(element, scope))
    return items


def _mapping(node: ast.Dict, scope: Scope) -> Any:
    merged: dict[Any, Any] = {}
    for key_node, item_node in zip(node.keys, node.values, strict=True):
        item = _value(item_node, scope)
        if key_node is None:
            if not isinstance(item, dict):
                return UNREAD
            merged |= item
            continue
        key = _value(key_node, scope)
        if isinstance(key, list):
            return UNREAD
        merged[key] = item
    return merged


def _subscript(node: ast.Subscript, scope: Scope) -> Any:
    table, key = _value(node.value, scope), _value(node.slice, scope)
    return table[key] if isinstance(table, dict) and key in table else UNREAD


def _negative(node: ast.UnaryOp, scope: Scope) -> Any:
    number = _value(node.operand, scope)
    return -number if isinstance(node.op, ast.USub) and isinstance(number, int | float) else UNREAD


def _arithmetic(node: ast.BinOp, scope: Scope) -> Any:
    left, right = _value(node.left, scope), _value(node.right, scope)
    if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, list | str | int):
        return left + right
    if isinstance(node.op, ast.Pow | ast.Mult) and isinstance(left, int) and isinstance(right, int):
        return left**right if isinstance(node.op, ast.Pow) else left * right
    return UNREAD


def _conditional(node: ast.IfExp, scope: Scope) -> Any:
    match node.test:
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as operator], comparators=[others]):
            item, container = _value(left, scope), _value(others, scope)
            if isinstance(item, Opaque) or not isinstance(container, list):
                return UNREAD
            return _value(node.body if (item in container) == isinstance(operator, ast.In) else node.orelse, scope)
    return UNREAD


def _text(node: ast.JoinedStr, scope: Scope) -> str:
    return "".join(str(_value(part, scope)) for part in node.values if isinstance(part, ast.Constant))


def _comprehension(node: ast.ListComp, scope: Scope) -> Any:
    match node.generators:
        case [ast.comprehension(target=ast.Name(id=name), ifs=[]) as loop]:
            items = _value(loop.iter, scope)
            found = scope.find(loop.iter.id) if isinstance(loop.iter, ast.Name) and isinstance(items, Opaque) else None
            items = members(found) if found and is_enum(found) else items
            if isinstance(items, list):
                return [_value(node.elt, replace(scope, values={**scope.values, name: item})) for item in items]
    return UNREAD


def _attribute(node: ast.Attribute, scope: Scope) -> Any:
    if ast.unparse(node) == "current_platform.device_type":
        return scope.module.source.platform
    owner = _value(node.value, scope)
    if isinstance(owner, Member):
        return {"name": owner.name, "value": owner.value}.get(node.attr, UNREAD)
    found = scope.find(node.value.id) if isinstance(node.value, ast.Name) else None
    if not found or not isinstance(found.node, ast.ClassDef):
        return UNREAD
    if is_enum(found):
        return next((member for member in members(found) if member.name == node.attr), UNREAD)
    declared = fields(found)
    if node.attr in declared:
        module, assignment = declared[node.attr]
        return default(assignment.value, module) if assignment.value else UNREAD
    for ancestor in reversed(classes(found)):
        names: Bindings = {}
        bind(ancestor.body, ancestor.module.package, names, None)
        if isinstance(bound := names.get(node.attr), ast.expr):
            constants = {name: node.value for name, node in names.items() if isinstance(node, ast.Constant)}
            return value(bound, ancestor.module, constants)
    return UNREAD


def _call(node: ast.Call, scope: Scope) -> Any:
    called, argument = ast.unparse(node.func), node.args[0] if node.args else None
    if called in ("list", "set", "frozenset", "tuple", "sorted") and len(node.args) == 1:
        items = _value(node.args[0], scope)
        if isinstance(items, Opaque) and isinstance(argument, ast.Name):
            found = scope.find(argument.id)
            return members(found) if found and is_enum(found) else UNREAD
        return list(items) if isinstance(items, list | dict) else UNREAD
    if called == "get_args" and isinstance(argument, ast.Name):
        found = scope.find(argument.id)
        return literals(found.node, found.module) if found else UNREAD
    if isinstance(node.func, ast.Attribute) and node.func.attr == "keys" and not node.args:
        table = _value(node.func.value, scope)
        return list(table) if isinstance(table, dict) else UNREAD
    if isinstance(node.func, ast.Attribute) and node.func.attr == "lower" and not node.args:
        text = _value(node.func.value, scope)
        return text.lower() if isinstance(text, str) else UNREAD
    if isinstance(node.func, ast.Name) and not node.args:
        found = scope.find(node.func.id)
        if found and isinstance(found.node, ast.FunctionDef):
            return _returned(found)
    return UNREAD


def _returned(function: Definition) -> Any:
    """What a function without arguments returns at its end, with the imports that it makes itself."""
    last = function.body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        return UNREAD
    imports: Bindings = {}
    bind([node for node in function.body if isinstance(node, ast.ImportFrom)], function.module.package, imports, None)
    return _value(last.value, Scope(function.module, imports=imports))


READERS: dict[type[ast.AST], Callable[[Any, Scope], Any]] = {
    ast.Name: _name,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _mapping,
    ast.Subscript: _subscript,
    ast.Attribute: _attribute,
    ast.UnaryOp: _negative,
    ast.BinOp: _arithmetic,
    ast.IfExp: _conditional,
    ast.JoinedStr: _text,
    ast.ListComp: _comprehension,
    ast.Call: _call,
}


def is_enum(definition: Definition) -> bool:
    return "Enum" in "".join(definition.bases)


def members(definition: Definition) -> list[Member]:
    """The members of an enum class, in order."""
    return [
        Member(definition.name, target.id, value(node.value, definition.module))
        for node in definition.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    ]


def default(node: ast.expr, module: Module) -> Any:
    """The default of a dataclass field, through `field(...)`, pydantic's `Field(...)` and `get_field`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)):
        return value(node, module)
    called = ast.unparse(node.func).rpartition(".")[2]
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if called == "get_field" and len(node.args) == 2 and isinstance(node.args[1], ast.Constant):
        return value(ast.Attribute(node.args[0], str(node.args[1].value)), module)
    if called not in ("field", "Field"):
        return value(node, module)
    if "default" in keywords or node.args:
        return default(keywords.get("default") or node.args[0], module)
    factory = keywords.get("default_factory")
    if isinstance(factory, ast.Name) and factory.id in ("list", "dict", "set"):
        return {} if factory.id == "dict" else []
    return value(factory.body, module) if isinstance(factory, ast.Lambda) else Opaque(ast.unparse(node))


def literals(node: ast.AST, module: Module) -> list[Any]:
    """The values of `Literal[...]`, nested Literals and their aliases unfolded."""
    match node:
        case ast.Subscript(value=ast.Name(id="Literal")):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return [literal for part in parts for literal in literals(part, module)]
        case ast.Name():
            found = module.find(node.id, typed=True)
            return literals(found.node, found.module) if found else []
    return [value(node, module)]
