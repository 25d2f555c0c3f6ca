"""The rehearsal's tests under several SDKs and Pythons: `make test-matrix`. Ends with 1 where one of them fails.

SDKs: the oldest that pyproject.toml admits, one in the middle, the newest that requirements-dev.txt pins.
"""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.13")
MIDDLE = "1.6.0"
TESTS = ("test_rehearse", "test_classes", "test_deploy", "test_servers", "test_workflows", "test_volumes", "test_blobs",
         "test_definitions", "test_foreign", "test_isolation", "test_kept", "test_probe")  # fmt: skip


def sdks() -> list[str]:
    """Versions of modal, oldest first."""
    oldest = re.search(r'"modal>=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))[1]
    newest = re.search(r"^modal==([\d.]+)", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.M)[1]
    return [oldest, MIDDLE, newest]


def environment(python: str, sdk: str) -> Path | None:
    """The interpreter of an environment with this SDK, kept for the next time; None where there is no such Python."""
    found = shutil.which(f"python{python}")
    if found is None or subprocess.run([found, "--version"], capture_output=True).returncode:
        return None
    folder = ROOT / ".cache" / "matrix" / f"python{python}-modal{sdk}"
    interpreter = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        subprocess.run([found, "-m", "venv", "--clear", str(folder)], check=True)
        wanted = ["-e", str(ROOT), f"modal=={sdk}", "pytest", "pytest-xdist", "hypothesis", "openai"]
        subprocess.run([str(interpreter), "-m", "pip", "install", "-q", *wanted], check=True)
        (folder / ".ready").touch()
    return interpreter


def tested(python: str, sdk: str) -> tuple[bool, str]:
    """Whether the tests pass in this environment, and what to say of it."""
    began, interpreter = time.monotonic(), environment(python, sdk)
    if interpreter is None:
        return False, f"not run: there is no python{python} here"
    paths = [str(path) for name in TESTS if (path := ROOT / "tests" / "rehearsal" / f"{name}.py").exists()]
    command = [str(interpreter), "-m", "pytest", "-q", "-n", "3", "-m", "not engine", *paths]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], sep="\n")
    last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1].strip("= ")
    return done.returncode == 0, f"{last}; {time.monotonic() - began:.0f} s with its environment"


def main() -> int:
    good = True
    print("Python  modal   result", flush=True)
    for python in PYTHONS:
        for sdk in sdks():
            passed, result = tested(python, sdk)
            print(f"{python:7} {sdk:7} {result}", flush=True)
            good = good and passed
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
