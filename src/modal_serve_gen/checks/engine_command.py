"""An engine's command line, as far as the source of an app determines it."""

from dataclasses import dataclass
from typing import NamedTuple


class Word(NamedTuple):
    """One argument of a command line, with its line in the file. `text` is None if it is unknown."""

    text: str | None
    line: int


UNKNOWN = Word(None, 0)  # any number of words


@dataclass(frozen=True)
class EngineCommand:
    """An engine's command line: the words after `vllm serve` or the like.

    The keywords of `vllm.LLM(...)` are read as the flags of the same name; such an engine is not a `server`.
    """

    engine: str
    words: tuple[Word, ...]
    line: int
    server: bool = True
    shell: bool = False  # whether a shell splits it
    complete: bool = True  # whether every flag in it is known

    @property
    def argv(self) -> tuple[str | None, ...]:
        return tuple(word.text for word in self.words)

    def value(self, *flags: str) -> Word | None:
        """The last value of one of `flags`; None if none of them is present."""
        value = None
        for index, word in enumerate(self.words):
            if word.text in flags and index + 1 < len(self.words):
                value = self.words[index + 1]
            elif word.text and "=" in word.text and word.text.partition("=")[0] in flags:
                value = Word(word.text.partition("=")[2], word.line)
        return value

    def line_of(self, *flags: str) -> int | None:
        """Line of the last of `flags`; None if none of them is present."""
        lines = [word.line for word in self.words if word.text and word.text.partition("=")[0] in flags]
        return lines[-1] if lines else None

    def lacks(self, *flags: str) -> bool:
        """True if none of `flags` can be present."""
        return self.complete and self.line_of(*flags) is None
