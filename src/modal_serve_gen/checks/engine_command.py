"""An engine's command line, as far as the source of an app determines it."""

from dataclasses import dataclass
from typing import NamedTuple

from modal_serve_gen import facts


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

    @property
    def spellings(self) -> facts.Spellings:
        """What this engine calls its flags."""
        return facts.serving_engines()[self.engine].flags

    def spelled(self, flag: str) -> str:
        """How the app would write `flag`: as it is, or as a keyword of the engine's class."""
        return flag if self.server else f"{flag.removeprefix('--').replace('-', '_')}="

    @property
    def model(self) -> Word:
        """The model that it loads."""
        if model := self.value(*(self.spellings.model or ("--model",)), "--model", "--model-path"):
            return model
        first = self.words[0] if self.words else Word(None, self.line)
        return first if first.text and not first.text.startswith("-") else Word(None, self.line)

    def value(self, *flags: str) -> Word | None:
        """The last value of one of `flags`; None if none of them is present."""
        value = None
        for index, word in enumerate(self.words):
            name, equals, after = (word.text or "").partition("=")
            if _dashed(name) in flags:
                if equals:
                    value = Word(after, word.line)
                elif index + 1 < len(self.words):
                    value = self.words[index + 1]
        return value

    def line_of(self, *flags: str) -> int | None:
        """Line of the last of `flags`; None if none of them is present."""
        lines = [word.line for word in self.words if word.text and _dashed(word.text.partition("=")[0]) in flags]
        return lines[-1] if lines else None

    def lacks(self, *flags: str) -> bool:
        """True if none of `flags` can be present."""
        return self.complete and self.line_of(*flags) is None


def _dashed(flag: str) -> str:
    """A long flag with dashes: vLLM and others accept underscores as well."""
    return flag.replace("_", "-") if flag.startswith("--") else flag
