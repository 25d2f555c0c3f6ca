"""The environment with the real CPU engine: installed on first use in the user's cache, kept until its recipe changes.

The recipe is facts/rehearsal/engine.toml and requirements.txt. pip installs it, with this machine's settings.
"""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.util
import json
import platform
import re
import shutil
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS, cache
from modal_serve_gen.rehearsal.engines import installing
from modal_serve_gen.rehearsal.engines.installing import INTERPRETER, PIP_OPTIONS, SERIES, SITE

RECIPE, REQUIREMENTS = FACTS / "rehearsal" / "engine.toml", FACTS / "rehearsal" / "requirements.txt"
TORCHVISION = Path(__file__).with_name("stubs") / "torchvision_stub.py"


@dataclass(frozen=True)
class Engine:
    """The engine's wheel, and the name and version under which the engine looks up its own metadata."""

    distribution: str
    version: str
    sha256: str
    known_as: str
    known_version: str


@dataclass(frozen=True)
class Needs:
    """Requirements on the machine, and the size and duration of the installation."""

    python: list[str]
    glibc: str
    cpu_flag: str
    download_mib: float
    disk_gib: float
    memory_gib: float
    seconds: float


@dataclass(frozen=True)
class Recipe:
    """The content of engine.toml."""

    engine: Engine
    needs: Needs
    torch_index: str


@functools.cache
def recipe() -> Recipe:
    """The bundled engine.toml."""
    table = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    return Recipe(Engine(**table["engine"]), Needs(**table["needs"]), table["torch"]["index"])


def examine() -> tuple[bool, str]:
    """Whether the real engine can run on this machine, and a sentence with the reason. Fast, no network."""
    missing = _missing(recipe().needs)
    name = f"{recipe().engine.known_as} {recipe().engine.known_version}"
    if missing:
        return False, f"The real engine ({name}) needs {'; '.join(missing)}."
    return True, f"{name} is installed in {folder()}." if ready() else f"{name} can be installed in {folder()}."


def _missing(needs: Needs) -> list[str]:
    """Requirements that this machine does not meet, each with the actual value."""
    libc, libc_version = platform.libc_ver()
    free_gib, memory_gib = shutil.disk_usage(_existing(cache())).free / 2**30, _memory_gib()
    missing = []
    if sys.platform != "linux" or platform.machine() != "x86_64":
        missing.append(f"Linux on x86-64 (this is {platform.system()} on {platform.machine()})")
    elif libc != "glibc" or numbers(libc_version) < numbers(needs.glibc):
        missing.append(f"glibc {needs.glibc} or newer (this is {libc or 'another C library'} {libc_version})".rstrip())
    elif not _cpu_has(needs.cpu_flag):
        missing.append(f"a CPU with {needs.cpu_flag.upper()}")
    if platform.python_implementation() != "CPython" or SERIES not in needs.python:
        missing.append(f"CPython {', '.join(needs.python)} (this is {platform.python_implementation()} {SERIES})")
    elif importlib.util.find_spec("ensurepip") is None:
        missing.append("Python's own venv with pip (on Debian: the package python3-venv)")
    if memory_gib is not None and memory_gib < needs.memory_gib:
        missing.append(f"{needs.memory_gib} GiB of free memory (available: {memory_gib:.1f})")
    if not ready() and free_gib < needs.disk_gib:
        missing.append(f"{needs.disk_gib} GiB of free disk at {cache()} (available: {free_gib:.1f})")
    return missing


def folder() -> Path:
    """Where the environment of the current recipe is, or will be."""
    return cache() / f"engine-{_key()[:12]}-py{SERIES}"


def ready() -> bool:
    """True if the environment of the current recipe is installed completely."""
    return installing.complete(folder(), _key())


def ensure(say: Callable[[str], None]) -> Path:
    """The Python executable of the environment, which is installed first if necessary: some minutes, once.

    Raises MachineError with what is missing.
    """
    python = folder() / INTERPRETER
    if ready():
        return python
    able, sentence = examine()
    if not able:
        raise MachineError(sentence, installing.ALTERNATIVE)
    installing.install(folder(), _key(), lambda making: _build(making, folder(), say), say)
    return python


def _build(making: Path, target: Path, say: Callable[[str], None]) -> None:
    """Install the recipe in the folder `making`, which will be renamed to `target`."""
    needs, engine, began = recipe().needs, recipe().engine, time.monotonic()
    say(
        f"Installing the engine environment in {target}: about {needs.download_mib} MiB to download, "
        f"{needs.disk_gib} GiB of disk and {needs.seconds} s, once."
    )
    python = str(making / INTERPRETER)
    pip, requirements = [python, "-m", "pip", "install", *PIP_OPTIONS], ["-r", str(REQUIREMENTS)]
    installing.create(making, say)
    try:
        installing.run([*pip, *requirements], "the engine's packages", say)
    except MachineError as error:
        if "torch" not in error.problem:
            raise
        index, torch = recipe().torch_index, _requirements()[0]
        say(f"The configured package index has no CPU build of torch; using {index}.")
        installing.run([*pip, "--index-url", index, torch], f"{torch} from {index}", say)
        installing.run([*pip, *requirements], "the engine's packages", say)
    pinned = installing.pin(making, engine.distribution, engine.version, engine.sha256)
    installing.run([*pip, *pinned], "the engine", say)
    _name(making / SITE, engine.known_as, engine.known_version)
    (making / SITE / "torchvision").mkdir()
    shutil.copyfile(TORCHVISION, making / SITE / "torchvision" / "__init__.py")
    installing.compile_all(making, target, say)
    installing.run([python, "-c", "import torch, transformers, vllm"], "a first import", say)
    say(f"The engine environment is ready ({time.monotonic() - began:.0f} s).")


def _requirements() -> list[str]:
    """The lines of requirements.txt, torch first."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _name(site: Path, name: str, version: str) -> None:
    """Let the engine find its version under the name that it looks up."""
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


@functools.cache
def _key() -> str:
    """The hash of everything that goes into an environment; changed sizes and comments do not rebuild it."""
    engine = json.dumps(dataclasses.asdict(recipe().engine), sort_keys=True)
    parts = [SERIES, engine, *_requirements(), TORCHVISION.read_text(encoding="utf-8")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparison."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _memory_gib() -> float | None:
    """The memory that the kernel calls available; None if it does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 2**20
    return None


def _cpu_has(flag: str) -> bool:
    with contextlib.suppress(OSError):
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    return True
