"""The environment with the real SGLang: a layer over the engine environment (engine_env.py), whose packages it uses.

Installed when the first app needs it, kept until its recipe, facts/rehearsal/sglang.toml, or the layer below changes.
"""

import dataclasses
import functools
import hashlib
import json
import platform
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS, cache
from modal_serve_gen.rehearsal.engines import engine_env, installing
from modal_serve_gen.rehearsal.engines.installing import INTERPRETER, PIP_OPTIONS, SERIES, SITE

RECIPE = FACTS / "rehearsal" / "sglang.toml"
LAUNCH = Path(__file__).with_name("stubs") / "sglang" / "launch.py"


@dataclass(frozen=True)
class Engine:
    """SGLang's wheel, by its hash for each series of Python, and the packages that it needs besides."""

    distribution: str
    version: str
    beside: list[str]
    sha256: dict[str, str]


@dataclass(frozen=True)
class Needs:
    """Requirements on the machine, and the size and duration of the installation."""

    glibc: str
    download_mib: float
    disk_gib: float
    seconds: float


@dataclass(frozen=True)
class Recipe:
    """The content of sglang.toml."""

    engine: Engine
    needs: Needs


@functools.cache
def recipe() -> Recipe:
    """The bundled sglang.toml."""
    table = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    return Recipe(Engine(**table["engine"]), Needs(**table["needs"]))


def examine() -> tuple[bool, str]:
    """Whether SGLang can run on this machine, and a sentence with the reason. Fast, no network."""
    able, sentence = engine_env.examine()
    if not able:
        return able, sentence
    name, libc, required = f"SGLang {recipe().engine.version}", platform.libc_ver()[1], recipe().needs.glibc
    if engine_env.numbers(libc) < engine_env.numbers(required):
        return False, f"The real engine ({name}) needs glibc {required} or newer (this is {libc})."
    return True, f"{name} is installed in {folder()}." if ready() else f"{name} can be installed in {folder()}."


def folder() -> Path:
    """Where the layer of the current recipe is, or will be."""
    return cache() / f"sglang-{_key()[:12]}-py{SERIES}"


def ready() -> bool:
    """True if the layer and the environment below it are installed completely."""
    return engine_env.ready() and installing.complete(folder(), _key())


def ensure(say: Callable[[str], None]) -> Path:
    """The Python executable of the layer, which is installed first if necessary, after the engine environment.

    Raises MachineError with what is missing.
    """
    below, python = engine_env.ensure(say), folder() / INTERPRETER
    if ready():
        return python
    able, sentence = examine()
    if not able:
        raise MachineError(sentence, installing.ALTERNATIVE)
    installing.install(folder(), _key(), lambda making: _build(making, folder(), below, say), say)
    return python


def _build(making: Path, target: Path, below: Path, say: Callable[[str], None]) -> None:
    """Install the recipe in `making`, which will be renamed to `target`; `below` is the Python of the layer below."""
    engine, needs, began = recipe().engine, recipe().needs, time.monotonic()
    say(f"Adding SGLang in {target}: {needs.download_mib} MiB to download and about {needs.seconds} s, once.")
    installing.create(making, say, "--without-pip")
    python = str(making / INTERPRETER)
    pip = [str(below), "-m", "pip", "--python", python, "install", *PIP_OPTIONS]
    installing.run([*pip, *engine.beside], "its packages", say)
    pinned = installing.pin(making, engine.distribution, engine.version, engine.sha256[SERIES])
    installing.run([*pip, *pinned], "the engine", say)
    (making / SITE / "below.pth").write_text(f"{below.parent.parent / SITE}\n", encoding="utf-8")
    installing.compile_all(making, target, say)
    installing.run([python, "-P", str(LAUNCH), "try"], "a first import", say)
    say(f"SGLang is ready ({time.monotonic() - began:.0f} s).")


@functools.cache
def _key() -> str:
    """The hash of everything that goes into a layer."""
    parts = [json.dumps(dataclasses.asdict(recipe().engine), sort_keys=True), engine_env.folder().name]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
