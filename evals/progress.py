"""What a person sees while agents are asked."""

import time
from collections.abc import Callable
from typing import Any

from evals import grading
from evals.running import Tally
from evals.store import Run

QUIET_S = 1.0  # between two lines of progress


class Progress:
    """Lines on the terminal: at most one a second, and one for each run that is not good."""

    def __init__(self, say: Callable[[str], None]):
        self.say, self.last = say, 0.0

    def __call__(self, run: Run, result: dict[str, Any], tally: Tally) -> None:
        told = "grade" in result
        good = told and result["grade"]["passed"]
        now = time.monotonic()
        if not told:
            self.say(f"  {run.place}: {result['outcome']}: {result['reason']}")
        elif not good and run.configuration == grading.WITH:
            self.say(f"  {run.place}: {run.task.name}: {_why(result['grade'])}")
        if now - self.last > QUIET_S or not tally.left:
            self.last = now
            each = (now - tally.began) / tally.done
            money = f", ${tally.usd:.2f}" if tally.usd else ""
            left = f", about {_span(each * tally.left)} left" if tally.left else ""
            mute = f", {tally.mute} told nothing" if tally.mute else ""
            self.say(f"{tally.kept + tally.done} of {tally.total} done, {tally.failed} failed{mute}{money}{left}")


def _why(grade: dict[str, Any]) -> str:
    bad = grading.failed(grade)[0]
    return f"not so: {bad['text']} ({bad['evidence'][:120]})"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
