"""What every runner takes: the options of the agent, and one run of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evals.transcript import FINISHED, MONEY, Transcript, Usage
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
class Attempt:
    """One run of an agent: what it gets, its limits, and when to stop early.

    `enough`: True once the transcript holds all that is needed. `record`: saves a record of the agent's stream.
    `canceled`: True if the evaluation is ending.
    """

    prompt: str
    options: Options
    space: Space
    transcript: Transcript
    seconds: float
    turns: int
    usd: float | None
    enough: Callable[[Transcript], bool]
    record: Callable[[str], None]
    canceled: Callable[[], bool]
    began: float = field(default_factory=time.monotonic)

    @property
    def until(self) -> float:
        """When it times out, as time.monotonic()."""
        return self.began + self.seconds

    def stop_early(self) -> None:
        """End the transcript if nothing more is needed, or the cost limit is exceeded."""
        cost = self.transcript.usage.usd or 0
        if self.enough(self.transcript):
            self.transcript.end(FINISHED, "stopped: nothing more is needed")
        elif self.usd is not None and cost > self.usd:
            self.transcript.end(MONEY, f"${cost:.4f}")
