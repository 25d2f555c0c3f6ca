"""The argument table of one engine version, and a command line taken apart by it."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .values import shown

NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
MANY = 1_000_000  # words that an option with nargs + or * may take
TRUTH = {"true", "false", "yes", "no", "on", "off", "1", "0"}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an engine.

    `type`: `flag` (no value), `toggle` (no value, with negations), `str`, `int`, `float`, `human_int` (32k),
    `human_int_or_auto`, `fold` (case and dashes do not count), `lora` (name=path or JSON), `json`, `json_or_str`, or
    `object` (the JSON of a config class, sizes such as 80m allowed). `choices` are enforced by the parser; `known` are
    the names that the engine refuses only later. `keys` maps each allowed JSON key to its type (None: not known), to
    its values, or to the keys below it.
    """

    flag: str
    type: str
    aliases: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    nargs: str | None = None
    choices: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    keys: dict | None = None
    default: object = None
    deprecated: str = ""
    optional: bool = False  # an empty value or "None" unsets it
    fold: bool = False
    import_path: bool = False  # beside the `known` names, the dotted path of a class is taken
    repeat: bool = False
    launcher: str = ""  # taken by this command only, before the engine's own parser

    @property
    def bare(self) -> bool:
        return self.type in ("flag", "toggle")


@dataclass(frozen=True)
class Given:
    """One option of a command line: what it is in the table (None: unknown), how it was spelled, with which values.

    A value of None is one that the caller does not know either. `keys` is the path of a dotted spelling:
    `--compilation-config.mode 3` has the keys ("mode",) and the value "3".
    """

    option: Option | None
    flag: str
    values: tuple[str | None, ...]
    spelled: str
    keys: tuple[str, ...] = ()
    joined: bool = False  # written --flag=value
    stray: str | None = None  # a word after a flag that takes none, which reads as a value for it

    @property
    def shown(self) -> str:
        """The spelling as it may stand in a message: quoted when it is long or holds control characters."""
        return self.spelled if self.spelled.isprintable() and len(self.spelled) <= 60 else shown(self.spelled)


@dataclass(frozen=True)
class Parsed:
    """A command line taken apart: the words that belong to no option, and the options in order."""

    positionals: tuple[str | None, ...]
    options: tuple[Given, ...]

    def values(self, flag: str) -> tuple[str | None, ...]:
        """The values of the last appearance of a canonical flag, as argparse keeps them; () when it is absent."""
        return next((one.values for one in reversed(self.options) if one.flag == flag and not one.keys), ())


@dataclass(frozen=True)
class Table:
    """The argument table of one engine version."""

    engine: str
    version: str
    distribution: str
    options: dict[str, Option]
    data: dict = field(repr=False)
    folder: Path = field(repr=False)

    @cached_property
    def spellings(self) -> dict[str, Option]:
        """Every exact spelling, negations included, with its option."""
        return {
            name: option
            for option in self.options.values()
            for name in (option.flag, *option.aliases, *option.negations)
        }

    @cached_property
    def renamed(self) -> list[dict]:
        """The rows of renamed.toml for this engine; empty where that file is not beside the table."""
        try:
            return tomllib.loads((self.folder / "renamed.toml").read_text(encoding="utf-8"))[self.engine]["renamed"]
        except (OSError, KeyError, tomllib.TOMLDecodeError):
            return []

    @property
    def tool_parsers(self) -> tuple[str, ...]:
        return tuple(self.data["tool_parsers"])

    @property
    def reasoning_parsers(self) -> tuple[str, ...]:
        return tuple(self.data["reasoning_parsers"])

    def takes_lora(self, architecture: str) -> bool:
        """Whether the engine's class for this architecture says that it takes LoRA adapters, or is not known."""
        return architecture not in self.data.get("without_lora", ())

    def find(self, spelling: str) -> Option | None:
        """The option of an exact spelling, with underscores where the engine allows them; None when it has none."""
        return self.spellings.get(self.canonical(spelling))

    def canonical(self, spelling: str) -> str:
        """The spelling with dashes, where the engine takes underscores as dashes."""
        if self.data["underscores"] and spelling.startswith("--"):
            return "--" + spelling[2:].replace("_", "-")
        return spelling

    def architectures(self, *groups: str) -> frozenset[str]:
        """The model architectures of these groups, or of all; those that only older versions ran are never in.

        vLLM: text_generation, multimodal, embedding, speculative_decoding and more; SGLang: text_generation,
        multimodal, pooling, speculative_decoding, transformers_backend. An unknown group raises KeyError.
        """
        held: dict[str, list[str]] = self.data["architectures"]
        chosen = groups or [name for name in held if name not in ("previously_supported", "oot_supported")]
        return frozenset(name for group in chosen for name in held[group])


