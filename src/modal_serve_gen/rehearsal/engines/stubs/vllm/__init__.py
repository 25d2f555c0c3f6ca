"""The package `vllm` of a rehearsed container."""

import importlib
import json
from pathlib import Path

SETTINGS = json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))
__version__ = SETTINGS["version"]
NAMES = {
    "LLM": "vllm.offline",
    "SamplingParams": "vllm.sampling_params",
    "RequestOutput": "vllm.outputs",
    "CompletionOutput": "vllm.outputs",
}


def __getattr__(name: str) -> object:
    if name in NAMES:
        return getattr(importlib.import_module(NAMES[name]), name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"The rehearsal's stub of vllm has no vllm.{name}; it has {', '.join(NAMES)}.")
