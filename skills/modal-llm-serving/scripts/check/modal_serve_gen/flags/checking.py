"""Everything that an engine would refuse in a command line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .table import Given, Table, parse
from .values import as_json, closest, example, fits, is_scalar, shown, some, title, type_error

SCALARS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}
# A name from a plugin is unknown to the table: what the plugin's own flag opens is not judged.
PLUGINS = {"--tool-call-parser": "--tool-parser-plugin", "--reasoning-parser": "--reasoning-parser-plugin"}


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
            message = f"{title(table)} takes the {rule['name']} {where}; {shown(word)} belongs to no flag."
            problems.append(Problem("", word, message))
    for flag in table.data["required"] if whole else ():
        stands_in = rule.get("stands_for") == flag and parsed.positionals
        if flag not in present and not stands_in:
            problems.append(Problem(flag, None, f"{title(table)} needs {flag}, which is missing.", flag))
    return problems


def _unknown(given: Given, table: Table) -> Problem:
    """An option that the table does not have, with what to write instead."""
    value = given.values[0] if given.values else None
    row = next((one for one in table.renamed if one["old"] == given.flag and not {"value", "key"} & set(one)), None)
    start = f"{title(table)} has no {given.shown}"
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
        one = longer[0] if len(longer) == 1 else closest(given.flag, longer) or longer[0]
        return Problem(given.spelled, value, f"{start}, and a prefix is not enough; write {one} in full.", one)
    near = closest(given.flag, list(table.spellings))
    end = f"; the nearest is {near}." if near else ", nor anything like it."
    return Problem(given.spelled, value, start + end, near)


def _wrong(given: Given, present: set[str], table: Table) -> list[Problem]:
    """What is wrong with an option that exists: its number of values, each value, its being retired."""
    option, name = given.option, title(table)
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
        text = f"{given.shown} of {name} takes no value, so {shown(value)} is refused; write {use} alone."
        return [*problems, Problem(given.spelled, value, text, use)]
    if not option.bare and not given.values and option.nargs not in ("*", "?"):
        text = f"{given.shown} of {name} needs a value{example(option)}; one that begins with a dash is joined by =."
        return [*problems, Problem(given.spelled, None, text)]
    plugin = PLUGINS.get(option.flag)
    for value in given.values:
        if value is None or (plugin in present and value not in option.choices):
            continue
        problems += _misfit(given, value, table)
    return problems


def _misfit(given: Given, value: str, table: Table) -> list[Problem]:
    """What is wrong with one value of an option."""
    option, name = given.option, title(table)
    if option.optional and value in ("", "None"):
        return []
    if given.keys:
        if option.keys is None and "json" not in option.type and option.type != "object":
            text = f"{option.flag} of {name} is not JSON, so {given.shown} has no meaning; write {option.flag} alone."
            return [Problem(given.spelled, value, text, option.flag)]
        inner = as_json(value, {})
        for key in reversed(given.keys):
            inner = {key: inner}
        return _keys(given, inner, option.keys, table)
    wanted = type_error(option, value, table.data["suffixes"])
    if wanted:
        text = f"{given.shown} of {name} wants {wanted}, not {shown(value)}."
        return [Problem(given.spelled, value, text)]
    if option.type in ("json", "object", "json_or_str"):
        return _keys(given, as_json(value, table.data["suffixes"]), option.keys, table)
    allowed = option.choices or option.known
    if not allowed or fits(option, value, allowed):
        return []
    row = next((one for one in table.renamed if one["old"] == option.flag and one.get("value") == value), None)
    if option.type == "int":
        allowed = sorted(allowed, key=int)
        near = min(allowed, key=lambda one: abs(int(one) - int(value)))
    else:
        near = row["new"] if row else closest(value, allowed)
    few = ", ".join(allowed) if len(allowed) <= 12 else ""
    end = (
        f"use {near}"
        if near
        else f"it takes {few}"
        if few
        else f"it takes {len(allowed)} names, among them {allowed[0]}"
    )
    verb = "refuses" if option.choices else "does not know"
    return [Problem(given.spelled, value, f"{name} {verb} {shown(value)} for {given.shown}; {end}.", near)]


def _keys(given: Given, held: object, keys: dict | None, table: Table, path: str = "") -> list[Problem]:
    """Unknown keys, and values outside a key's list, at every level that the table knows."""
    if keys is None:
        return []
    where = f"{given.option.flag}{path}"
    if not isinstance(held, dict):
        if path or given.option.type == "json_or_str" or (held is None and given.option.type == "json"):
            return []
        return [Problem(given.spelled, None, f"{where} of {title(table)} wants a JSON object with keys of its own.")]
    problems = []
    for key, value in held.items():
        if key not in keys:
            row = next(
                (one for one in table.renamed if one["old"] == given.option.flag and one.get("key") == key), None
            )
            near = row["new"] if row else closest(str(key), list(keys))
            end = f"use {near}" if near else f"it has {some(list(keys))}"
            text = f"{where} of {title(table)} has no key {shown(key)}; {end}."
            problems.append(Problem(given.spelled, str(key), text, near))
        elif isinstance(keys[key], dict):
            problems += _keys(given, value, keys[key], table, f"{path}.{key}")
        elif isinstance(keys[key], str):
            if value is not None and not is_scalar(value, keys[key]):
                text = f"{where}.{key} of {title(table)} wants {SCALARS[keys[key]]}, not {shown(value)}."
                problems.append(Problem(given.spelled, str(value), text))
        elif keys[key] and isinstance(value, str | int) and str(value) not in keys[key]:
            near = closest(str(value), keys[key])
            end = f"use {near}" if near else f"it takes {some(keys[key])}"
            text = f"{title(table)} refuses {shown(value)} for {where}.{key}; {end}."
            problems.append(Problem(given.spelled, value, text, near))
    return problems
