"""Install an environment in the user's cache with pip: completely or not at all, by one process at a time."""

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from modal_serve_gen.errors import MachineError
from modal_serve_gen.folders import cache

STAMP = "recipe"  # the file that holds the key of a complete environment
ALTERNATIVE = "Or rehearse with --engine stub, which needs no installation."
PROGRESS_S = 3  # between two lines of progress
PIP_OPTIONS = ["--no-deps", "--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
PIP_OPTIONS += ["--only-binary", ":all:"]
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = Path("lib") / f"python{SERIES}" / "site-packages"
INTERPRETER = Path("bin") / "python"


def complete(environment: Path, key: str) -> bool:
    """True if a complete environment with this key is installed there."""
    with contextlib.suppress(OSError):
        return (environment / STAMP).read_text(encoding="utf-8") == key and (environment / INTERPRETER).exists()
    return False


def install(target: Path, key: str, build: Callable[[Path], None], say: Callable[[str], None]) -> None:
    """Let `build` fill a temporary folder and rename it to `target`, unless another process has done so meanwhile.

    Safe against a second process, an interruption and a full disk. Raises MachineError.
    """
    with _writing_errors():
        cache().mkdir(parents=True, exist_ok=True)
        with _locked(say):
            if complete(target, key):
                return
            for leftover in cache().glob(f"{target.name.partition('-')[0]}-*.making-*"):  # of a killed process
                shutil.rmtree(leftover, ignore_errors=True)
            making = Path(tempfile.mkdtemp(prefix=f"{target.name}.making-", dir=target.parent))
            try:
                build(making)
                (making / STAMP).write_text(key, encoding="utf-8")
                shutil.rmtree(target, ignore_errors=True)  # an environment of this name is broken
                making.rename(target)
            finally:
                shutil.rmtree(making, ignore_errors=True)


@contextlib.contextmanager
def _writing_errors() -> Iterator[None]:
    """Raise MachineError for errors of writing to the cache."""
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"The engine environment cannot be written to {cache()}: {error.strerror or error}.",
            f"Free disk space there, or set MODAL_SERVE_GEN_CACHE to another folder. {ALTERNATIVE}",
        ) from None


@contextlib.contextmanager
def _locked(say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of the cache folder; the system releases it when the process ends, however it ends."""
    import fcntl  # not on Windows, which does not get here

    with (cache() / "engine.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is installing the engine environment: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def create(environment: Path, say: Callable[[str], None], *options: str) -> None:
    """Create a virtual environment."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    run([base, "-m", "venv", *options, str(environment)], "creating a virtual environment", say)


def pin(environment: Path, distribution: str, version: str, sha256: str) -> list[str]:
    """pip's arguments for one distribution of this hash."""
    pinned = environment / "engine.txt"
    pinned.write_text(f"{distribution}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
    return ["--require-hashes", "-r", str(pinned)]


def compile_all(making: Path, target: Path, say: Callable[[str], None]) -> None:
    """Compile what is installed in `making`, with the paths that it will have in `target`."""
    compiler = [str(making / INTERPRETER), "-m", "compileall", "-qq", "-j", "0"]
    command = [*compiler, "-s", str(making), "-p", str(target), str(making / SITE)]
    run(command, "compiling", say, may_fail=True)


def run(command: list[str], step: str, say: Callable[[str], None], *, may_fail: bool = False) -> None:
    """Run one step with a line of progress every few seconds. Raises MachineError with its error if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PIP_USER"] = "0"  # no virtual environment allows this setting
    began, package, errors = time.monotonic(), [""], list[str]()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip

    def read() -> None:
        for line in process.stdout or ():
            if match := re.match(r"(?:Collecting|Processing) (?:\S*/)?([\w.-]+)", line):
                package[0] = f": {re.split(r'-[0-9]', match[1])[0]}"
            elif line.startswith("Installing collected packages"):
                package[0] = ": unpacking"
            elif "error" in line.lower():
                errors.append(line.strip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while True:
            try:
                code = process.wait(PROGRESS_S)
                break
            except subprocess.TimeoutExpired:
                say(f"  {step}{package[0]} ({time.monotonic() - began:.0f} s)")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    reader.join()
    if code and not may_fail:
        _fail(step, code, errors)


def _fail(step: str, code: int, errors: list[str]) -> None:
    if any("No space left" in line for line in errors):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    pip_errors = [line.removeprefix("ERROR: ") for line in errors if line.startswith("ERROR: ")] or errors
    reason = pip_errors[-1][-300:].rstrip(".") if pip_errors else f"exit code {code}"
    raise MachineError(
        f"The engine environment could not be installed: {step} failed ({reason}).",
        f"It needs a package index that has the packages (network, or pip's own settings). {ALTERNATIVE}",
    )
