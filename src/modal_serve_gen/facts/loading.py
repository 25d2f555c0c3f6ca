"""Read the files of bundled facts into frozen records (standard library only: the stand-alone check imports this).

A fact that lacks a source, a date or any other required field, or has a field or type that its record does not know,
is a bug of this package (InternalError, exit 70): nothing unsourced reaches a plan or a generated app.
"""

import json
import re
import tomllib
import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from modal_serve_gen.errors import InternalError
from modal_serve_gen.folders import FACTS as FACTS

REPORT = "Reinstall modal-serve-gen; if it happens again, report it with this line."
Record = TypeVar("Record")


def refuse(problem: str) -> InternalError:
    """The error to raise for a broken fact."""
    return InternalError(f"The bundled facts are broken: {problem}.", REPORT)


def read(file: str | Path) -> dict[str, Any]:
    """The parsed content of a TOML or JSON file, by its path below the folder of facts. Raises InternalError."""
    path = FACTS / file
    try:
        text = path.read_bytes().decode()
        document = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise refuse(f"{path.name} cannot be read ({type(error).__name__})") from error
    if not isinstance(document, dict):
        raise refuse(f"{path.name} is not a table")
    return document


def newest(pattern: str, folder: str = "apis") -> Path:
    """The file of the newest version that matches `pattern`. Raises InternalError if there is none."""
    paths = sorted((FACTS / folder).glob(pattern), key=lambda path: [int(n) for n in re.findall(r"\d+", path.stem)])
    if not paths:
        raise refuse(f"no file matches {folder}/{pattern}")
    return paths[-1]


def record(kind: type[Record], table: Any, what: str, **more: Any) -> Record:
    """`table` and `more` as a `kind`, with nested records. `what` names the table in errors. Raises InternalError."""
    if not isinstance(table, dict):
        raise refuse(f"{what} is not a table")
    values = {**table, **more}
    hints, required = _fields(kind)  # type: ignore[arg-type]  # a class is hashable
    if unknown := sorted(values.keys() - hints.keys()):
        raise refuse(f"{what} has the unknown {', '.join(unknown)}")
    if missing := [name for name in required if values.get(name) in (None, "")]:
        raise refuse(f"{what} lacks {', '.join(missing)}")
    return kind(**{name: _converted(value, hints[name], f"{what} {name}") for name, value in values.items()})


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], list[str]]:
    """Types of the record's fields by name, and the names of fields that may be neither absent nor empty."""
    hints = get_type_hints(kind)
    without_default = [x for x in fields(kind) if x.default is MISSING and x.default_factory is MISSING]
    return hints, [x.name for x in without_default if not _optional(hints[x.name])]


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _converted(value: Any, hint: Any, what: str) -> Any:
    """`value` as the type `hint`: a record, dict[str, X], tuple[X, ...], X | None, Any or a plain type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is Literal and value in arguments:
        return value
    if is_dataclass(hint):
        return record(hint, value, what)  # type: ignore[arg-type]  # is_dataclass admits instances as well
    if origin in (Union, types.UnionType):
        kinds = [x for x in arguments if x is not type(None)]
        return None if value is None else _converted(value, kinds[0], what)
    if origin is dict and isinstance(value, dict):
        return {key: _converted(item, arguments[1], f"{what} {key}") for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        return tuple(_converted(item, arguments[0], what) for item in value)
    if origin is None and isinstance(value, (int, float) if hint is float else hint):
        return value
    raise refuse(f"{what} must be of type {getattr(hint, '__name__', hint)}")
