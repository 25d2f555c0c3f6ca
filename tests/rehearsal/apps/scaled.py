"""Containers that stop when idle, and containers that are kept warm."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import modal

WINDOW_S = 2
app = modal.App("scaled")
image = modal.Image.debian_slim()
files = modal.Volume.from_name("files", create_if_missing=True)
settings = {"image": image.env({"FILES": "/files"}), "volumes": {"/files": files}, "scaledown_window": WINDOW_S}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 1800
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Base:
    @modal.enter()
    def start(self):
        self.files, self.task_id = Path(os.environ["FILES"]), os.environ["MODAL_TASK_ID"]

    @modal.exit()
    def stop(self):
        (self.files / f"stopped-{self.task_id}").touch()


@app.cls(**settings)
@modal.concurrent(max_inputs=2)
class Fleeting(Base):
    @modal.method()
    def hold(self) -> str:
        """Return after `release`."""
        until((self.files / "released").exists)
        return self.task_id

    @modal.method()
    def release(self) -> str:
        (self.files / "released").touch()
        return self.task_id


@app.cls(**settings, min_containers=1)
class Lasting(Base):
    @modal.method()
    def meet(self, number: int) -> str:
        """Return once `number` containers have been called."""
        (self.files / f"met-{self.task_id}").touch()
        until(lambda: len(list(self.files.glob("met-*"))) >= number)
        return self.task_id


def stopped() -> set[str]:
    return {name.removeprefix("stopped-") for entry in files.listdir("/") if (name := entry.path).startswith("stopped")}


@app.local_entrypoint()
def main():
    fleeting, lasting = Fleeting(), Lasting()
    call = fleeting.hold.spawn()
    warm = set(lasting.meet.map([2, 2]))
    assert len(warm) == 2
    time.sleep(2 * WINDOW_S)
    first = fleeting.release.remote()
    assert call.get() == first, "a busy container is not idle"
    until(lambda: first in stopped() and len(stopped() & warm) == 1)
    assert fleeting.release.remote() != first and lasting.meet.remote(1) in warm - stopped()
    print("scaling passed")
