"""Types of an option's value, and how values are quoted in messages."""

import json
import re
from collections.abc import Iterable, Sequence

from .table import Option, Suffixes

IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
LORA = "name=path or a JSON object"
LONG_WORD = 5  # letters of a word in which one wrong letter is obvious
BOOLEANS = {"true", "false", "yes", "no", "on", "off", "1", "0"}
CONTAINERS: dict[str, type] = {"str": str, "list": list, "dict": dict}
TYPE_NAMES = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "list": "a list",
    "dict": "an object",
}


def has_type(value: object, kind: str) -> bool:
    """True if a config class accepts this JSON value for the type; numbers and booleans may be strings."""
    if kind in CONTAINERS or not isinstance(value, str | int | float):
        return kind in CONTAINERS and isinstance(value, CONTAINERS[kind])
    text = str(value).lower()
    if kind == "bool":
        return text in BOOLEANS | {"t", "f", "y", "n", "1.0", "0.0"}
    try:
        number = float(value)
    except ValueError:
        return False
    return kind == "float" or number.is_integer()


def required_type(option: Option, value: str, suffixes: Suffixes) -> str:
    """'' if the value has the option's type; else a description of that type."""
    try:
        if option.type == "int":
            int(value)
        elif option.type == "float":
            float(value)
        elif option.type in ("human_int", "human_int_or_auto"):
            if not (option.type == "human_int_or_auto" and value.strip().lower() == "auto"):
                _parse_size(value.strip(), suffixes)
        elif option.type in ("json", "object") or (
            option.type == "json_or_str" and re.fullmatch(r"(?s)\s*{.*}\s*", value)
        ):
            _parse_json(value, suffixes if option.type == "object" else Suffixes())
        elif option.type == "lora" and ("=" not in value or "," in value):
            return "" if isinstance(json.loads(value), dict) else LORA
    except (ValueError, RecursionError):
        if option.type == "lora":
            return LORA
        suffix = suffixes.decimal[0] if suffixes.decimal else "k"
        size = f"an integer or a size such as 32{suffix}"
        return TYPE_NAMES.get(option.type) or (size if option.type.startswith("human") else "valid JSON")
    return ""


def as_json(value: str, suffixes: Suffixes) -> object:
    """The value as JSON, or as text if it is not JSON. Sizes such as 80m are numbers if there are suffixes."""
    try:
        return _parse_json(value, suffixes)
    except (ValueError, RecursionError):
        return value


def is_allowed(option: Option, value: str, allowed: Iterable[str]) -> bool:
    if option.type == "fold" or option.fold:
        value, allowed = _folded(value), [_folded(choice) for choice in allowed]
    elif option.type == "int":
        value = str(int(value))
    return value in allowed or (option.import_path and bool(IMPORT_PATH.fullmatch(value)))


def misspelled(word: str, names: Iterable[str]) -> str:
    """The one name that `word` is an obvious misspelling of; '' if there is none.

    Obvious are another case, underscores for dashes, a dash more or less, and in longer words one letter too many, too
    few, wrong or swapped with its neighbor, but never a digit. Anything else may be another thing altogether.
    """
    names = list(names)
    folded = _folded(word).strip("-")
    same = {name for name in names if _folded(name).strip("-") == folded}
    if not same and len(folded) >= LONG_WORD:
        same = {name for name in names if _one_edit(folded, _folded(name).strip("-"))}
    return same.pop() if len(same) == 1 else ""


def _one_edit(one: str, other: str) -> bool:
    """True if one insertion, deletion, substitution or swap of neighbors makes the two equal."""
    if abs(len(one) - len(other)) > 1 or one == other or _digits(one) != _digits(other):
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[at:], other[at:]
    swapped = rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return swapped or rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]


def _digits(text: str) -> list[str]:
    return re.findall(r"\d", text)


def listed(names: Sequence[str], limit: int = 12) -> str:
    """The names, separated by commas, or the first of them if there are many."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def quoted(value: object, limit: int = 60) -> str:
    """The value for a message: on one line, and not much longer than `limit` characters."""
    if isinstance(value, dict | list):  # which may nest too deeply to print
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(str(value))
    return text if len(text) <= limit else text[: limit - 2] + "…" + text[0]


def _folded(text: str) -> str:
    return text.lower().replace("_", "-")


def _parse_size(value: str, suffixes: Suffixes) -> None:
    """Raises ValueError unless this is an integer or a size; decimals are accepted with powers of 1000 only."""
    for names, number in ((suffixes.decimal, r"\d+(\.\d+)?"), (suffixes.binary, r"\d+")):
        if any(re.fullmatch(number + suffix, value) for suffix in names):
            return
    int(value)


def _parse_json(value: str, suffixes: Suffixes) -> object:
    if suffixes.decimal or suffixes.binary:
        names = "|".join((*suffixes.decimal, *suffixes.binary))
        parts = re.split(r'("(?:[^"\\]|\\.)*")', value)
        parts[::2] = [re.sub(rf"\b\d+(?:\.\d+)?(?:{names})\b", "1", part) for part in parts[::2]]
        value = "".join(parts)
    parsed: object = json.loads(value)
    return parsed
