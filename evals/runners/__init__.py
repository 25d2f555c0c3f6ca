"""Agents: an OpenAI-compatible endpoint in a small loop of our own, and the command lines of others.

A runner is a module here. An agent's command line is what `process` asks of its module: where it looks for skills, what
it is given, how its stream of events reads.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from evals.transcript import Transcript, Usage
from evals.workspace import Space

NAMES = ("endpoint", "claude-code", "codex", "opencode", "gemini")


@dataclass(frozen=True)
class Options:
    """Whom to ask.

    `key_env`: the variable that holds the key. `program`: of the agent, where it is not on PATH. `usd_per_million`:
    dollars for a million tokens of input, of output and of cached input, where the user knows them.
    """

    runner: str
    model: str
    base_url: str = ""
    key_env: str = ""
    program: str = ""
    usd_per_million: tuple[float, float, float] | None = None

    def usd(self, usage: Usage) -> float | None:
        """What tokens cost; None where nobody said."""
        if self.usd_per_million is None:
            return None
        fresh, out, cached = self.usd_per_million
        paid = (usage.input_tokens - usage.cached_tokens) * fresh + usage.cached_tokens * cached
        return (paid + usage.output_tokens * out) / 1e6


@dataclass(frozen=True)
class Limits:
    """Of one run; `usd` None: none."""

    seconds: float
    turns: int
    usd: float | None = None


@dataclass(frozen=True)
class Ask:
    """One run: the prompt, where it happens, how long it may take, and when no more of it is needed.

    `keep` gets every record of the agent's stream, as text. `cancelled`: everything is to end now.
    """

    prompt: str
    space: Space
    limits: Limits
    enough: Callable[[Transcript], bool]
    keep: Callable[[str], None]
    cancelled: Callable[[], bool]


def load(name: str) -> ModuleType:
    """The module of a runner."""
    return importlib.import_module(f"evals.runners.{name.replace('-', '_')}")


def tells_cost(name: str) -> bool:
    """Whether an agent says itself what a run costs."""
    return getattr(load(name), "TELLS_COST", False)


def available(options: Options) -> str:
    """What will be asked, with its version. Raises MachineError where something is missing for it."""
    from evals.runners import process

    agent = load(options.runner)
    return process.available(agent, options) if hasattr(agent, "launch") else agent.available(options)


def run(ask: Ask, options: Options, transcript: Transcript) -> None:
    """Ask the agent, and put down in `transcript` what it does. Never raises for what the agent does."""
    from evals.runners import process

    agent = load(options.runner)
    if hasattr(agent, "launch"):
        process.run(agent, ask, options, transcript)
    else:
        agent.run(ask, options, transcript)
