"""The argument table of one engine version."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

# A JSON value: of unknown type (None), of a named type, one of some values, or an object with these keys.
Schema: TypeAlias = "str | tuple[str, ...] | Mapping[str, Schema] | None"
UNSUPPORTED_GROUPS = ("previously_supported", "oot_supported")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an engine.

    `type`: `flag` (no value), `toggle` (no value, with negations), `str`, `int`, `float`, `human_int` (32k),
    `human_int_or_auto`, `fold` (case and dashes are ignored), `lora` (name=path or JSON), `json`, `json_or_str`, or
    `object` (the JSON of a config class, with sizes such as 80m). The parser enforces `choices`; the engine refuses
    names that are not `known` only later. `keys` is the schema of each accepted JSON key, None if they are unknown.
    """

    flag: str
    type: str
    aliases: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    nargs: str | None = None
    choices: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    keys: Mapping[str, Schema] | None = None
    default: object = None
    deprecated: str = ""
    optional: bool = False  # an empty value or "None" unsets it
    fold: bool = False
    import_path: bool = False  # the dotted path of a class is accepted as well as the `known` names
    repeat: bool = False
    launcher: str = ""  # accepted by this command only, before the engine's own parser

    @property
    def bare(self) -> bool:
        """True if it takes no value."""
        return self.type in ("flag", "toggle")

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.flag, *self.aliases, *self.negations)


@dataclass(frozen=True, slots=True)
class Positional:
    """The positional argument: what it is, and where it is accepted (`first`, `anywhere` or `none`)."""

    name: str
    place: str
    stands_for: str = ""  # the option that it replaces


@dataclass(frozen=True, slots=True)
class Suffixes:
    """Suffixes of sizes: powers of 1000, which accept decimals, and powers of 1024."""

    decimal: tuple[str, ...] = ()
    binary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    """A flag, or a value or JSON key of a flag, that the engine no longer accepts, with its replacement.

    `release` is the first without the old spelling, `source` says where the engine names the new one. `new` is '' if
    nothing replaces it, for the reason `why`.
    """

    old: str
    new: str
    release: str
    source: str
    why: str = ""
    value: str | None = None
    key: str | None = None
    same: bool = False  # the value and its meaning are unchanged


@dataclass(frozen=True)
class Table:
    """The argument table of one engine version, and the architectures and parsers that it registers."""

    engine: str
    version: str
    distribution: str
    options: Mapping[str, Option]
    positional: Positional
    required: tuple[str, ...]
    prefixes: bool  # whether the parser accepts abbreviated flags, as argparse does unless it is told otherwise
    underscores: bool  # whether --a_b is --a-b
    dotted_json: bool  # whether --option.key sets a key of a JSON option
    shorthand: Mapping[str, str]  # such as -O: -O3 is --optimization-level 3
    suffixes: Suffixes
    architecture_groups: Mapping[str, tuple[str, ...]]
    tool_parsers: tuple[str, ...]
    reasoning_parsers: tuple[str, ...]
    without_lora: frozenset[str] = frozenset()  # architectures
    folder: Path = field(default=Path(), repr=False)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"

    @cached_property
    def spellings(self) -> dict[str, Option]:
        """Every exact spelling, negations included -> option."""
        return {spelling: option for option in self.options.values() for spelling in option.spellings}

    @cached_property
    def _abbreviable(self) -> tuple[str, ...]:
        launched = {name for option in self.options.values() if option.launcher for name in option.spellings}
        return (*(name for name in self.spellings if name not in launched), "--help", "-h")

    def candidates(self, spelling: str) -> tuple[str, ...]:
        """What an abbreviation may stand for, in alphabetical order: it is accepted if there is exactly one."""
        if not self.prefixes or len(spelling) < 2:
            return ()
        return tuple(sorted(name for name in self._abbreviable if name.startswith(spelling)))

    @cached_property
    def renamed(self) -> list[Renamed]:
        """Rows of renamed.toml for this engine, for every release; empty if that file is not next to the table."""
        try:
            rows = tomllib.loads((self.folder / "renamed.toml").read_text(encoding="utf-8"))[self.engine]["renamed"]
        except (OSError, KeyError, tomllib.TOMLDecodeError):
            return []
        return [Renamed(**row) for row in rows]

    def replacement(self, flag: str, *, value: str | None = None, key: str | None = None) -> Renamed | None:
        """The row for a flag that this release no longer has, or for one of its values or JSON keys; else None."""
        rows = (row for row in self.renamed if (row.old, row.value, row.key) == (flag, value, key))
        return next((row for row in rows if numbers(row.release) <= numbers(self.version)), None)

    def takes_lora(self, architecture: str) -> bool:
        """False if the engine's class for this architecture declares no support for LoRA adapters."""
        return architecture not in self.without_lora

    def find(self, spelling: str) -> Option | None:
        """The option with an exact spelling, underscores included if the engine accepts them."""
        return self.spellings.get(self.canonical(spelling))

    def canonical(self, spelling: str) -> str:
        """The spelling with dashes, if the engine treats underscores as dashes."""
        if self.underscores and spelling.startswith("--"):
            return "--" + spelling[2:].replace("_", "-")
        return spelling

    def architectures(self, *groups: str) -> frozenset[str]:
        """Model architectures of these groups, or of all groups that this version supports.

        vLLM: text_generation, multimodal, embedding, speculative_decoding and more; SGLang: text_generation,
        multimodal, pooling, speculative_decoding, transformers_backend. An unknown group raises KeyError.
        """
        selected = groups or [name for name in self.architecture_groups if name not in UNSUPPORTED_GROUPS]
        return frozenset(name for group in selected for name in self.architecture_groups[group])


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparison."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def load(path: Path | str) -> Table:
    """Read the table in a file. Raises OSError or ValueError if it cannot be read as one."""
    path = Path(path)
    return from_document(json.loads(path.read_text(encoding="utf-8")), path.parent)


def from_document(data: Mapping[str, Any], folder: Path) -> Table:
    """The table in a parsed file of `folder`, which also has renamed.toml. Raises KeyError or TypeError."""
    options = {}
    for flag, row in data["options"].items():
        fields = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        options[flag] = Option(flag, **fields | {"keys": _schema(row.get("keys"))})
    return Table(
        engine=data["engine"],
        version=data["version"],
        distribution=data["distribution"],
        options=options,
        positional=Positional(**data["positional"]),
        required=tuple(data["required"]),
        prefixes=data["prefixes"],
        underscores=data["underscores"],
        dotted_json=data["dotted_json"],
        shorthand=data["shorthand"],
        suffixes=Suffixes(tuple(data["suffixes"]["decimal"]), tuple(data["suffixes"]["binary"])),
        architecture_groups={name: tuple(names) for name, names in data["architectures"].items()},
        tool_parsers=tuple(data["tool_parsers"]),
        reasoning_parsers=tuple(data["reasoning_parsers"]),
        without_lora=frozenset(data.get("without_lora", ())),
        folder=folder,
    )


def _schema(data: Any) -> Any:
    """JSON with tuples for lists: a Schema."""
    if isinstance(data, dict):
        return {key: _schema(value) for key, value in data.items()}
    return tuple(data) if isinstance(data, list) else data
