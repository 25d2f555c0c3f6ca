"""Keep the values of the user's Secrets out of output and reports: each is replaced by its key in brackets."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

SHORTEST = 6  # characters: replacing shorter values would damage other text
LINE = 20  # characters of one line of a longer value that is replaced by itself


class Redaction:
    """`values()` returns what must not be shown: value -> key."""

    def __init__(self, values: Callable[[], Mapping[str, str]]):
        self._values = values

    def _spellings(self) -> list[tuple[str, str]]:
        """Each value as a program may print it, with its replacement; the longest first."""
        spellings: dict[str, str] = {}
        for value, key in self._values().items():
            lines = [line.strip() for line in value.splitlines()] if "\n" in value.strip() else []
            for text in (value, value.strip(), json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe="")):
                if len(text) >= SHORTEST:
                    spellings[text] = f"[{key}]"
            spellings |= {line: f"[{key}]" for line in lines if len(line) >= LINE}
        return sorted(spellings.items(), key=lambda item: -len(item[0]))

    def text(self, text: str) -> str:
        """`text` without the values."""
        for value, shown in self._spellings():
            text = text.replace(value, shown)
        return text

    def everything(self, value: Any) -> Any:
        """A JSON-like value without the values in any of its strings."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.everything(key): self.everything(item) for key, item in value.items()}
        return [self.everything(item) for item in value] if isinstance(value, list) else value

    def held_back(self, text: str) -> int:
        """Characters at the end of `text` that may be the beginning of a value."""
        longest = 0
        for value, _ in self._spellings():
            for size in range(min(len(value) - 1, len(text)), longest, -1):
                if text.endswith(value[:size]):
                    longest = size
                    break
        return longest


class Redacted:
    """A stream of text for `emit` without the values, also where a value arrives in several pieces."""

    def __init__(self, redaction: Redaction, emit: Callable[[str], None]):
        self._redaction, self._emit, self._pending = redaction, emit, ""

    def __call__(self, text: str) -> None:
        text = self._redaction.text(self._pending + text)
        held = self._redaction.held_back(text)
        self._pending = text[len(text) - held :]
        if text := text[: len(text) - held]:
            self._emit(text)

    def flush(self) -> None:
        """Pass on what was held back, at the end of the stream."""
        if self._pending:
            self._emit(self._pending)
            self._pending = ""
