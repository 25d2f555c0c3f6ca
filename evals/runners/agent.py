"""What every runner takes: the options of the agent, the limits of a run, and the run itself."""

from collections.abc import Callable
from dataclasses import dataclass

from evals.transcript import Transcript, Usage
from evals.workspace import Space


@dataclass(frozen=True)
class Options:
    """The agent to run.

    `key_env`: name of the environment variable with the API key. `program`: path of the agent's executable, if it is
    not on PATH. `usd_per_million`: dollars per million input, output and cached input tokens, if the user gave them.
    """

    runner: str
    model: str
    base_url: str = ""
    key_env: str = ""
    program: str = ""
    usd_per_million: tuple[float, float, float] | None = None

    def usd(self, usage: Usage) -> float | None:
        """The cost of the tokens; None without prices."""
        if self.usd_per_million is None:
            return None
        uncached, output, cached = self.usd_per_million
        paid = (usage.input_tokens - usage.cached_tokens) * uncached + usage.cached_tokens * cached
        return (paid + usage.output_tokens * output) / 1e6


@dataclass(frozen=True)
class Limits:
    """Limits of one run; `usd` None is no limit."""

    seconds: float
    turns: int
    usd: float | None = None


@dataclass(frozen=True)
class Attempt:
    """One run: the prompt, the project, the limits, and when to stop early.

    `enough`: True once the transcript holds all that is needed. `record`: saves a record of the agent's stream.
    `canceled`: True if the evaluation is ending.
    """

    prompt: str
    space: Space
    limits: Limits
    enough: Callable[[Transcript], bool]
    record: Callable[[str], None]
    canceled: Callable[[], bool]
