"""Stand-in for the package `vllm` in a rehearsed container."""

import json
from pathlib import Path

SETTINGS = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
__version__ = SETTINGS["version"]


def __getattr__(name: str):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"The rehearsal stands in for `vllm serve` only: it has no vllm.{name}.")
