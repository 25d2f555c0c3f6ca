"""An engine's command line, read against the argument table of that engine's pinned version.

The tables are `facts/flags/<distribution>-<version>.json`, read out of the engines' wheels by scripts/update_flags.py;
`renamed.toml` beside them holds the spellings that older versions, or the other engine, would have taken. This file
uses the standard library only and nothing of this package, because the stand-in engines inside the rehearsal's
containers load it by path.

What is checked is what the engine's own parser would do, with one difference: argparse also takes an unambiguous
prefix of a flag, which stops working when a release adds a second flag with that prefix, so only exact names pass here.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
BRACES = re.compile(r"(?s)\s*{.*}\s*")
IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
MANY = 1_000_000  # words that an option with nargs + or * may take
LORA = "name=path or a JSON object"
SCALARS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}
TRUTH = {"true", "false", "yes", "no", "on", "off", "1", "0"}
# A name from a plugin is unknown to the table: what the plugin's own flag opens is not judged.
PLUGINS = {"--tool-call-parser": "--tool-parser-plugin", "--reasoning-parser": "--reasoning-parser-plugin"}


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
class Problem:
    """One thing that is wrong: `kind` is `error`, or `warning` for what the engine still takes.

    `flag` is as it was typed, `nearest` the valid spelling or value to use instead ('' when there is none).
    """

    flag: str
    value: str | None
    message: str
    nearest: str = ""
    kind: str = "error"


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
        return self.spelled if self.spelled.isprintable() and len(self.spelled) <= 60 else _shown(self.spelled)


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


def check(argv: Sequence[str | None], table: Table, *, whole: bool = True) -> list[Problem]:
    """Everything that the engine would refuse, or warns about, in what follows `vllm serve` or `sglang serve`.

    Never raises. `whole=False` is for a part of a command line: a required option that is absent is then no problem.
    """
    parsed = parse(argv, table)
    present = {given.flag for given in parsed.options}
    problems: list[Problem] = []
    for given in parsed.options:
        problems += [_unknown(given, table)] if given.option is None else _wrong(given, present, table)
    spare = parsed.positionals[1:]
    rule = table.data["positional"]
    if parsed.positionals and rule["place"] == "first" and (not argv or argv[0] != parsed.positionals[0]):
        spare = parsed.positionals
    for word in spare:
        if word is not None:
            where = "only as the first word" if rule["place"] == "first" else "once"
            message = f"{_name(table)} takes the {rule['name']} {where}; {_shown(word)} belongs to no flag."
            problems.append(Problem("", word, message))
    for flag in table.data["required"] if whole else ():
        stands_in = rule.get("stands_for") == flag and parsed.positionals
        if flag not in present and not stands_in:
            problems.append(Problem(flag, None, f"{_name(table)} needs {flag}, which is missing.", flag))
    return problems


def _unknown(given: Given, table: Table) -> Problem:
    """An option that the table does not have, with what to write instead."""
    value = given.values[0] if given.values else None
    row = next((one for one in table.renamed if one["old"] == given.flag and not {"value", "key"} & set(one)), None)
    start = f"{_name(table)} has no {given.shown}"
    if row:
        end = f"use {row['new']}" if row["new"] else f"drop it ({row['why']})"
        return Problem(given.spelled, value, f"{start}; {end}.", row["new"])
    longer = [name for name in table.spellings if name.startswith(given.flag) and len(given.flag) > 3]
    dashed = given.flag.replace("_", "-")
    if dashed in table.spellings:
        return Problem(given.spelled, value, f"{start}; write it with dashes, {dashed}.", dashed)
    opposite = "--no-enable-" + given.flag.removeprefix("--disable-")
    if given.flag.startswith("--disable-") and opposite in table.spellings:
        return Problem(given.spelled, value, f"{start}; use {opposite}.", opposite)
    if longer:
        one = longer[0] if len(longer) == 1 else _closest(given.flag, longer) or longer[0]
        return Problem(given.spelled, value, f"{start}, and a prefix is not enough; write {one} in full.", one)
    near = _closest(given.flag, list(table.spellings))
    end = f"; the nearest is {near}." if near else ", nor anything like it."
    return Problem(given.spelled, value, start + end, near)


def _wrong(given: Given, present: set[str], table: Table) -> list[Problem]:
    """What is wrong with an option that exists: its number of values, each value, its being retired."""
    option, name = given.option, _name(table)
    problems = []
    retired = next((one for one in table.renamed if (one["old"], one.get("kind")) == (given.flag, "deprecated")), None)
    if option.deprecated or retired:
        successor = re.search(r"\buse '?(--[^\s'),]+[^\s'),.])", option.deprecated, re.IGNORECASE)
        new = retired["new"] if retired else successor[1] if successor else ""
        advice = f"use {new}" if new else f"drop it ({retired['why']})" if retired else "drop it"
        text = f"{name} still takes {given.shown}, which is deprecated; {advice}."
        problems.append(Problem(given.spelled, None, text, new, "warning"))
    if option.bare and (given.values or given.stray is not None or given.keys):
        value = given.values[0] if given.values else given.stray
        off = option.negations[0] if option.negations and str(value).lower() in ("false", "0", "no", "off") else ""
        use = off or given.shown.partition(".")[0]
        text = f"{given.shown} of {name} takes no value, so {_shown(value)} is refused; write {use} alone."
        return [*problems, Problem(given.spelled, value, text, use)]
    if not option.bare and not given.values and option.nargs not in ("*", "?"):
        text = f"{given.shown} of {name} needs a value{_example(option)}; one that begins with a dash is joined by =."
        return [*problems, Problem(given.spelled, None, text)]
    plugin = PLUGINS.get(option.flag)
    for value in given.values:
        if value is None or (plugin in present and value not in option.choices):
            continue
        problems += _misfit(given, value, table)
    return problems


def _misfit(given: Given, value: str, table: Table) -> list[Problem]:
    """What is wrong with one value of an option."""
    option, name = given.option, _name(table)
    if option.optional and value in ("", "None"):
        return []
    if given.keys:
        if option.keys is None and "json" not in option.type and option.type != "object":
            text = f"{option.flag} of {name} is not JSON, so {given.shown} has no meaning; write {option.flag} alone."
            return [Problem(given.spelled, value, text, option.flag)]
        inner = _as_json(value, {})
        for key in reversed(given.keys):
            inner = {key: inner}
        return _keys(given, inner, option.keys, table)
    wanted = _type_error(option, value, table.data["suffixes"])
    if wanted:
        text = f"{given.shown} of {name} wants {wanted}, not {_shown(value)}."
        return [Problem(given.spelled, value, text)]
    if option.type in ("json", "object", "json_or_str"):
        return _keys(given, _as_json(value, table.data["suffixes"]), option.keys, table)
    allowed = option.choices or option.known
    if not allowed or _fits(option, value, allowed):
        return []
    row = next((one for one in table.renamed if one["old"] == option.flag and one.get("value") == value), None)
    if option.type == "int":
        allowed = sorted(allowed, key=int)
        near = min(allowed, key=lambda one: abs(int(one) - int(value)))
    else:
        near = row["new"] if row else _closest(value, allowed)
    few = ", ".join(allowed) if len(allowed) <= 12 else ""
    end = (
        f"use {near}"
        if near
        else f"it takes {few}"
        if few
        else f"it takes {len(allowed)} names, among them {allowed[0]}"
    )
    verb = "refuses" if option.choices else "does not know"
    return [Problem(given.spelled, value, f"{name} {verb} {_shown(value)} for {given.shown}; {end}.", near)]


def _keys(given: Given, held: object, keys: dict | None, table: Table, path: str = "") -> list[Problem]:
    """Unknown keys, and values outside a key's list, at every level that the table knows."""
    if keys is None:
        return []
    where = f"{given.option.flag}{path}"
    if not isinstance(held, dict):
        if path or given.option.type == "json_or_str" or (held is None and given.option.type == "json"):
            return []
        return [Problem(given.spelled, None, f"{where} of {_name(table)} wants a JSON object with keys of its own.")]
    problems = []
    for key, value in held.items():
        if key not in keys:
            row = next(
                (one for one in table.renamed if one["old"] == given.option.flag and one.get("key") == key), None
            )
            near = row["new"] if row else _closest(str(key), list(keys))
            end = f"use {near}" if near else f"it has {_some(list(keys))}"
            text = f"{where} of {_name(table)} has no key {_shown(key)}; {end}."
            problems.append(Problem(given.spelled, str(key), text, near))
        elif isinstance(keys[key], dict):
            problems += _keys(given, value, keys[key], table, f"{path}.{key}")
        elif isinstance(keys[key], str):
            if value is not None and not _scalar(value, keys[key]):
                text = f"{where}.{key} of {_name(table)} wants {SCALARS[keys[key]]}, not {_shown(value)}."
                problems.append(Problem(given.spelled, str(value), text))
        elif keys[key] and isinstance(value, str | int) and str(value) not in keys[key]:
            near = _closest(str(value), keys[key])
            end = f"use {near}" if near else f"it takes {_some(keys[key])}"
            text = f"{_name(table)} refuses {_shown(value)} for {where}.{key}; {end}."
            problems.append(Problem(given.spelled, value, text, near))
    return problems