def load(path: Path | str) -> Table:
    """The table in a file; OSError or ValueError when it cannot be read as one."""
    path = Path(path)
    data = json.loads(path.read_text(encoding="utf-8"))
    options = {}
    for flag, row in data["options"].items():
        row = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        options[flag] = Option(flag, **row)
    return Table(data["engine"], data["version"], data["distribution"], options, data, path.parent)


def parse(argv: Sequence[str | None], table: Table) -> Parsed:
    """Take apart what follows `vllm serve` or `sglang serve`. Never raises; what is wrong is left to `check`.

    An element of None stands for one that is not known (a variable in an app's source): it is taken as a value.
    """
    words = list(_expanded(argv, table))
    positionals: list[str | None] = []
    options: list[Given] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            positionals += words[at:]
            break
        if word is None or not _is_flag(word, table):
            last = options[-1] if options else None
            follows = last and last.option and last.option.bare and not last.values and words[at - 2] == last.spelled
            if follows and word is not None and (word.lower() in TRUTH or _taken(positionals, table)):
                options[-1] = Given(last.option, last.flag, (), last.spelled, stray=word)
            else:
                positionals.append(word)
            continue
        given, most = _named(word, table)
        found: list[str | None] = []
        while not given.joined and len(found) < most and at < len(words) and not _is_flag(words[at], table):
            found.append(words[at])
            at += 1
        values = given.values + tuple(found)
        if given.keys and given.keys[-1].endswith("+"):  # --x.key+ a,b adds to a list
            given = Given(given.option, given.flag, values, given.spelled, (*given.keys[:-1], given.keys[-1][:-1]))
            values = tuple(json.dumps(value.split(",")) if value is not None else None for value in values)
        options.append(Given(given.option, given.flag, values, given.spelled, given.keys, given.joined))
    return Parsed(tuple(positionals), tuple(options))


def _taken(positionals: list, table: Table) -> bool:
    return table.data["positional"]["place"] == "first" or bool(positionals)


def _expanded(argv: Sequence[str | None], table: Table) -> Iterator[str | None]:
    """The words with the engine's shorthand written out: -O3, -O=3 and -O 3 are --optimization-level 3 to vLLM."""
    for at, word in enumerate(argv):
        short = next((s for s in table.data["shorthand"] if isinstance(word, str) and word.startswith(s)), None)
        if short is None:
            yield word
        elif word != short:
            yield table.data["shorthand"][short]
            yield word[len(short) :].removeprefix("=")
        else:
            digit = at + 1 < len(argv) and str(argv[at + 1]) in "0123"
            yield table.data["shorthand"][short] if digit else word


def _is_flag(word: str | None, table: Table) -> bool:
    """Whether argparse takes this word for an option rather than a value."""
    if word is None or not word.startswith("-") or word == "-":
        return False
    if _split(word, table)[0] in table.spellings:
        return True
    return not NEGATIVE_NUMBER.match(word) and " " not in word.partition("=")[0]


def _split(word: str, table: Table) -> tuple[str, tuple[str, ...], str | None]:
    """A flag as it is written: its name, the keys after its dots, the value after its `=`."""
    name, equals, value = word.partition("=")
    keys: tuple[str, ...] = ()
    if table.data["dotted_json"] and "." in name:
        name, *rest = name.split(".")
        keys = tuple(rest)
    return table.canonical(name), keys, value if equals else None


def _named(word: str, table: Table) -> tuple[Given, int]:
    """The option that a word names, with the value that it carries, and how many of the next words it may take."""
    name, keys, value = _split(word, table)
    option = table.spellings.get(name)
    if option is None and len(word) > 2 and word[1] != "-" and value is None:
        short = table.spellings.get(word[:2])  # argparse reads -n2 as -n 2
        if short and not short.bare:
            option, value, keys = short, word[2:], ()
    spelled = word.partition("=")[0] if value is not None and "=" in word else word
    if option is None:
        return Given(None, name, () if value is None else (value,), spelled, keys, value is not None), MANY
    if value is not None:
        return Given(option, option.flag, (value,), spelled, keys, True), 0
    most = 0 if option.bare and not keys else MANY if option.nargs in ("+", "*") and not keys else 1
    return Given(option, option.flag, (), spelled, keys), most
