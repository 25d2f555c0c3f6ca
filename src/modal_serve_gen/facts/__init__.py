"""The bundled facts: data with sources and dates, read lazily, one file at a time.

A fact without a source or a date is refused here, so that nothing unsourced reaches a plan or a generated app. A broken
fact is our own bug (exit 70).
"""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from modal_serve_gen.errors import InternalError
from modal_serve_gen.facts.engines import Format, Pins, flag_table, flag_table_path, pins, quantization
from modal_serve_gen.facts.hardware import Gpu, Regions, gpu_aliases, gpus, regions
from modal_serve_gen.facts.services import (
    Elsewhere,
    Limit,
    Limits,
    Removed,
    Route,
    elsewhere,
    engine_variables,
    limits,
    modal_arguments,
    modal_changes,
    routes,
    sampling_defaults,
)
from modal_serve_gen.facts.sizing import Activations, Overheads, Range, ReleaseRules, overheads, pools
from modal_serve_gen.folders import FACTS

__all__ = [
    "Activations",
    "Elsewhere",
    "Format",
    "Gpu",
    "Limit",
    "Limits",
    "Overheads",
    "Pins",
    "Range",
    "Regions",
    "ReleaseRules",
    "Removed",
    "Route",
    "elsewhere",
    "engine_variables",
    "flag_table",
    "flag_table_path",
    "gpu_aliases",
    "gpus",
    "limits",
    "modal_arguments",
    "modal_changes",
    "overheads",
    "pins",
    "pools",
    "quantization",
    "regions",
    "routes",
    "sampling_defaults",
]

REPORT = "Reinstall modal-serve-gen; if it happens again, report it with this line."


def _refuse(what: str) -> InternalError:
    return InternalError(f"The bundled facts are broken: {what}.", REPORT)


def sourced(entry: Any, what: str, *needed: str) -> Any:
    """`entry` when it is a table and each key of `needed` stands in it, not empty; else InternalError."""
    if not isinstance(entry, dict):
        raise _refuse(f"{what} is not a table")
    if missing := [key for key in needed if not entry.get(key)]:
        raise _refuse(f"{what} lacks {', '.join(missing)}")
    return entry


def _read(path: Path) -> dict:
    try:
        text = path.read_bytes().decode()
        return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise _refuse(f"{path.name} cannot be read ({type(error).__name__})") from error


@cache
def _model_table() -> tuple[str, dict[str, dict]]:
    document = sourced(_read(FACTS / "models.json"), "models.json", "read", "models")
    return document["read"], document["models"]


def models() -> dict[str, dict]:
    """Every bundled model: id -> what no configuration says. Use `model_facts` for one that is going to be used."""
    return _model_table()[1]


@cache
def model_facts(model_id: str) -> dict | None:
    """What is bundled about one model, its sources and the date checked; None when it is not bundled."""
    date, table = _model_table()
    entry = table.get(model_id)
    if entry is None:
        return None
    sourced(entry, model_id, "config", "sources", "weight_bytes", "weight_bytes_how", "confidence")
    sourced(entry["sources"], f"{model_id} sources", "config", "weight_bytes")
    for key, source in (("revision", "revision_source"),):
        if entry[key] and not entry.get(source):
            raise _refuse(f"{model_id} has a {key} without {source}")
    for key in ("license", "gated"):
        if entry.get(key) is not None and not entry["sources"].get(key):
            raise _refuse(f"{model_id} has {key} without a source")
    return {**entry, "read": date}


def fp8_sibling(model_id: str) -> str | None:
    """The bundled FP8 copy of a model, by the name that its publisher gave it; None when none is bundled."""
    owner, _, name = model_id.rpartition("/")
    name = name.removesuffix("-BF16")
    named = {f"{name}-FP8", f"{name}-FP8-dynamic"}
    found = [other for other in models() if other.rpartition("/")[2] in named]
    return next((other for other in found if other.startswith(f"{owner}/")), found[0] if found else None)


@cache
def config(model_id: str) -> dict:
    """The bundled configuration of one model: `config`, `source`, `verbatim`, `note`. KeyError when not bundled."""
    return sourced(_read(FACTS / "configs" / models()[model_id]["config"]), f"the config of {model_id}", "source")


@cache
def remote_code_not_needed() -> frozenset[str]:
    """Model types whose `auto_map` the engines do not need."""
    return frozenset(sourced(_read(FACTS / "remote_code.toml"), "remote_code.toml", "read", "source")["not_needed"])


@cache
def thinking_off() -> dict[str, str]:
    """Reasoning parser -> the arguments of the chat template that let its models answer at once, as JSON."""
    return sourced(_read(FACTS / "thinking.toml"), "thinking.toml", "read", "source", "off")["off"]


@cache
def tasks() -> dict:
    """Which tags, architectures and libraries mean that a model does not generate text."""
    return sourced(_read(FACTS / "tasks.toml"), "tasks.toml", "read", "source", "not_served")


@cache
def speculation() -> dict[str, dict]:
    """Per engine what it can use for speculative decoding, and with which arguments."""
    return sourced(_read(FACTS / "speculation.toml"), "speculation.toml", "read", "source")
