"""vLLM's rules from the annotation of a config field to argparse's keywords (`get_kwargs` in engine/arg_utils.py).

What argparse does not get is kept as well: the names in a `Literal | str`, and the JSON keys of a config class.
"""

import ast
import re
from dataclasses import dataclass
from typing import Any

from scripts.wheel_source import Definition, Module, classes, fields
from scripts.wheel_values import Opaque, default, literals, members

BUILTINS = ("bool", "int", "float", "str", "dict", "list", "tuple", "set")
WRAPPERS = ("Annotated", "InitVar", "SkipValidation", "Optional")
Row = dict[str, Any]  # an option as the tables hold it, or argparse's keywords on the way there


@dataclass(frozen=True)
class Leaf:
    """One alternative of an annotation. `kind`: a builtin, None, Literal, enum, dict, dataclass or class."""

    kind: str
    literals: tuple[Any, ...] = ()
    element: tuple["Leaf", ...] = ()  # of a collection
    definition: Definition | None = None  # of a class in the wheel
    text: str = ""  # of a class from elsewhere


def leaves(node: ast.AST, module: Module, typed: bool) -> list[Leaf]:
    """The alternatives of an annotation, with unions and wrappers unfolded."""
    match node:
        case ast.Constant(value=None):
            return [Leaf("None")]
        case ast.Constant(value=str(text)):
            return leaves(ast.parse(text, mode="eval").body, module, typed)
        case ast.BinOp(op=ast.BitOr()):
            return leaves(node.left, module, typed) + leaves(node.right, module, typed)
        case ast.Subscript(value=ast.Name(id=name)):
            return _subscripted(name, node, module, typed)
        case ast.Name(id=name) if name in BUILTINS:
            return [Leaf(name)]
        case ast.Name(id=name):
            found = module.find(name, typed=typed)
            if not found:
                return [Leaf("class", text=name)]
            if isinstance(found.node, ast.ClassDef):
                return [Leaf(class_kind(found), definition=found)]
            if isinstance(found.node, ast.expr):
                return leaves(found.node, found.module, typed)
        case ast.Attribute(value=ast.Name(id=lazy), attr=attribute) if typed:
            bound = module.typed.get(lazy)  # a lazily imported module: `me_quant.QuantizationMethods`
            if isinstance(bound, tuple) and bound[0] and bound[1] is None:
                home = module.source.module(bound[0])
                if home is not None:
                    return leaves(ast.Name(attribute), home, typed)
    return [Leaf("class", text=ast.unparse(node))]


def _subscripted(name: str, node: ast.Subscript, module: Module, typed: bool) -> list[Leaf]:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        return [Leaf("Literal", literals=tuple(literals(node, module)))]
    if name in WRAPPERS:
        return leaves(parts[0], module, typed) + ([Leaf("None")] if name == "Optional" else [])
    if name == "Union":
        return [leaf for part in parts for leaf in leaves(part, module, typed)]
    if name in BUILTINS:
        return [Leaf(name, element=tuple(leaves(parts[0], module, typed)))]
    return [Leaf("class", text=ast.unparse(node))]


def class_kind(definition: Definition) -> str:
    bases = "".join(base for ancestor in classes(definition) for base in ancestor.bases)
    if "Enum" in bases:
        return "enum"
    if "dict[" in bases or bases.startswith("dict"):
        return "dict"
    decorators = definition.node.decorator_list if isinstance(definition.node, ast.ClassDef) else []
    is_config = any(re.match(r"(config|dataclass)\b", ast.unparse(decorator)) for decorator in decorators)
    return "dataclass" if is_config else "class"


def converted(definition: Definition, how: str) -> dict[str, str]:
    """The fields with a validator whose text matches `how`, with that text: they take more than their annotation."""
    return {
        str(argument.value): ast.unparse(node)
        for node in definition.body
        if isinstance(node, ast.FunctionDef) and re.search(how, ast.unparse(node))
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "field_validator"
        for argument in mark.args
        if isinstance(argument, ast.Constant)
    }


