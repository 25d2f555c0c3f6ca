"""A finished rehearsal: everything that its report is made from."""

from dataclasses import dataclass

from modal_serve_gen.rehearsal.calling import Called
from modal_serve_gen.rehearsal.client import Failure
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.control_plane import images
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.rehearsal.outputs import Written
from modal_serve_gen.rehearsal.packages import ENGINES
from modal_serve_gen.rehearsal.substitutes import Substitutes
from modal_serve_gen.rehearsal.web.ingress import Ingress
from modal_serve_gen.rehearsal.web.localhub import LocalHub

UNCHECKED = ("other", "placeholder")  # kinds of notes of stubs that know little of their engine


@dataclass(frozen=True)
class Outcome:
    """A finished rehearsal: everything that its report is made from."""

    app: str
    file: str  # its absolute path
    source: str
    exit_code: int
    probed: bool  # its web endpoints got requests, instead of its entrypoint being run
    whole: bool  # the target was the app, not one of its functions
    asked: dict[str, bool]  # endpoints that the rehearsal asked itself -> whether they answered
    called: dict[str, Called]  # functions that the rehearsal called with made-up arguments
    waited: bool  # the entrypoint only waited, and was ended
    timed_out: str  # the command that exceeded its limit, in a sentence
    written: Written | None  # by the app's entrypoint
    failure: Failure | None  # what ended the last command that failed
    started_at: float  # time.monotonic()
    ended_at: float
    output: str  # the end of the commands' output
    config: RehearsalConfig
    plane: ControlPlane
    ingress: Ingress
    hub: LocalHub
    substitutes: Substitutes
    triggered: dict[str, int]  # fault -> how often the rehearsal itself injected it

    @property
    def published(self) -> bool:
        return any(event.kind is EventKind.PUBLISHED for event in self.plane.events)

    @property
    def exercised(self) -> bool:
        """True if the app's entrypoint exited with code 0, or its web endpoints answered."""
        return self.exit_code == 0 and (bool(self.asked or self.called) if self.probed else self.published)

    @property
    def unstarted(self) -> str:
        """The engine of the app's images, if the whole app was rehearsed and nothing started it."""
        return unstarted(self.plane, self.substitutes) if self.whole and self.published else ""

    @property
    def ok(self) -> bool:
        """True if the commands succeeded, and everything that was asked answered, the engine included."""
        returned = any(not called.raised for called in self.called.values())
        answered = all(self.asked.values()) and (bool(self.asked) or returned or not self.probed)
        started = not any(function.refused for function in self.plane.functions.values())
        return self.exit_code == 0 and answered and started and not self.unstarted


def unstarted(plane: ControlPlane, substitutes: Substitutes) -> str:
    """The engine that the images of the app's functions have, if nothing has started it."""
    if {"started", *UNCHECKED} & {note.kind for note in substitutes.notes}:
        return ""
    used = {function.definition.image_id for function in plane.functions.values()}
    names = {name for key in used & plane.images.keys() for name in images.engines(plane.images[key])}
    return next((name for name in ENGINES if name in names), "")
