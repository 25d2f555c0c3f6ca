"""Cron expressions with five fields, in the syntax that Modal's schedules accept (crontab(5))."""

import re

from modal_serve_gen.errors import quoted

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Each field: its name, its smallest and largest value, and the names of values.
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(DAYS)}),
)
ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,9}))?", re.ASCII)


def problem(line: str) -> str:
    """What is wrong with a cron expression, as the end of a sentence; '' if nothing is.

    >>> problem("0 2 * *")
    'has 4 fields instead of 5 (minute, hour, day of the month, month, day of the week)'
    """
    texts = line.split()
    if len(texts) != len(FIELDS):
        return f"has {len(texts)} fields instead of 5 ({', '.join(name for name, *_ in FIELDS)})"
    for text, (field, least, most, names) in zip(texts, FIELDS, strict=True):
        for item in text.split(","):
            match = ITEM.fullmatch(item)
            if match is None:
                return f"has {quoted(item)} as its {field}; use a number, a range such as 1-5, * or */5"
            values = [_value(match[name], names) for name in ("first", "last") if match[name]]
            numbers = [value for value in values if value is not None and least <= value <= most]
            if len(numbers) < len(values):
                return f"has {quoted(item)} as its {field}, which must be {least} to {most}"
            if numbers != sorted(numbers):
                return f"has {quoted(item)} as its {field}, a range that ends before it begins"
            if match["step"] and not int(match["step"]):
                return f"has {quoted(item)} as its {field}, with a step of 0"
    return ""


def _value(text: str, names: dict[str, int]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    return names.get(text.lower())
