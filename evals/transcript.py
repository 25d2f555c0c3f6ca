"""What an agent did in one run, whichever agent it was: its events, what it used, how it ended."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from typing import Any

LONGEST = 20_000  # characters of one event that are kept
SKILL_FILE = "SKILL.md"
# Commands that name a file and show nothing of what is in it.
BLIND = re.compile(r"^\s*(?:\w+=\S*\s+)*(?:ls|find|tree|wc|stat|file|test|mkdir|cp|mv|rm|echo|du|\[)\b|\brg --files\b")
SEPARATORS = re.compile(r"&&|\|\||[;|\n]")

# How a run ends. Only FINISHED and TURNS tell anything of the skill; each other outcome is its own.
FINISHED = "finished"
TURNS = "turn-limit"
TIME = "time-out"
MONEY = "money-limit"
ERROR = "error"


@dataclass(frozen=True)
class Event:
    """One thing that an agent did or said.

    `kind`: text, skill, read, write, command or other; `what`: the skill's name, the path, the command line, the tool;
    `detail`: what was written, said or answered; `failed`: the agent was told that it did not work.
    """

    kind: str
    what: str
    detail: str = ""
    failed: bool = False
    turn: int = 0


@dataclass
class Usage:
    """Tokens and money; None where the agent does not tell."""

    input_tokens: int = 0
    cached_tokens: int = 0  # of the input
    output_tokens: int = 0
    usd: float | None = None


@dataclass
class Transcript:
    """One run. `offered`: the skills that the agent was told of, None where it does not say; `reason`: of a bad end."""

    events: list[Event] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    outcome: str = ""
    reason: str = ""
    turns: int = 0
    seconds: float = 0.0
    model: str = ""
    agent: str = ""  # its version, as it says
    offered: list[str] | None = None
    malformed: int = 0  # lines of its stream that are no events
    retrying: str = ""  # what the agent waits for: its last word was that it tries again

    def add(self, kind: str, what: object, detail: object = "", *, failed: bool = False) -> None:
        """One more event."""
        self.retrying = ""
        self.events.append(Event(kind, _short(what), _short(detail), failed, self.turns))

    def answer(self, place: int, detail: object, failed: bool) -> None:
        """What came back for the event at `place`."""
        event = self.events[place]
        kept = event.detail if event.kind == "write" else _short(detail)
        self.events[place] = Event(event.kind, event.what, kept, failed, event.turn)

    def end(self, outcome: str, reason: object = "") -> None:
        """How it ended; the first end counts."""
        if not self.outcome:
            self.outcome, self.reason = outcome, _short(reason)[:600]

    @property
    def told(self) -> bool:
        """Whether it tells anything of the skill: it ended by itself, or by its limit of turns."""
        return self.outcome in (FINISHED, TURNS)

    @property
    def last_words(self) -> str:
        return next((event.detail for event in reversed(self.events) if event.kind == "text"), "")

    def fired(self, skills: Iterable[str]) -> list[str]:
        """Which of the installed `skills` the agent activated, in their order: by its tool, or by reading its page."""
        found = []
        for name in (name for event in self.events if not event.failed for name in _activated(event, list(skills))):
            if name not in found:
                found.append(name)
        return found

    def read(self, skill: str, files: Iterable[str]) -> list[str]:
        """Which of a skill's `files` (relative to its folder) the agent read, in their order."""
        found: list[str] = []
        every = list(files)
        for event in self.events:
            if not event.failed:
                found += [each for each in _files_of(event, skill, every) if each not in found]
        return found

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_document(cls, held: dict[str, Any]) -> "Transcript":
        """Back from `document`."""
        events = [Event(**each) for each in held["events"]]
        return cls(**{**held, "events": events, "usage": Usage(**held["usage"])})


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def _activated(event: Event, skills: list[str]) -> Iterable[str]:
    if event.kind == "skill":
        name = event.what.rpartition(":")[2]  # plugins put their own name before it
        yield from [name] if name in skills else []
    else:
        yield from (name for name in skills if _files_of(event, name, [SKILL_FILE]))


def _files_of(event: Event, skill: str, files: list[str]) -> list[str]:
    """Which of `files` this one event showed to the agent."""
    if event.kind == "read":
        return [file for file in files if event.what.replace("\\", "/").endswith(f"{skill}/{file}")]
    if event.kind != "command":
        return []
    found: list[str] = []
    inside = False  # after a `cd` into the skill's folder
    for part in SEPARATORS.split(event.what):
        if re.search(rf"\bcd\s+\S*\b{re.escape(skill)}/?(?:['\"\s]|$)", part):
            inside = True
        if BLIND.search(part):
            continue
        for word in re.split(r"[\s'\"<>()=]+", part):
            for file in files:
                named = _ends_with(word, f"{skill}/{file}") or (inside and fnmatch(file, word.removeprefix("./")))
                if word and named and file not in found:
                    found.append(file)
    return found


def _ends_with(word: str, tail: str) -> bool:
    """Whether a word of a command line, with its wildcards, names a path that ends with `tail`."""
    parts, wanted = word.split("/"), tail.split("/")
    return len(parts) >= len(wanted) and all(
        fnmatch(name, pattern) for name, pattern in zip(wanted, parts[-len(wanted) :], strict=True)
    )
