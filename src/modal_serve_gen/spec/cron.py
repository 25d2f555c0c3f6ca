"""Lines of crontab(5) with five fields, as Modal's schedules take them."""

import re

from modal_serve_gen.errors import quoted

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Of a line of crontab(5): what a field is called, its least and its greatest value, and names for values.
FIELDS = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(DAYS)}),
)
ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


def problem(line: str) -> str:
    """What is wrong with a line of five cron fields, as the end of a sentence; '' if nothing is."""
    texts = line.split()
    if len(texts) != len(FIELDS):
        return f"has {len(texts)} fields in place of 5 (minute, hour, day, month, day of the week)"
    for text, (what, least, most, names) in zip(texts, FIELDS, strict=True):
        for item in text.split(","):
            match = ITEM.fullmatch(item)
            if match is None:
                return f"has {quoted(item)} as its {what}; a number, a range such as 1-5, * or */5 can stand there"
            values = [_value(match[name], names) for name in ("first", "last") if match[name]]
            if None in values or any(not least <= value <= most for value in values):
                return f"has {quoted(item)} as its {what}, which is {least} to {most}"
            if values != sorted(values):
                return f"has {quoted(item)} as its {what}, a range that ends before it begins"
            if match["step"] and not int(match["step"]):
                return f"has {quoted(item)} as its {what}, with a step of 0"
    return ""


def _value(text: str, names: dict[str, int]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    return names.get(text.lower())
