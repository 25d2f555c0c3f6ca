"""Injects faults where they occur in reality: in a busy container, in a streaming engine, in a full Volume.

The stubs themselves inject faults at an engine's start, and in the middle of a stub's answer (their notes.py); the
local hub refuses requests by itself.
"""

import contextlib
import os
import signal

from modal_serve_gen.rehearsal.containers import processes
from modal_serve_gen.rehearsal.containers.fleet import Fleet
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane
from modal_serve_gen.rehearsal.faults import Faults


class Injector:
    """Injects each requested fault as often as requested; `triggered` counts them."""

    def __init__(self, faults: Faults, plane: ControlPlane, fleet: Fleet, *, real_engine: bool):
        self.faults, self.plane, self.fleet, self.real_engine = faults, plane, fleet, real_engine
        self.triggered: dict[str, int] = dict.fromkeys(faults.requested, 0)
        plane.at_work, plane.streaming = self.at_work, self.streaming
        plane.triggered = self.count
        if "volume-full" in faults.requested:
            plane.full = self.full

    def due(self, name: str) -> bool:
        """True if the fault is to be injected now; counts it as triggered."""
        if self.triggered.get(name, 0) >= self.faults.times(name):
            return False
        self.count(name)
        return True

    def count(self, name: str) -> None:
        self.triggered[name] += 1

    def full(self, volume: str) -> bool:
        """True if writing to the Volume of this name fails."""
        return self.faults.requested["volume-full"] in ("", volume)

    def at_work(self, container: Container) -> None:
        """A container got work. In an app with GPUs, containers without a GPU are spared."""
        function = container.function
        if not function.gpus and any(other.gpus for other in function.app.functions.values()):
            return
        if self.due("preempt"):
            self._log(container, "is preempted")
            self.fleet.preempt(container)
        elif self.due("kill-container"):
            self._log(container, "is killed")
            self.fleet.crash(container)

    def streaming(self, container: Container) -> None:
        """A container begins a streamed response. A stub ends by itself, later in its response."""
        if self.real_engine and container.process and self.due("engine-crash-mid-stream"):
            self._log(container, "loses its engine")
            for pid in processes.descendants(container.process.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def _log(self, container: Container, event: str) -> None:
        self.fleet.log(container, f"Fault: this container of {container.function.tag} {event}.\n")