def _scalar(value: object, kind: str) -> bool:
    """Whether JSON holds what a config class takes for this type: numbers and truth values also as text."""
    whole = {"str": str, "list": list, "dict": dict}
    if kind in whole or not isinstance(value, str | int | float):
        return kind in whole and isinstance(value, whole[kind])
    text = str(value).lower()
    if kind == "bool":
        return text in TRUTH | {"t", "f", "y", "n", "1.0", "0.0"}
    try:
        number = float(value)
    except ValueError:
        return False
    return kind == "float" or number.is_integer()


def _type_error(option: Option, value: str, suffixes: dict) -> str:
    """What the option wants, when the value is not of its type; '' when it is."""
    try:
        if option.type == "int":
            int(value)
        elif option.type == "float":
            float(value)
        elif option.type in ("human_int", "human_int_or_auto"):
            if not (option.type == "human_int_or_auto" and value.strip().lower() == "auto"):
                _human(value.strip(), suffixes)
        elif option.type in ("json", "object") or (
            option.type == "json_or_str" and re.fullmatch(r"(?s)\s*{.*}\s*", value)
        ):
            _as_json(value, suffixes if option.type == "object" else {}, strict=True)
        elif option.type == "lora" and ("=" not in value or "," in value):
            return "" if isinstance(json.loads(value), dict) else LORA
    except (ValueError, RecursionError):
        example = f"{(suffixes.get('decimal') or ['k'])[0]}"
        sized = f"a whole number or a size such as 32{example}"
        if option.type == "lora":
            return LORA
        return SCALARS.get(option.type) or (sized if option.type.startswith("human") else "valid JSON")
    return ""