def keys_of(definition: Definition, inside: tuple[str, ...] = ()) -> Row:
    """The JSON keys of a config class, which forbids others: key -> type (None: unread), values, or the keys below."""
    keys: Row = {}
    inside = (*inside, definition.name)
    for name, (module, node) in fields(definition).items():
        if name.startswith("_") or "init=False" in ast.unparse(node):
            continue
        alternatives = leaves(node.annotation, module, typed=True)
        kinds = {leaf.kind for leaf in alternatives} - {"None"}
        nested = next((leaf.definition for leaf in alternatives if leaf.kind == "dataclass"), None)
        alone = kinds <= {"dataclass"} and "SkipValidation" not in ast.unparse(node)
        if nested and nested.name not in inside and alone:
            keys[name] = keys_of(nested, inside)
            continue
        values = {str(literal) for leaf in alternatives for literal in leaf.literals}
        keys[name] = sorted(values) if kinds <= {"Literal", "str"} and values else None
        if len(kinds) == 1 and kinds <= {"int", "float", "bool", "str", "list", "dict"}:
            keys[name] = None if {name, "*"} & set(converted(definition, "before")) else min(kinds)
    return keys


def kwargs_of(definition: Definition, human: list[str]) -> dict[str, Row]:
    """The result of `get_kwargs(cls)` for each field; `human` fields take sizes such as 32k."""
    table: dict[str, Row] = {}
    lenient = converted(definition, r"\.(lower|upper)\(\)")
    for name, (module, node) in fields(definition).items():
        alternatives, typed = (leaves(node.annotation, module, typed=typed) for typed in (False, True))
        row: Row = {"default": default(node.value, module) if node.value else Opaque("(none)")}
        row |= _type(name, alternatives, human)
        takes_none = any(leaf.kind == "None" for leaf in alternatives)
        if takes_none and row.get("action") != "toggle" and row.get("nargs") != "?":
            row["optional"] = True
        _add_names(row, typed)
        if name in lenient and "known" in row:
            row["fold"] = True
            row["known"] += ["auto"] if "'auto'" in lenient[name] else []
        config = next((leaf.definition for leaf in typed if leaf.kind == "dataclass"), None)
        if config and row.get("type") == "object":
            row["keys"] = keys_of(config)
        table[name] = row
    return table


def _type(name: str, alternatives: list[Leaf], human: list[str]) -> Row:
    """argparse's keywords of a field: `_compute_kwargs`, rule by rule."""
    by_kind = {leaf.kind: leaf for leaf in alternatives}
    kinds = set(by_kind)
    if "dataclass" in kinds:
        return {"type": "object"}
    if kinds == {"bool", "str", "None"}:
        return {"type": "str", "nargs": "?"}
    if "bool" in kinds:
        return {"action": "toggle"}
    if "Literal" in kinds:
        names = by_kind["Literal"].literals
        return {"type": type(names[0]).__name__, "known" if "str" in kinds else "choices": sorted(names)}
    if collection := kinds & {"list", "tuple", "set"}:
        return _collection(by_kind[min(collection)].element)
    if "int" in kinds:
        special = "human_int" if name in human else "int"
        return {"type": "human_int_or_auto" if name == "max_model_len" else special}
    if "float" in kinds:
        return {"type": "float"}
    if "dict" in kinds:
        return {"type": "json_or_str" if kinds & {"str", "class", "enum"} else "json"}
    return {"type": "str"}


def _collection(element: tuple[Leaf, ...]) -> Row:
    only = element[0] if len(element) == 1 else Leaf("str")
    row: Row = {"nargs": "+", "type": only.kind if only.kind in ("int", "float") else "str"}
    return row | ({"choices": sorted(only.literals)} if only.kind == "Literal" else {})


def _add_names(row: Row, alternatives: list[Leaf]) -> None:
    """Add the values that only a type checker sees: of Literals, enums and import paths."""
    names = {str(literal) for leaf in alternatives for literal in leaf.literals}
    if names and "choices" not in row and row.get("type") == "str":
        row["known"] = sorted(names)
    enum = next((leaf.definition for leaf in alternatives if leaf.kind == "enum"), None)
    if enum and row.get("type") == "str":
        numeric = any("Int" in base for base in enum.bases)
        row["known"] = sorted(str(member.value) if numeric else member.name for member in members(enum))
    if any(leaf.kind == "class" and leaf.text.startswith("type[") for leaf in alternatives):
        row["import_path"] = True  # the dotted path of a custom class is taken as well
