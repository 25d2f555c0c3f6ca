"""Marks speeds and prices in an app's output: they are this machine's, not the GPU's."""

import re
from collections.abc import Callable

MARK = "  [of this machine and a miniature, not of the GPU]"
FIGURE = re.compile(
    r"\$ ?\d"
    r"|\d ?(tokens?|tok|requests?|req|prompts?|rows?|samples?)( per | ?/ ?)s(ec|econd)?\b"
    r"|\d ?ms\b"
    r"|(?i:\b(ttft|tpot|itl|time to first token|throughput|latency)\b).*\d"
)


class Marker:
    """Passes output on to `emit`, with a mark at the end of each line that has a speed or a price, if `due()`."""

    def __init__(self, emit: Callable[[str], None], due: Callable[[], bool]):
        self._emit, self._due = emit, due
        self._line = ""  # what was passed on of the last line

    def __call__(self, text: str) -> None:
        *complete, rest = text.split("\n")
        passed = []
        for line in complete:
            whole, self._line = self._line + line, ""
            passed.append(f"{line}{MARK if FIGURE.search(whole) and self._due() else ''}\n")
        self._line += rest
        self._emit("".join(passed) + rest)
