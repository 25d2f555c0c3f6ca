"""Events of a rehearsal, from which its report is made."""

import enum
import time
from dataclasses import dataclass, field


class Party(enum.Enum):
    """Whose fault an event is."""

    APP = "app"
    REHEARSAL = "rehearsal"


class EventKind(enum.Enum):
    PUBLISHED = enum.auto()  # an app
    DISCONNECTED = enum.auto()  # the client of an app
    CONTAINER_STARTED = enum.auto()
    CONTAINER_READY = enum.auto()
    # It exited on its own, or was stopped as not ready; `text` completes "a container of TAG ...".
    CONTAINER_FAILED = enum.auto()
    ENGINE_ENDED = enum.auto()  # an engine's process ended before it served; `text` is its last error
    CODE_RAISED = enum.auto()  # code of the app in a container: `text` is the exception, `trace` its traceback
    UNIMPLEMENTED = enum.auto()  # `text` is the name of an RPC
    BUILD_STARTED = enum.auto()
    BUILD_ENDED = enum.auto()


@dataclass(frozen=True)
class Event:
    """`tag` is the function's; '' for events of an app."""

    kind: EventKind
    tag: str = ""
    text: str = ""
    party: Party = Party.APP
    trace: str = ""
    at: float = field(default_factory=time.monotonic)  # seconds
