"""Containers that end when they have had nothing to do for a while, and those that stay."""

import os
import time
from pathlib import Path

import modal

app = modal.App("scaled")
image = modal.Image.debian_slim()
ends = modal.Volume.from_name("ends", create_if_missing=True)
settings = {"image": image.env({"ENDS": "/ends"}), "volumes": {"/ends": ends}, "scaledown_window": 2}


class Counted:
    @modal.exit()
    def leave(self):
        Path(os.environ["ENDS"], os.environ["MODAL_TASK_ID"]).touch()

    @modal.method()
    def who(self, seconds: float = 0) -> str:
        time.sleep(seconds)
        return os.environ["MODAL_TASK_ID"]


@app.cls(**settings)
class Fleeting(Counted):
    pass


@app.cls(**settings, min_containers=1)
class Lasting(Counted):
    pass


@app.local_entrypoint()
def main():
    fleeting, lasting = Fleeting(), Lasting()
    first = fleeting.who.remote()
    assert fleeting.who.remote(4) == first, "a container at work is not idle"
    several = set(lasting.who.map([1, 1, 1]))
    assert len(several) > 1
    time.sleep(5)
    assert len({each.path for each in ends.listdir("/")} & several) == len(several) - 1, "all but one have ended"
    assert fleeting.who.remote() != first and lasting.who.remote() in several
    assert first in {each.path for each in ends.listdir("/")}
    print("the scaling is content")
