"""Flags and environment variables of the engines' releases.

The pinned release has a file of its own for each; flags/<engine>-history.json has the older ones, newest first, each as
its difference to the one before.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from modal_serve_gen import flags
from modal_serve_gen.facts import loading
from modal_serve_gen.facts.differences import applied
from modal_serve_gen.facts.loading import newest, read, record

MINOR = {"vllm": 2, "sglang": 3}  # numbers of a version that a patch release shares with its minor
# What the history keeps of a table; its architectures matter for the pinned release only.
KEPT = ("prefixes", "underscores", "dotted_json", "shorthand", "suffixes", "positional", "required", "options",
        "tool_parsers", "reasoning_parsers")  # fmt: skip
COMPARISON = re.compile(r"(===?|~=|!=|<=|>=|<|>)v?(\d[\w.]*?)(?:\+[\w.]+)?(\.\*)?")


@dataclass(frozen=True, slots=True)
class Variables:
    """Environment variables of one engine version."""

    engine: str
    version: str
    prefixes: tuple[str, ...]
    read_on: str
    source: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """An older release: its wheel, and how it differs from the release above it."""

    version: str
    wheel: dict[str, str]
    read_on: str
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """The older releases of one engine."""

    engine: str
    source: str
    releases: tuple[Past, ...]


@cache
def history(engine: str) -> History:
    """The older releases of one engine, newest first."""
    return record(History, read(f"flags/{engine}-history.json"), f"the history of {engine}")


@cache
def known_releases(engine: str) -> tuple[str, ...]:
    """Versions with a table, newest first."""
    return (_pinned(engine)["version"], *(past.version for past in history(engine).releases))


def release(engine: str, version: str) -> str:
    """The release whose table holds for a version: itself, or one of the same minor; '' if there is none."""
    wanted, length = flags.numbers(version.partition("+")[0]), MINOR[engine]
    same = [name for name in known_releases(engine) if flags.numbers(name)[:length] == wanted[:length]]
    not_newer = [name for name in same if flags.numbers(name) <= wanted]
    return next(iter([*not_newer, *reversed(same)]), "")


def newest_release(engine: str, specifier: str) -> str:
    """The newest release with a table that a version specifier such as `>=0.10,<0.12` admits; '' if none is.

    A single exact version need not be listed: it is judged by `release`.
    """
    parts = [part for part in specifier.split(",") if part]
    compared = [COMPARISON.fullmatch(part) for part in parts]
    if len(parts) == 1 and compared[0] and compared[0][1] in ("==", "===") and not compared[0][3]:
        return release(engine, compared[0][2])
    if not all(compared):
        return ""
    admits = [match for match in compared if match]
    return next((name for name in known_releases(engine) if all(_admits(match, name) for match in admits)), "")


def _admits(match: re.Match[str], name: str) -> bool:
    have, wanted = flags.numbers(name), flags.numbers(match[2])
    width = max(len(have), len(wanted))
    one, other = (numbers + (0,) * (width - len(numbers)) for numbers in (have, wanted))
    starts = have[: len(wanted)] == wanted
    equal = starts if match[3] else one == other
    compatible = one >= other and have[: len(wanted) - 1] == wanted[:-1]
    results = {"==": equal, "!=": not equal, "<=": one <= other, ">=": one >= other, "<": one < other, ">": one > other}
    return (results | {"===": equal, "~=": compatible})[match[1]]


@cache
def flag_document(engine: str, version: str) -> dict[str, Any] | None:
    """The content of the argument table of a release, or of its minor; '' is the pinned one, None: there is none."""
    pinned = _pinned(engine)
    name = release(engine, version) if version else pinned["version"]
    if name in ("", pinned["version"]):
        return pinned if name else None
    absent: dict[str, Any] = {"architectures": {}, "unseen": [], "defaults_unread": [], "without_lora": []}
    wheel = next(past.wheel for past in history(engine).releases if past.version == name)
    kept = {key: value for key, value in state(engine, name).items() if key != "variables"}
    return {**pinned, **absent, **kept, "version": name, "wheel": wheel}


@cache
def cpu_flag_document(engine: str) -> dict[str, Any]:
    """The argument table of the engine that rehearsals run: a CPU build of its own, or the pinned release."""
    paths = list((loading.FACTS / "flags").glob(f"{engine}_cpu-*.json"))
    return read(newest(f"{engine}_cpu-*.json", "flags")) if paths else _pinned(engine)


@cache
def flag_table(engine: str, version: str = "") -> flags.Table | None:
    """The argument table of a release, or of its minor; '' is the pinned one, None: there is none."""
    document = flag_document(engine, version)
    return flags.from_document(document, loading.FACTS / "flags") if document else None


@cache
def flag_lifetime(engine: str, flag: str) -> tuple[str, str] | None:
    """The oldest and the newest release with a table that has a flag, by any spelling; None if none has."""
    tables = (flag_table(engine, name) for name in known_releases(engine))
    having = [table.version for table in tables if table and table.find(flag)]
    return (having[-1], having[0]) if having else None


@cache
def engine_variables(engine: str, version: str = "") -> Variables | None:
    """Environment variables of a release, or of its minor; '' is the pinned one, None: there is no list."""
    pinned = record(Variables, read(newest(f"{engine}_variables-*.json")), f"the variables of {engine}")
    name = release(engine, version) if version else pinned.version
    if name in ("", pinned.version):
        return pinned if name else None
    past = next(past for past in history(engine).releases if past.version == name)
    names, source = tuple(state(engine, name)["variables"]), f"every such name in {past.wheel['file']}"
    return Variables(engine, name, pinned.prefixes, past.read_on, source, names)


@cache
def _pinned(engine: str) -> dict[str, Any]:
    return read(newest(f"{engine}-[0-9]*.json", "flags"))


@cache
def state(engine: str, version: str) -> dict[str, Any]:
    """The kept part of a release's table, and the names of its variables."""
    names = known_releases(engine)
    at = names.index(version)
    if at == 0:
        variables = read(newest(f"{engine}_variables-*.json"))["names"]
        return {**{key: _pinned(engine)[key] for key in KEPT}, "variables": variables}
    older: dict[str, Any] = applied(state(engine, names[at - 1]), history(engine).releases[at - 1].changes)
    return older
