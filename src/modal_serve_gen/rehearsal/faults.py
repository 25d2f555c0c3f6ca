"""Faults that a rehearsal can inject, to see how an app ends or recovers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modal_serve_gen.errors import BadInput, nearest, quoted

ALWAYS = 0


@dataclass(frozen=True)
class FaultKind:
    """A fault's effect, the kind of its argument (number of times, seconds, name of a Volume), and its default."""

    effect: str
    argument: str
    default: str


KINDS = {
    "kill-container": FaultKind("a busy container is killed", "times", "1"),
    "preempt": FaultKind("a busy container is preempted, as Modal may do at any time", "times", "1"),
    "engine-crash-at-start": FaultKind("the engine dies while it starts", "times", str(ALWAYS)),
    "engine-crash-mid-stream": FaultKind("the engine dies in the middle of a streamed answer or a batch", "times", "1"),
    "slow-start": FaultKind("the engine takes longer to start", "seconds", "30"),
    "hub-down": FaultKind("the Hugging Face Hub answers 503", "", ""),
    "volume-full": FaultKind("writing to a Volume, or to all of them, fails", "Volume", ""),
}
MAXIMUM = {"times": 100, "seconds": 600}


def usage(name: str) -> str:
    """The syntax of a fault, such as `preempt[:TIMES]`."""
    return f"{name}[:{KINDS[name].argument.upper()}]" if KINDS[name].argument else name


@dataclass(frozen=True)
class Faults:
    """Requested faults: name -> argument."""

    requested: Mapping[str, str]

    def times(self, name: str) -> int:
        return int(self.requested.get(name, 0))

    @property
    def slow_start_s(self) -> float:
        return float(self.requested.get("slow-start", 0))

    @property
    def for_engines(self) -> str:
        """The value of REHEARSAL_FAULTS, for the stubs."""
        names = ("engine-crash-at-start", "engine-crash-mid-stream", "slow-start")
        return ",".join(f"{name}:{self.requested[name]}" for name in names if name in self.requested)


NONE = Faults({})


def parse(texts: Sequence[str]) -> Faults:
    """Faults from `NAME` or `NAME:ARGUMENT`; the last one of a name wins. Raises BadInput."""
    requested = {}
    for text in texts:
        name, colon, argument = text.partition(":")
        kind = KINDS.get(name)
        if kind is None:
            raise BadInput(
                f"{quoted(name)} is not a fault.{nearest(name, list(KINDS))}",
                f"Choose from {', '.join(KINDS)}; repeat --fault for several.",
            )
        if colon and not kind.argument:
            raise BadInput(f"The fault {name} takes no argument, but got {quoted(argument)}.", "Leave it out.")
        if colon and kind.argument in MAXIMUM and not _in_range(argument, kind.argument):
            raise BadInput(
                f"{quoted(argument)} is not a number of {kind.argument} for the fault {name}.",
                f"Use {'0.1' if kind.argument == 'seconds' else '1'} to {MAXIMUM[kind.argument]}, as in "
                f"{name}:{kind.default if kind.default != str(ALWAYS) else 1}.",
            )
        requested[name] = argument or kind.default
    return Faults(requested)


def _in_range(text: str, unit: str) -> bool:
    try:
        number = float(text) if unit == "seconds" else int(text)
    except ValueError:
        return False
    return 0 < number <= MAXIMUM[unit]
