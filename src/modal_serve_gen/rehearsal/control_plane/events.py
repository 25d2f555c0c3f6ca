"""Events of a rehearsal, from which its report is made."""

import enum
import time
from dataclasses import dataclass, field


class EventKind(enum.Enum):
    PUBLISHED = enum.auto()  # an app
    DISCONNECTED = enum.auto()  # the client of an app
    CONTAINER_STARTED = enum.auto()
    CONTAINER_READY = enum.auto()
    CONTAINER_FAILED = (
        enum.auto()
    )  # it exited on its own, or was stopped as not ready; `text` completes "a container of TAG ..."
    BUILD_STARTED = enum.auto()
    BUILD_ENDED = enum.auto()


@dataclass(frozen=True)
class Event:
    """`tag` is the function's; '' for events of an app."""

    kind: EventKind
    tag: str = ""
    text: str = ""
    at: float = field(default_factory=time.monotonic)  # seconds
