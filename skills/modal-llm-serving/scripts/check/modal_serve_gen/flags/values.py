"""Whether a value suits an option, and how that is said."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .table import Option, Table

IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
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


def is_scalar(value: object, kind: str) -> bool:
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


def type_error(option: Option, value: str, suffixes: dict) -> str:
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
            as_json(value, suffixes if option.type == "object" else {}, strict=True)
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


def as_json(value: str, suffixes: dict, *, strict: bool = False) -> object:
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


def fits(option: Option, value: str, allowed: Sequence[str]) -> bool:
    if option.type == "fold" or option.fold:
        value, allowed = value.lower().replace("-", "_"), [one.lower().replace("-", "_") for one in allowed]
    elif option.type == "int":
        value = str(int(value))
    return value in allowed or (option.import_path and bool(IMPORT_PATH.fullmatch(value)))


def closest(value: str, allowed: Sequence[str]) -> str:
    folded = {one.lower().replace("_", "-"): one for one in allowed}
    match = difflib.get_close_matches(value.lower().replace("_", "-"), folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else ""


def some(names: Sequence[str], limit: int = 12) -> str:
    """The names, the first few when they are many."""
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def example(option: Option) -> str:
    allowed = option.choices or option.known
    return f" such as {allowed[0]}" if allowed else ""


def title(table: Table) -> str:
    return f"{table.distribution} {table.version}"


def shown(value: object, limit: int = 60) -> str:
    if isinstance(value, dict | list):  # may nest deeper than Python likes to print
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(str(value))
    return text if len(text) <= limit else text[: limit - 2] + "…" + text[0]