def _human(value: str, suffixes: dict) -> None:
    """ValueError unless this is a number with a size suffix: decimals only with the powers of ten."""
    for kind, number in (("decimal", r"\d+(\.\d+)?"), ("binary", r"\d+")):
        for suffix in suffixes[kind]:
            if re.fullmatch(number + suffix, value):
                return
    int(value)


def _as_json(value: str, suffixes: dict, *, strict: bool = False) -> object:
    """The value as JSON; sizes such as 80m become numbers first where the engine does that. Text when it is none."""
    if suffixes:
        every = "|".join(suffixes["decimal"] + suffixes["binary"])
        parts = re.split(r'("(?:[^"\\]|\\.)*")', value)
        parts[::2] = [re.sub(rf"\b\d+(?:\.\d+)?(?:{every})\b", "1", part) for part in parts[::2]]
        value = "".join(parts)
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        if strict:
            raise
        return value


def _fits(option: Option, value: str, allowed: Sequence[str]) -> bool:
    if option.type == "fold" or option.fold:
        value, allowed = value.lower().replace("-", "_"), [one.lower().replace("-", "_") for one in allowed]
    elif option.type == "int":
        value = str(int(value))
    return value in allowed or (option.import_path and bool(IMPORT_PATH.fullmatch(value)))


def _closest(value: str, allowed: Sequence[str]) -> str:
    folded = {one.lower().replace("_", "-"): one for one in allowed}
    match = difflib.get_close_matches(value.lower().replace("_", "-"), folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else ""


def _some(names: Sequence[str], limit: int = 12) -> str:
    """The names, the first few when they are many."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def _example(option: Option) -> str:
    allowed = option.choices or option.known
    return f" such as {allowed[0]}" if allowed else ""


def _name(table: Table) -> str:
    return f"{table.distribution} {table.version}"


def _shown(value: object, limit: int = 60) -> str:
    if isinstance(value, dict | list):  # may nest deeper than Python likes to print
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(str(value))
    return text if len(text) <= limit else text[: limit - 2] + "…" + text[0]
