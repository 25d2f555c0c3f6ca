"""The environment with the real CPU engine: made on first use in the user's cache, kept until its recipe changes.

The recipe is facts/rehearsal/engine.toml with requirements.txt beside it. pip installs, with this machine's settings.
"""

import contextlib
import errno
import functools
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import FACTS, cache

RECIPE, REQUIREMENTS = FACTS / "rehearsal" / "engine.toml", FACTS / "rehearsal" / "requirements.txt"
TORCHVISION = Path(__file__).with_name("stubs") / "torchvision_stub.py"
STAMP = "recipe"
INSTEAD = "Or rehearse with --engine stub, which needs nothing."
TALK_S = 3  # seconds between two lines of progress
PIP_OPTIONS = ["--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
PIP_OPTIONS += ["--only-binary", ":all:"]
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"


@functools.cache
def recipe() -> dict:
    """The bundled engine.toml."""
    return tomllib.loads(RECIPE.read_text(encoding="utf-8"))


def examine() -> tuple[bool, str]:
    """Whether the real engine can run on this machine, and a sentence that says why, or why not. Fast, no network."""
    needs, engine = recipe()["needs"], recipe()["engine"]
    libc, libc_version = platform.libc_ver()
    free, room = shutil.disk_usage(_existing(cache())).free / 2**30, needs["disk_gib"]
    memory = _memory_gib()
    lacks = []
    if sys.platform != "linux" or platform.machine() != "x86_64":
        lacks.append(f"Linux on x86-64 (this is {platform.system()} on {platform.machine()})")
    elif libc != "glibc" or numbers(libc_version) < numbers(needs["glibc"]):
        lacks.append(f"glibc {needs['glibc']} or newer (this is {libc or 'another C library'} {libc_version})".rstrip())
    elif not _cpu_has(needs["cpu_flag"]):
        lacks.append(f"a CPU with {needs['cpu_flag'].upper()}")
    if platform.python_implementation() != "CPython" or SERIES not in needs["python"]:
        lacks.append(f"CPython {', '.join(needs['python'])} (this is {platform.python_implementation()} {SERIES})")
    elif importlib.util.find_spec("ensurepip") is None:
        lacks.append("Python's own venv with pip (on Debian: the package python3-venv)")
    if memory is not None and memory < needs["memory_gib"]:
        lacks.append(f"{needs['memory_gib']} GiB of free memory (there are {memory:.1f})")
    if not ready() and free < room:
        lacks.append(f"{room} GiB of free disk at {cache()} (there are {free:.1f})")
    name = f"{engine['known_as']} {engine['known_version']}"
    if lacks:
        return False, f"The real engine ({name}) needs {'; '.join(lacks)}."
    return True, f"{name} is installed in {folder()}." if ready() else f"{name} can be installed in {folder()}."


def folder() -> Path:
    """Where the environment of the present recipe is, or will be."""
    return cache() / f"engine-{_key()[:12]}-py{SERIES}"


def ready() -> bool:
    """Whether the environment is there, whole, and of the present recipe."""
    return stamped(folder(), _key())


def stamped(where: Path, key: str) -> bool:
    """Whether a whole environment of this key is there."""
    with contextlib.suppress(OSError):
        return (where / STAMP).read_text(encoding="utf-8") == key and (where / "bin" / "python").exists()
    return False


def ensure(say: Callable[[str], None]) -> Path:
    """The Python executable of the environment, which is made first if it is not there: some minutes, once.

    Safe against a second process, an interruption and a full disk: it is made beside and renamed when it is whole.
    Raises MachineError with what is missing.
    """
    python = folder() / "bin" / "python"
    if ready():
        return python
    able, sentence = examine()
    if not able:
        raise MachineError(sentence, INSTEAD)
    with writing():
        cache().mkdir(parents=True, exist_ok=True)
        with alone(say):
            if not ready():
                for left in cache().glob("engine-*.making-*"):  # of a process that was killed
                    shutil.rmtree(left, ignore_errors=True)
                _make(folder(), say)
    return python


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """What the system says against writing to the cache, as MachineError."""
    try:
        yield
    except OSError as fault:
        raise MachineError(
            f"The engine environment cannot be written to {cache()}: {fault.strerror or fault}.",
            f"Make room there, or name another folder in MODAL_SERVE_GEN_CACHE. {INSTEAD}",
        ) from None


def _make(target: Path, say: Callable[[str], None]) -> None:
    needs, engine = recipe()["needs"], recipe()["engine"]
    began = time.monotonic()
    say(
        f"Making the engine environment in {target}: about {needs['download_mib']} MiB to download, "
        f"{needs['disk_gib']} GiB of disk and {needs['seconds']} s, once."
    )
    making = Path(tempfile.mkdtemp(prefix=f"{target.name}.making-", dir=target.parent))
    try:
        base = getattr(sys, "_base_executable", None) or sys.executable
        run([base, "-m", "venv", str(making)], "making a virtual environment", say)
        pinned = making / "engine.txt"
        pinned.write_text(f"{engine['distribution']}=={engine['version']} --hash=sha256:{engine['sha256']}\n")
        pip = [str(making / "bin" / "python"), "-m", "pip", "install", *PIP_OPTIONS]
        rest = [*pip, "-r", str(REQUIREMENTS)]
        try:
            run(rest, "the engine's packages", say)
        except MachineError as first:
            if "torch" not in first.problem:
                raise
            index, (torch, *_) = recipe()["torch"]["index"], _pinned()
            say(f"This machine's package settings have no CPU build of torch; asking {index}.")
            run([*pip, "--index-url", index, torch], f"{torch} from {index}", say)
            run(rest, "the engine's packages", say)
        run([*pip, "--require-hashes", "-r", str(pinned)], "the engine", say)
        site = making / "lib" / f"python{SERIES}" / "site-packages"
        _name(site, engine["known_as"], engine["known_version"])
        (site / "torchvision").mkdir()
        shutil.copyfile(TORCHVISION, site / "torchvision" / "__init__.py")
        compile_all(making, target, say)
        run([str(making / "bin" / "python"), "-c", "import torch, transformers, vllm"], "trying it", say)
        finish(making, target, _key())
    finally:
        shutil.rmtree(making, ignore_errors=True)
    say(f"The engine environment is ready ({time.monotonic() - began:.0f} s).")


def compile_all(making: Path, target: Path, say: Callable[[str], None]) -> None:
    """Compile what was installed in `making`, as it will be found in `target`."""
    site = making / "lib" / f"python{SERIES}" / "site-packages"
    compiler = [str(making / "bin" / "python"), "-m", "compileall", "-qq", "-j", "0"]
    run([*compiler, "-s", str(making), "-p", str(target), str(site)], "compiling", say, may_fail=True)


def finish(making: Path, target: Path, key: str) -> None:
    """Let a whole environment take its place."""
    (making / STAMP).write_text(key, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)  # one of this name is there only if it is broken
    making.rename(target)


def _pinned() -> list[str]:
    """The lines of requirements.txt, torch first."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _name(site: Path, name: str, version: str) -> None:
    """Let the engine find its version under its own name."""
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


def run(command: list[str], what: str, say: Callable[[str], None], *, may_fail: bool = False) -> None:
    """Run one step with a line of progress every few seconds; MachineError with its last words if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PIP_USER"] = "0"  # a setting that no virtual environment allows
    began, now, errors = time.monotonic(), [""], []
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip

    def read() -> None:
        for line in process.stdout:
            if found := re.match(r"(?:Collecting|Processing) (?:\S*/)?([\w.-]+)", line):
                now[0] = f": {re.split(r'-[0-9]', found[1])[0]}"
            elif line.startswith("Installing collected packages"):
                now[0] = ": unpacking"
            elif "error" in line.lower():
                errors.append(line.strip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while True:
            try:
                code = process.wait(TALK_S)
                break
            except subprocess.TimeoutExpired:
                say(f"  {what}{now[0]} ({time.monotonic() - began:.0f} s)")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    reader.join(TALK_S)
    if code and not may_fail:
        if any("No space left" in line for line in errors):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        last = [line.removeprefix("ERROR: ") for line in errors if line.startswith("ERROR: ")] or errors
        why = last[-1][-300:].rstrip(".") if last else f"exit code {code}"
        raise MachineError(
            f"The engine environment could not be made: {what} failed ({why}).",
            f"It needs a package index that has them (network, or pip's own settings). {INSTEAD}",
        )


@contextlib.contextmanager
def alone(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of the cache folder; the system lets it go when the process ends, however it ends."""
    import fcntl  # not on Windows, where nobody comes this far

    with (cache() / "engine.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process makes the engine environment: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def _key() -> str:
    """The hash of all that an environment is made from; sizes and remarks may change without making it anew."""
    parts = [
        SERIES,
        json.dumps(recipe()["engine"], sort_keys=True),
        *_pinned(),
        TORCHVISION.read_text(encoding="utf-8"),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _memory_gib() -> float | None:
    """What the kernel says is available; None where it says nothing."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 2**20
    return None


def _cpu_has(flag: str) -> bool:
    with contextlib.suppress(OSError):
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    return True
