"""Text for the terminal: wrapped lines, tables and numbers."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDEST = 110  # columns of prose and plans, however wide the terminal is


def width() -> int:
    """Columns for prose."""
    return min(WIDEST, _columns())


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def wrapped(text: str, first: str = "  ", following: str | None = None) -> list[str]:
    """Lines of at most `width()` columns; model ids and paths are not broken. Later lines align with the first."""
    following = " " * len(first) if following is None else following
    return textwrap.wrap(
        text,
        width(),
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )


def indented(text: str) -> str:
    return textwrap.indent(text, "  ")


def count(number: int, noun: str) -> str:
    """A number and its noun.

    >>> count(1, "request"), count(1200, "request")
    ('1 request', '1,200 requests')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def gpus(name: str, number: int) -> str:
    """GPUs in a text or a table.

    >>> gpus("H100", 1), gpus("H100", 2)
    ('H100', '2 x H100')
    """
    return name if number == 1 else f"{number} x {name}"


def dollars(amount: float) -> str:
    """An amount in USD with at least two significant digits.

    >>> dollars(1234.5), dollars(3.14159), dollars(0.0123)
    ('$1,234', '$3.14', '$0.012')
    """
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:.2f}" if amount >= 0.1 else f"${amount:.2g}"


def sentence(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows in columns if they fit the terminal, otherwise one paragraph per row."""
    cells = [[_cell(value) for value in row.values()] for row in rows]
    heads = [key.replace("_", " ") for key in rows[0]]
    sizes = [max(len(line[index]) for line in [heads, *cells]) for index in range(len(heads))]
    if sum(sizes) + 2 * len(sizes) <= _columns():
        return "\n".join(
            "  ".join(text.ljust(size) for text, size in zip(line, sizes, strict=True)).rstrip()
            for line in [heads, *cells]
        )
    return "\n\n".join("\n".join(_paragraph(heads, line)) for line in cells)


def _paragraph(heads: list[str], line: list[str]) -> list[str]:
    """A row whose first cell is its title, and `head: text` lines below it."""
    return line[:1] + [
        textwrap.fill(
            f"{head}: {text}", _columns(), initial_indent="  ", subsequent_indent="    ", break_long_words=False
        )
        for head, text in zip(heads[1:], line[1:], strict=True)
    ]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
