"""Report everything in a command line that an engine would reject."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .parsing import Parsed, ParsedOption, parse
from .table import Option, Renamed, Schema, Suffixes, Table
from .values import TYPE_NAMES, as_json, has_type, is_allowed, listed, misspelled, quoted, required_type

# A plugin may register more names than the table has, so a value is not checked if its plugin flag is present.
PLUGIN_FLAGS = {"--tool-call-parser": "--tool-parser-plugin", "--reasoning-parser": "--reasoning-parser-plugin"}
SUCCESSOR = re.compile(r"\buse '?(--[^\s'),]+[^\s'),.])", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """One error, or a `warning` for what the engine still accepts.

    `flag` is as it was typed, `nearest` the valid spelling or value to use instead ('' if there is none). `text` and
    `advice` are parts of a sentence.
    """

    flag: str
    value: str | None
    text: str
    advice: str
    nearest: str = ""
    kind: str = "error"

    @property
    def message(self) -> str:
        sentence = f"{self.text}; {self.advice}" if self.advice else self.text
        return sentence if sentence.endswith("?") else f"{sentence}."


def check(argv: Sequence[str | None], table: Table, *, complete: bool = True) -> list[Problem]:
    """Errors and warnings of the engine for the arguments after `vllm serve` or `sglang serve`. Never raises.

    With `complete=False`, for a part of a command line, a required option may be missing.
    """
    parsed = parse(argv, table)
    present = {option.flag for option in parsed.options}
    problems: list[Problem] = []
    for parsed_option in parsed.options:
        if parsed_option.option is None:
            problems.append(_unknown(parsed_option, table))
        else:
            problems += _invalid(parsed_option, parsed_option.option, present, table)
    problems += _extra_positionals(argv, parsed, table)
    for flag in table.required if complete else ():
        replaced = table.positional.stands_for == flag and parsed.positionals
        if flag not in present and not replaced:
            problems.append(Problem(flag, None, f"{table} requires {flag}, which is missing", f"add {flag}", flag))
    return problems


def _extra_positionals(argv: Sequence[str | None], parsed: Parsed, table: Table) -> list[Problem]:
    extra = parsed.positionals[1:]
    first = table.positional.place == "first"
    if parsed.positionals and first and (not argv or argv[0] != parsed.positionals[0]):
        extra = parsed.positionals
    name = table.positional.name
    rule = f"the {name} only as the first argument" if first else f"only one {name}"
    return [
        Problem("", word, f"{table} accepts {rule}, and {quoted(word)} belongs to no flag", "remove it")
        for word in extra
        if word is not None
    ]


def _unknown(parsed: ParsedOption, table: Table) -> Problem:
    """An option that the table does not have, or an ambiguous one, with what to write instead if that is a fact."""
    flag = parsed.flag
    candidates = table.candidates(flag)
    value = parsed.values[0] if parsed.values else None
    text = f"{table} has no {parsed.quoted}"
    opposite = "--no-enable-" + flag.removeprefix("--disable-")
    nearest = ""
    if len(candidates) > 1:
        text = f"{table} rejects {parsed.quoted} as ambiguous: it could be {listed(candidates)}"
        advice = "write one of them in full"
    elif row := table.replacement(flag):
        nearest, advice = row.new, f"use {row.new}" if row.new else f"remove it ({row.why})"
        text += f" since {row.release}"
    elif flag.startswith("--disable-") and opposite in table.spellings:
        nearest, advice = opposite, f"{opposite} turns that off"
    elif nearest := misspelled(flag, table.spellings):
        advice = f"is it a misspelling of {nearest}?"
    else:
        advice = ""
    return Problem(parsed.spelled, value, text, advice, nearest)


def _invalid(parsed: ParsedOption, option: Option, present: set[str], table: Table) -> list[Problem]:
    """Problems of an option that exists: its deprecation, its number of values, and each value."""
    problems = _deprecated(parsed, option, table)
    if option.bare and (parsed.values or parsed.stray is not None or parsed.keys):
        value = parsed.values[0] if parsed.values else parsed.stray
        off = option.negations[0] if option.negations and str(value).lower() in ("false", "0", "no", "off") else ""
        flag = off or parsed.quoted.partition(".")[0]
        text = f"{table} rejects {quoted(value)} for {parsed.quoted}, which takes no value"
        return [*problems, Problem(parsed.spelled, value, text, f"use {flag} alone", flag)]
    if not option.bare and not parsed.values and option.nargs not in ("*", "?"):
        allowed = option.choices or option.known
        example = f" such as {allowed[0]}" if allowed else ""
        advice = f"add one{example}, joined with = if it begins with a dash"
        return [*problems, Problem(parsed.spelled, None, f"{parsed.quoted} of {table} requires a value", advice)]
    plugin = PLUGIN_FLAGS.get(option.flag)
    for value in parsed.values:
        if value is not None and not (plugin in present and value not in option.choices):
            problems += _invalid_value(parsed, option, value, table)
    return problems


def _deprecated(parsed: ParsedOption, option: Option, table: Table) -> list[Problem]:
    model_flag = option.flag == "--model" and table.positional.place == "anywhere"
    if not option.deprecated and not model_flag:
        return []
    successor = SUCCESSOR.search(option.deprecated)
    new = successor[1] if successor else ""
    advice = f"use {new}" if new else "remove it"
    if model_flag:
        advice = "pass the model as the first argument"
    text = f"{table} still accepts {parsed.quoted}, which is deprecated"
    return [Problem(parsed.spelled, None, text, advice, new, "warning")]


def _invalid_value(parsed: ParsedOption, option: Option, value: str, table: Table) -> list[Problem]:
    if option.optional and value in ("", "None"):
        return []
    if parsed.keys:
        if option.keys is None and "json" not in option.type and option.type != "object":
            text = f"{option.flag} of {table} is not a JSON option, so {parsed.quoted} has no meaning"
            return [Problem(parsed.spelled, value, text, f"use {option.flag} alone", option.flag)]
        inner = as_json(value, Suffixes())
        for key in reversed(parsed.keys):
            inner = {key: inner}
        return _invalid_json(parsed, option, inner, option.keys, table)
    if required := required_type(option, value, table.suffixes):
        is_list = option.type == "json" and isinstance(option.default, tuple)
        advice = f"use a JSON list, such as {json.dumps([value])}" if is_list else f"use {required}"
        return [_rejected(parsed, value, parsed.quoted, advice, table)]
    if option.type in ("json", "object", "json_or_str"):
        return _invalid_json(parsed, option, as_json(value, table.suffixes), option.keys, table)
    allowed = option.choices or option.known
    if not allowed or is_allowed(option, value, allowed):
        return []
    if option.type == "int":
        allowed = tuple(sorted(allowed, key=int))
        near = next((choice for choice in allowed if int(choice) > int(value)), "")
        advice = f"use {near or allowed[-1] + ', the highest'}"
    else:
        near, advice = _instead(value, allowed, table.replacement(option.flag, value=value))
    if option.choices:
        return [_rejected(parsed, value, parsed.quoted, advice, table, near)]
    text = f"{table} does not know {quoted(value)} for {parsed.quoted}"
    return [Problem(parsed.spelled, value, text, advice, near)]


def _instead(word: str, allowed: Collection[str], row: Renamed | None) -> tuple[str, str]:
    """What to write instead of a name that is not allowed ('' if that is unknown), and the advice."""
    if row:
        return row.new, f"use {row.new}"
    if near := misspelled(word, allowed):
        return near, f"is it a misspelling of {near}?"
    return "", f"use one of {listed(sorted(allowed))}"


def _rejected(parsed: ParsedOption, value: str, option: str, advice: str, table: Table, near: str = "") -> Problem:
    return Problem(parsed.spelled, value, f"{table} rejects {quoted(value)} for {option}", advice, near)


def _invalid_json(
    parsed: ParsedOption, option: Option, value: object, keys: Mapping[str, Schema] | None, table: Table, path: str = ""
) -> list[Problem]:
    """Unknown keys and invalid values of a JSON option, at every level that the table knows."""
    if keys is None:
        return []
    where = f"{option.flag}{path}"
    if not isinstance(value, dict):
        if path or option.type == "json_or_str" or (value is None and option.type == "json"):
            return []
        return [Problem(parsed.spelled, None, f"{where} of {table} is not a JSON object", "pass a JSON object")]
    problems = []
    for key, item in value.items():
        if key in keys:
            problems += _invalid_item(parsed, option, item, keys[key], table, f"{path}.{key}")
            continue
        near, advice = _instead(str(key), keys, table.replacement(option.flag, key=key))
        text = f"{where} of {table} has no key {quoted(key)}"
        problems.append(Problem(parsed.spelled, str(key), text, advice, near))
    return problems


def _invalid_item(
    parsed: ParsedOption, option: Option, value: object, schema: Schema, table: Table, path: str
) -> list[Problem]:
    where = f"{option.flag}{path}"
    if isinstance(schema, Mapping):
        return _invalid_json(parsed, option, value, schema, table, path)
    if isinstance(schema, str):
        if value is None or has_type(value, schema):
            return []
        return [_rejected(parsed, str(value), where, f"use {TYPE_NAMES[schema]}", table)]
    if not schema or not isinstance(value, str | int) or str(value) in schema:
        return []
    near, advice = _instead(str(value), schema, None)
    return [_rejected(parsed, str(value), where, advice, table, near)]
