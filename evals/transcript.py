"""What an agent did in one run, in one format for all agents: events, token usage, outcome."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch

LONGEST = 20_000  # characters saved of one event
SKILL_FILE = "SKILL.md"
# Commands that name a file without showing its content.
BLIND = re.compile(r"^\s*(?:\w+=\S*\s+)*(?:ls|find|tree|wc|stat|file|test|mkdir|cp|mv|rm|echo|du|\[)\b|\brg --files\b")
SEPARATORS = re.compile(r"&&|\|\||[;|\n]")

# Outcomes of a run. Only FINISHED and TURNS are conclusive: after the others nothing is known about the skill.
FINISHED = "finished"
TURNS = "turn-limit"
TIME = "time-out"
MONEY = "money-limit"
ERROR = "error"


@dataclass(frozen=True)
class Event:
    """One action or message of an agent.

    `kind`: text, skill, read, write, command or other. `what`: name of the skill, path, command line or tool. `detail`:
    the text that was written, said or returned. `failed`: the tool reported an error.
    """

    kind: str
    what: str
    detail: str = ""
    failed: bool = False
    turn: int = 0


@dataclass
class Usage:
    """Tokens and cost; `usd` is None if the agent does not report it."""

    input_tokens: int = 0
    cached_tokens: int = 0  # included in input_tokens
    output_tokens: int = 0
    usd: float | None = None


@dataclass
class Transcript:
    """One run. `offered`: skills that the agent could see, None if not reported. `reason`: why it ended badly."""

    events: list[Event] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    outcome: str = ""
    reason: str = ""
    turns: int = 0
    seconds: float = 0.0
    model: str = ""
    agent: str = ""  # version, as the agent reports it
    offered: list[str] | None = None
    malformed: int = 0  # lines of its stream that could not be parsed
    retrying: str = ""  # reason why the agent is retrying a request

    def add(self, kind: str, what: object, detail: object = "", *, failed: bool = False) -> None:
        """Append an event."""
        self.retrying = ""
        self.events.append(Event(kind, _short(what), _short(detail), failed, self.turns))

    def answer(self, place: int, detail: object, failed: bool) -> None:
        """Set the result of the event at `place`."""
        event = self.events[place]
        kept = event.detail if event.kind == "write" else _short(detail)
        self.events[place] = Event(event.kind, event.what, kept, failed, event.turn)

    def end(self, outcome: str, reason: object = "") -> None:
        """Set the outcome; only the first call has an effect."""
        if not self.outcome:
            self.outcome, self.reason = outcome, _short(reason)[:600]

    @property
    def conclusive(self) -> bool:
        """True if the run can be graded: the agent finished, or reached its limit of turns."""
        return self.outcome in (FINISHED, TURNS)

    @property
    def final_text(self) -> str:
        """The agent's last message."""
        return next((event.detail for event in reversed(self.events) if event.kind == "text"), "")

    def fired(self, skills: Iterable[str]) -> list[str]:
        """The `skills` that the agent activated, by a tool or by reading their SKILL.md, in order of activation."""
        names = [name for event in self.events if not event.failed for name in _activated(event, list(skills))]
        return list(dict.fromkeys(names))

    def read(self, skill: str, files: Iterable[str]) -> list[str]:
        """The `files` of a skill (relative to its folder) that the agent read, in order of reading."""
        pages = list(files)
        read = [page for event in self.events if not event.failed for page in _shown_files(event, skill, pages)]
        return list(dict.fromkeys(read))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def _activated(event: Event, skills: list[str]) -> Iterable[str]:
    if event.kind == "skill":
        name = event.what.rpartition(":")[2]  # after the name of its plugin, if any
        yield from [name] if name in skills else []
    else:
        yield from (name for name in skills if _shown_files(event, name, [SKILL_FILE]))


def _shown_files(event: Event, skill: str, files: list[str]) -> list[str]:
    """The `files` whose content the event showed to the agent."""
    if event.kind == "read":
        return [file for file in files if event.what.replace("\\", "/").endswith(f"{skill}/{file}")]
    if event.kind != "command":
        return []
    found: list[str] = []
    inside = False  # True after `cd` into the folder of the skill
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
    """True if a word of a command line, which may hold wildcards, matches a path that ends with `tail`."""
    parts, names = word.split("/"), tail.split("/")
    return len(parts) >= len(names) and all(
        fnmatch(name, pattern) for name, pattern in zip(names, parts[-len(names) :], strict=True)
    )
