"""Report everything in a command line that an engine would reject."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .parsing import Parsed, ParsedOption, parse
from .table import Option, Schema, Suffixes, Table
from .values import TYPE_NAMES, as_json, closest, has_type, is_allowed, listed, quoted, required_type

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
        return f"{self.text}; {self.advice}." if self.advice else f"{self.text}."


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
    """An option that the table does not have, with what to write instead."""
    flag = parsed.flag
    longer = [name for name in table.spellings if name.startswith(flag) and len(flag) > 3]
    with_dashes = flag.replace("_", "-")
    opposite = "--no-enable-" + flag.removeprefix("--disable-")
    text = f"{table} has no {parsed.quoted}"
    if row := table.replacement(flag):
        nearest, advice = row.new, f"use {row.new}" if row.new else f"remove it ({row.why})"
    elif with_dashes in table.spellings:
        nearest, advice = with_dashes, f"write it with dashes, {with_dashes}"
    elif flag.startswith("--disable-") and opposite in table.spellings:
        nearest, advice = opposite, f"use {opposite}"
    elif longer:
        nearest = longer[0] if len(longer) == 1 else closest(flag, longer) or longer[0]
        text, advice = f"{text}, and does not accept prefixes", f"write {nearest} in full"
    elif nearest := closest(flag, table.spellings):
        advice = f"the closest flag is {nearest}"
    else:
        text, advice = f"{text}, and nothing similar", ""
    value = parsed.values[0] if parsed.values else None
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
    row = next((row for row in table.renamed if row.old == parsed.flag and row.deprecated), None)
    if not option.deprecated and row is None:
        return []
    successor = SUCCESSOR.search(option.deprecated)
    new = row.new if row else successor[1] if successor else ""
    advice = f"use {new}" if new else f"remove it ({row.why})" if row else "remove it"
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
        return [_rejected(parsed, value, parsed.quoted, f"use {required}", table)]
    if option.type in ("json", "object", "json_or_str"):
        return _invalid_json(parsed, option, as_json(value, table.suffixes), option.keys, table)
    allowed = option.choices or option.known
    if not allowed or is_allowed(option, value, allowed):
        return []
    if option.type == "int":
        allowed = tuple(sorted(allowed, key=int))
        near = min(allowed, key=lambda choice: abs(int(choice) - int(value)))
    else:
        row = table.replacement(option.flag, value=value)
        near = row.new if row else closest(value, allowed)
    names = ", ".join(allowed) if len(allowed) <= 12 else f"its {len(allowed)} names, such as {allowed[0]}"
    advice = f"use {near or 'one of ' + names}"
    if option.choices:
        return [_rejected(parsed, value, parsed.quoted, advice, table, near)]
    text = f"{table} does not know {quoted(value)} for {parsed.quoted}"
    return [Problem(parsed.spelled, value, text, advice, near)]


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
        row = table.replacement(option.flag, key=key)
        near = row.new if row else closest(str(key), keys)
        advice = f"use {near or 'one of ' + listed(list(keys))}"
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
    near = closest(str(value), schema)
    return [_rejected(parsed, str(value), where, f"use {near or 'one of ' + listed(schema)}", table, near)]
