"""What the real CPU engines say about command lines: one long-lived process for each engine builds configurations."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from modal_serve_gen import facts
from modal_serve_gen.rehearsal.engines import engine_env, sglang_env, stubs

WORKER = Path(__file__).with_name("engine_worker.py")
ENGINES = {"vllm": engine_env, "sglang": sglang_env}
# One model of each kind that conditions distinguish.
MODELS = {
    "dense": "Qwen/Qwen3-4B-Instruct-2507",
    "moe": "Qwen/Qwen3-30B-A3B-Instruct-2507",
    "multimodal": "google/gemma-3-4b-it",
    "awq": "Qwen/Qwen2.5-7B-Instruct-AWQ",
}
# What the bundled configuration leaves out, since no plan depends on it.
LEFT_OUT = {"awq": {"quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True}}}


class Verdicts:
    """A process in the environment of one real engine."""

    def __init__(self, engine: str, folder: Path):
        self.engine = engine
        self.models = {kind: str(folder / kind) for kind in MODELS}
        for kind, model in MODELS.items():
            (folder / kind).mkdir()
            config = facts.config(model).config | LEFT_OUT.get(kind, {})
            (folder / kind / "config.json").write_text(json.dumps(config))
        python = ENGINES[engine].folder() / "bin" / "python"
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.process = subprocess.Popen(
            [python, "-P", WORKER, engine, stubs.HERE / "sglang" / "launch.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
            env=variables | {"HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "ERROR"},
        )  # fmt: skip
        self.log = folder / "log"

    def error(self, argv: list[str], kind: str = "dense") -> str:
        """The engine's error for a command line with a model of this kind; '' if it accepts it."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([self.models[kind], argv]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()[-3000:]
        return str(json.loads(answer))


@contextlib.contextmanager
def verdicts(engine: str, folder: Path) -> Iterator[Verdicts]:
    """The verdicts of a real engine; skips the test where the engine's environment is absent."""
    environment = ENGINES[engine]
    if not environment.ready():
        pytest.skip(f"run `make engine`: {environment.examine()[1]}")
    running = Verdicts(engine, folder)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()
