"""Faults that a rehearsal can inject, to see how an app ends or recovers: what there is, and what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from modal_serve_gen.errors import BadInput, nearest, quoted

ALWAYS = 0


@dataclass(frozen=True)
class Kind:
    """What a fault does; what its argument is (a number of times, seconds, the name of a Volume), and its default."""

    what: str
    argument: str
    default: str


KINDS = {
    "kill-container": Kind("a container that is at work is killed", "times", "1"),
    "preempt": Kind("a container that is at work is preempted, as Modal may do at any time", "times", "1"),
    "engine-crash-at-start": Kind("the engine dies while it starts", "times", str(ALWAYS)),
    "engine-crash-mid-stream": Kind("the engine dies in the middle of a streamed answer or a batch", "times", "1"),
    "slow-start": Kind("the engine takes longer to start", "seconds", "30"),
    "hub-down": Kind("the Hugging Face Hub answers 503", "", ""),
    "volume-full": Kind("writing to a Volume, or to all of them, fails", "Volume", ""),
}
MOST = {"times": 100, "seconds": 600}


def spelled(name: str) -> str:
    """How a fault is asked for, such as `preempt[:TIMES]`."""
    return f"{name}[:{KINDS[name].argument.upper()}]" if KINDS[name].argument else name


@dataclass(frozen=True)
class Faults:
    """What was asked for: name -> argument."""

    asked: dict[str, str]

    def times(self, name: str) -> int:
        return int(self.asked.get(name, 0))

    @property
    def slow_start_s(self) -> float:
        return float(self.asked.get("slow-start", 0))

    @property
    def for_engines(self) -> str:
        """As the stand-ins read it."""
        names = ("engine-crash-at-start", "engine-crash-mid-stream", "slow-start")
        return ",".join(f"{name}:{self.asked[name]}" for name in names if name in self.asked)


NONE = Faults({})


def parse(given: Sequence[str]) -> Faults:
    """Faults from `NAME` or `NAME:ARGUMENT`. Raises BadInput for what is none."""
    asked = {}
    for text in given:
        name, colon, argument = text.partition(":")
        kind = KINDS.get(name)
        if kind is None:
            raise BadInput(
                f"{quoted(name)} is not a fault.{nearest(name, list(KINDS))}",
                f"There are {', '.join(KINDS)}; for several, repeat --fault.",
            )
        if colon and not kind.argument:
            raise BadInput(f"The fault {name} takes no argument, but was given {quoted(argument)}.", "Leave it out.")
        if colon and kind.argument in MOST and not _in_range(argument, kind.argument):
            raise BadInput(
                f"{quoted(argument)} is not a number of {kind.argument} for the fault {name}.",
                f"Give {'0.1' if kind.argument == 'seconds' else '1'} to {MOST[kind.argument]}, as in "
                f"{name}:{kind.default if kind.default != str(ALWAYS) else 1}.",
            )
        asked[name] = argument or kind.default
    return Faults(asked)


def _in_range(text: str, unit: str) -> bool:
    try:
        number = float(text) if unit == "seconds" else int(text)
    except ValueError:
        return False
    return 0 < number <= MOST[unit]
