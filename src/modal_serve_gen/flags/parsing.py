"""Parse a command line by an engine's argument table."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .table import Option, Table
from .values import BOOLEANS, quoted

NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
UNLIMITED = 1_000_000  # values of an option with nargs + or *


@dataclass(frozen=True)
class ParsedOption:
    """One option of a command line. `option` is None if the table does not have it, or `spelled` is ambiguous.

    `name` is the spelling in full, of the flag, an alias or a negation. A value of None is unknown to the caller too.
    `keys` is the path of a dotted spelling: `--compilation-config.mode 3` has the keys ("mode",) and the value "3".
    """

    option: Option | None
    flag: str
    values: tuple[str | None, ...]
    spelled: str
    name: str
    keys: tuple[str, ...] = ()
    joined: bool = False  # written as --flag=value
    stray: str | None = None  # a word after a flag without a value that looks like one

    @property
    def quoted(self) -> str:
        """The spelling for a message: quoted if it is long or contains control characters."""
        return self.spelled if self.spelled.isprintable() and len(self.spelled) <= 60 else quoted(self.spelled)


@dataclass(frozen=True)
class Parsed:
    """A parsed command line: the words that belong to no option, and the options in order."""

    positionals: tuple[str | None, ...]
    options: tuple[ParsedOption, ...]

    def values(self, flag: str) -> tuple[str | None, ...]:
        """Values of the last use of a canonical flag, as in argparse; () if it is absent."""
        matches = (parsed.values for parsed in reversed(self.options) if parsed.flag == flag and not parsed.keys)
        return next(matches, ())


def parse(argv: Sequence[str | None], table: Table) -> Parsed:
    """Parse the arguments after `vllm serve` or `sglang serve`. Never raises; `check` reports errors.

    None is an unknown word, such as a variable in an app's source, and is parsed as a value.
    """
    words = list(_expand_shorthand(argv, table))
    positionals: list[str | None] = []
    options: list[ParsedOption] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            positionals += words[at:]
            break
        if word is None or not _is_flag(word, table):
            last = options[-1] if options and words[at - 2] == options[-1].spelled else None
            if last and word is not None and _is_stray(word, last, positionals, table):
                options[-1] = replace(last, stray=word)
            else:
                positionals.append(word)
            continue
        parsed, limit = _parse_option(word, table)
        values: list[str | None] = []
        while not parsed.joined and len(values) < limit and at < len(words) and not _is_flag(words[at], table):
            values.append(words[at])
            at += 1
        options.append(_with_values(parsed, values))
    return Parsed(tuple(positionals), tuple(options))


def _with_values(parsed: ParsedOption, more: list[str | None]) -> ParsedOption:
    values = (*parsed.values, *more)
    if not parsed.keys or not parsed.keys[-1].endswith("+"):
        return replace(parsed, values=values)
    # --x.key+ a,b appends to a list
    lists = tuple(None if value is None else json.dumps(value.split(",")) for value in values)
    return replace(parsed, values=lists, keys=(*parsed.keys[:-1], parsed.keys[-1][:-1]), joined=False)


def _is_stray(word: str, last: ParsedOption, positionals: list[str | None], table: Table) -> bool:
    """True if a word directly after a flag without a value looks like a value for it."""
    if last.option is None or not last.option.bare or last.values:
        return False
    return word.lower() in BOOLEANS or table.positional.place == "first" or bool(positionals)


def _expand_shorthand(argv: Sequence[str | None], table: Table) -> Iterator[str | None]:
    """The words without the engine's shorthand: -O3, -O=3 and -O 3 are --optimization-level 3 in vLLM."""
    prefixes = sorted(table.shorthand, key=len, reverse=True)
    for at, word in enumerate(argv):
        short = next((prefix for prefix in prefixes if word is not None and word.startswith(prefix)), None)
        if word is None or short is None:
            yield word
        elif short.endswith("."):
            yield table.shorthand[short] + word[len(short) :]
        elif word != short:
            yield table.shorthand[short]
            yield word[len(short) :].removeprefix("=")
        else:
            has_level = at + 1 < len(argv) and str(argv[at + 1]) in "0123"
            yield table.shorthand[short] if has_level else word


def _is_flag(word: str | None, table: Table) -> bool:
    """True if argparse reads this word as an option rather than a value."""
    if word is None or not word.startswith("-") or word == "-":
        return False
    if _split(word, table)[0] in table.spellings:
        return True
    return not NEGATIVE_NUMBER.match(word) and " " not in word.partition("=")[0]


def _split(word: str, table: Table) -> tuple[str, tuple[str, ...], str | None]:
    """(name, keys after its dots, value after its `=`) of a flag."""
    name, equals, value = word.partition("=")
    keys: tuple[str, ...] = ()
    if table.dotted_json and "." in name:
        name, *rest = name.split(".")
        keys = tuple(rest)
    name = table.canonical(name)
    if name not in table.spellings and len(candidates := table.candidates(name)) == 1:
        name = candidates[0]
    return name, keys, value if equals else None


def _parse_option(word: str, table: Table) -> tuple[ParsedOption, int]:
    """The option in a word, with the value that is joined to it, and how many of the next words it may take."""
    name, keys, value = _split(word, table)
    option = table.spellings.get(name)
    if option is None and len(word) > 2 and word[1] != "-" and value is None:
        short = table.spellings.get(word[:2])  # argparse reads -n2 as -n 2
        if short and not short.bare:
            option, value, keys = short, word[2:], ()
    spelled = word.partition("=")[0] if value is not None and "=" in word else word
    values = () if value is None else (value,)
    flag = option.flag if option else name
    parsed = ParsedOption(option, flag, values, spelled, name, keys, joined=value is not None)
    if option is None:
        return parsed, UNLIMITED
    if value is not None or (option.bare and not keys):
        return parsed, 0
    return parsed, UNLIMITED if option.nargs in ("+", "*") and not keys else 1
