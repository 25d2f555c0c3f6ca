"""Progress of an evaluation on the terminal."""

import time
from collections.abc import Callable

from evals import grading
from evals.records import Result, Run
from evals.running import Tally

QUIET_S = 1.0  # between two progress lines


class Progress:
    """At most one progress line per second, and one line for each run that failed or was inconclusive."""

    def __init__(self, say: Callable[[str], None]):
        self.say, self.last = say, 0.0

    def __call__(self, run: Run, result: Result, tally: Tally) -> None:
        now = time.monotonic()
        if result.grade is None:
            self.say(f"  {run.place}: {result.outcome}: {result.reason}")
        elif not result.passed and run.configuration == grading.WITH:
            verdict = result.grade.failed[0]
            self.say(f"  {run.place}: {run.task.name}: failed: {verdict.text} ({verdict.evidence[:120]})")
        if now - self.last > QUIET_S or not tally.left:
            self.last = now
            seconds = (now - tally.began) / tally.done * tally.left
            inconclusive = f", {tally.inconclusive} inconclusive" if tally.inconclusive else ""
            money = f", ${tally.usd:.2f}" if tally.usd else ""
            left = f", about {_duration(seconds)} left" if tally.left else ""
            done = f"{tally.kept + tally.done} of {tally.total} done, {tally.failed} failed"
            self.say(f"{done}{inconclusive}{money}{left}")


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
