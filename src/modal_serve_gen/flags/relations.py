"""Relations between an engine's flags: what one needs, what it excludes, and which memory of the machine it takes.

The rows are facts/flags/relations.toml, read from the engines' own configuration code. Like the rest of this package,
this module imports the standard library only.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .settings import UNKNOWN, Condition, Settings
from .table import Table, numbers

FILE = "relations.toml"
PLACE = re.compile(r"{([^{}]+)}")


@dataclass(frozen=True, slots=True, eq=False)  # each row is read once
class Relation:
    """One relation: all of `when` hold and none of `unless`.

    The keys of both are flags, keys of a JSON flag (`--x.key`), products of flags (`--x * --y`), or facts that
    `Settings.known` may have (`moe`). `says` is what the engine prints, with values in braces, as an `error` (`usage`:
    of its argument parser); with the effect `ignored`, what happens instead. With a `package` it is refused only where
    that is not installed; `module` is what the engine imports, and `extra` the extra of its wheel with the package.
    With the effect `memory`, it takes host memory: `host` GiB, for each GPU if `per_gpu`, and as a multiple of the KV
    cache if `of_cache`. `since` is the first release for which this was read.
    """

    name: str
    when: Mapping[str, Condition]
    says: str
    fix: str
    source: str
    since: str
    unless: Mapping[str, Condition] = field(default_factory=dict)
    effect: Literal["refused", "ignored", "memory"] = "refused"
    error: str = "ValueError"
    package: str = ""
    module: str = ""
    extra: str = ""
    host: str = ""
    per_gpu: bool = False
    of_cache: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that it is about, those of `when` first, each once."""
        names = (part.partition(".")[0] for key in (*self.when, *self.unless) for part in key.split(" * "))
        return tuple(dict.fromkeys(name for name in names if name.startswith("--")))

    @property
    def requirement(self) -> str:
        """The name of the package without extras and version; '' if it needs none."""
        return re.split(r"[\[<>=~! ]", self.package)[0]


def rows(table: Table) -> tuple[Relation, ...]:
    """The relations that apply to this release of an engine; none if there is no file next to its table."""
    release = numbers(table.version)
    return tuple(row for row in _read(table.folder / FILE, table.engine) if numbers(row.since) <= release)


def broken(settings: Settings) -> tuple[Relation, ...]:
    """The relations because of which the engine refuses these settings, or ignores one of them, in its own order."""
    return tuple(row for row in rows(settings.table) if row.effect != "memory" and _breaks(row, settings))


def host_memory(settings: Settings, *, gpus: int, cache_gib: float | None = None) -> Iterator[tuple[Relation, float]]:
    """Each relation that takes memory of the machine, with how much, in GiB for all GPUs together.

    `cache_gib` is the KV cache on one GPU; without it, rows that take a multiple of it have nan.
    """
    for row in rows(settings.table):
        size = settings.product(row.host) if row.effect == "memory" and _applies(row, settings) else None
        if size is not None:
            whole = size * (gpus if row.per_gpu else 1)
            yield row, whole * (math.nan if cache_gib is None else cache_gib) if row.of_cache else whole


def message(row: Relation, settings: Settings) -> str:
    """What the engine says, with the values of these settings."""

    def shown(match: re.Match[str]) -> str:
        product = settings.product(match[1]) if " * " in match[1] else settings.value(match[1])
        if product is UNKNOWN:
            return match[1]
        return f"{product:g}" if isinstance(product, float) else str(product)

    return PLACE.sub(shown, row.says)


def _breaks(row: Relation, settings: Settings) -> bool:
    if row.package and (settings.packages is None or row.requirement in settings.packages):
        return False
    return _applies(row, settings)


def _applies(row: Relation, settings: Settings) -> bool:
    """True if all conditions are certain. What a release does not know cannot have been set."""
    return all(settings.holds(name, condition) is True for name, condition in row.when.items()) and all(
        settings.holds(name, condition) is False for name, condition in row.unless.items()
    )


@cache
def _read(path: Path, engine: str) -> tuple[Relation, ...]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    common = {"since": document["since"].get(engine, "")}
    return tuple(Relation(**common | _frozen(row)) for row in document.get(engine, ()))


def _frozen(row: dict[str, Any]) -> dict[str, Any]:
    """A row with tuples for the lists in its conditions."""
    conditions = {
        part: {name: tuple(value) if isinstance(value, list) else value for name, value in row[part].items()}
        for part in ("when", "unless")
        if part in row
    }
    return row | conditions
