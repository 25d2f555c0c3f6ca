"""Lets faults strike: a container while it is at work, its engine in the middle of a stream, a Volume that is full.

What befalls an engine at its start, and the stub in the middle of an answer, is done by the stand-ins (notes.py there);
the local hub is down by itself.
"""

import contextlib
import os
import signal

from modal_serve_gen.rehearsal.containers import processes
from modal_serve_gen.rehearsal.containers.fleet import Containers
from modal_serve_gen.rehearsal.faults import Faults
from modal_serve_gen.rehearsal.plane.state import Container, Plane


class Injector:
    """Lets the faults strike that the plane itself injects, each as often as was asked for; `struck` says how often."""

    def __init__(self, faults: Faults, plane: Plane, containers: Containers, *, real_engine: bool):
        self.faults, self.plane, self.containers, self.real_engine = faults, plane, containers, real_engine
        self.struck: dict[str, int] = dict.fromkeys(faults.asked, 0)
        plane.at_work, plane.streaming = self.at_work, self.streaming
        plane.struck = self.count
        if "volume-full" in faults.asked:
            plane.full = self.full

    def due(self, name: str) -> bool:
        """Whether the fault strikes once more; then it counts as having struck."""
        if self.struck.get(name, 0) >= self.faults.times(name):
            return False
        self.count(name)
        return True

    def count(self, name: str) -> None:
        self.struck[name] += 1

    def full(self, volume: str) -> bool:
        """Whether writing to the Volume of this name fails."""
        return self.faults.asked["volume-full"] in ("", volume)

    def at_work(self, container: Container) -> None:
        """A container has been given something to do. Of an app with GPUs, those without one are left in peace."""
        function = container.function
        if not function.gpus and any(each.gpus for each in function.app.functions.values()):
            return
        if self.due("preempt"):
            self._tell(container, "is preempted")
            self.containers.preempt(container)
        elif self.due("kill-container"):
            self._tell(container, "is killed")
            self.containers.crash(container)

    def streaming(self, container: Container) -> None:
        """It begins a streamed answer. The stub dies by itself, later in its answer."""
        if self.real_engine and container.process and self.due("engine-crash-mid-stream"):
            self._tell(container, "loses its engine")
            for pid in processes.descendants(container.process.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def _tell(self, container: Container, what: str) -> None:
        self.containers.say(container, f"Fault: this container of {container.function.tag} {what}.\n")
