"""Run the rehearsal's tests under several SDKs and Pythons: `make test-matrix`. Exits with 1 if one fails.

SDKs: the oldest that pyproject.toml allows, one in the middle, the newest that requirements-dev.txt pins.
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
         "test_definitions", "test_foreign", "test_isolation", "test_state_dir", "test_probe")  # fmt: skip


def sdks() -> list[str]:
    """Versions of modal, oldest first."""
    oldest = re.findall(r'"modal>=([\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    newest = re.findall(r"^modal==([\d.]+)", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.M)
    return [oldest[0], MIDDLE, newest[0]]


def environment(python: str, sdk: str) -> Path | None:
    """The interpreter of a cached environment with this SDK; None if this Python is not installed."""
    base = shutil.which(f"python{python}")
    if base is None or subprocess.run([base, "--version"], capture_output=True).returncode:
        return None
    folder = ROOT / ".cache" / "matrix" / f"python{python}-modal{sdk}"
    interpreter = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
        packages = ["-e", str(ROOT), f"modal=={sdk}", "pytest", "pytest-xdist", "hypothesis", "openai"]
        subprocess.run([str(interpreter), "-m", "pip", "install", "-q", *packages], check=True)
        (folder / ".ready").touch()
    return interpreter


def run_tests(python: str, sdk: str) -> tuple[bool, str]:
    """Whether the tests pass in this environment, and their summary."""
    started_at, interpreter = time.monotonic(), environment(python, sdk)
    if interpreter is None:
        return False, f"not run: python{python} is not installed"
    paths = [str(path) for name in TESTS if (path := ROOT / "tests" / "rehearsal" / f"{name}.py").exists()]
    command = [str(interpreter), "-m", "pytest", "-q", "-n", "3", "-m", "not engine", *paths]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        print(result.stdout[-6000:], result.stderr[-2000:], sep="\n")
    last = (result.stdout.strip().splitlines() or [result.stderr.strip()])[-1].strip("= ")
    return result.returncode == 0, f"{last}; {time.monotonic() - started_at:.0f} s with its environment"


def main() -> int:
    all_passed = True
    print("Python  modal   result", flush=True)
    for python in PYTHONS:
        for sdk in sdks():
            passed, result = run_tests(python, sdk)
            print(f"{python:7} {sdk:7} {result}", flush=True)
            all_passed = all_passed and passed
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main())
