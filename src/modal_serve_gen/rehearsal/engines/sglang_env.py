"""The environment with the real SGLang: a layer over the engine environment (engine_env.py), whose packages it uses.

Made when the first app needs it, kept until its recipe, facts/rehearsal/sglang.toml, or what is below it changes.
"""

import functools
import hashlib
import json
import platform
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS, cache
from modal_serve_gen.rehearsal.engines import engine_env

RECIPE = FACTS / "rehearsal" / "sglang.toml"
LAUNCH = Path(__file__).with_name("stubs") / "sglang" / "launch.py"


@functools.cache
def recipe() -> dict:
    """The bundled sglang.toml."""
    return tomllib.loads(RECIPE.read_text(encoding="utf-8"))


def examine() -> tuple[bool, str]:
    """Whether SGLang can run on this machine, and a sentence that says why, or why not. Fast, no network."""
    able, sentence = engine_env.examine()
    if not able:
        return able, sentence
    name = "SGLang {version}".format_map(recipe()["engine"])
    libc, needed = platform.libc_ver()[1], recipe()["needs"]["glibc"]
    if engine_env.numbers(libc) < engine_env.numbers(needed):
        return False, f"The real engine ({name}) needs glibc {needed} or newer (this is {libc})."
    return True, f"{name} is installed in {folder()}." if ready() else f"{name} can be installed in {folder()}."


def folder() -> Path:
    """Where the layer of the present recipe is, or will be."""
    return cache() / f"sglang-{_key()[:12]}-py{engine_env.SERIES}"


def ready() -> bool:
    """Whether the layer is there and whole, and what it lies on as well."""
    return engine_env.ready() and engine_env.stamped(folder(), _key())


def ensure(say: Callable[[str], None]) -> Path:
    """The Python executable of the layer, which is made first if it is not there; the engine environment before it.

    As safe as `engine_env.ensure`. Raises MachineError with what is missing.
    """
    below, python = engine_env.ensure(say), folder() / "bin" / "python"
    if ready():
        return python
    able, sentence = examine()
    if not able:
        raise MachineError(sentence, engine_env.INSTEAD)
    with engine_env.writing(), engine_env.alone(say):
        if not ready():
            for left in cache().glob("sglang-*.making-*"):  # of a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            _make(folder(), below, say)
    return python


def _make(target: Path, below: Path, say: Callable[[str], None]) -> None:
    engine, needs = recipe()["engine"], recipe()["needs"]
    began = time.monotonic()
    say(f"Adding SGLang in {target}: {needs['download_mib']} MiB to download and about {needs['seconds']} s, once.")
    making = Path(tempfile.mkdtemp(prefix=f"{target.name}.making-", dir=target.parent))
    try:
        base = getattr(sys, "_base_executable", None) or sys.executable
        engine_env.run([base, "-m", "venv", "--without-pip", str(making)], "making a virtual environment", say)
        python = making / "bin" / "python"
        pip = [str(below), "-m", "pip", "--python", str(python), "install", *engine_env.PIP_OPTIONS]
        engine_env.run([*pip, *engine["beside"]], "its packages", say)
        pinned = making / "engine.txt"
        sha256 = engine["sha256"][engine_env.SERIES]
        pinned.write_text(f"{engine['distribution']}=={engine['version']} --hash=sha256:{sha256}\n", encoding="utf-8")
        engine_env.run([*pip, "--require-hashes", "-r", str(pinned)], "the engine", say)
        inside = Path("lib") / f"python{engine_env.SERIES}" / "site-packages"
        (making / inside / "below.pth").write_text(f"{below.parent.parent / inside}\n", encoding="utf-8")
        engine_env.compile_all(making, target, say)
        engine_env.run([str(python), "-P", str(LAUNCH), "try"], "trying it", say)
        engine_env.finish(making, target, _key())
    finally:
        shutil.rmtree(making, ignore_errors=True)
    say(f"SGLang is ready ({time.monotonic() - began:.0f} s).")


@functools.cache
def _key() -> str:
    """The hash of all that a layer is made from."""
    parts = [json.dumps(recipe()["engine"], sort_keys=True), engine_env.folder().name]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
