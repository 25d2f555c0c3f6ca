"""Measure what a user waits for: `python scripts/bench_cli.py` prints seconds per command, best and median of several.

The limits are the project's own promises; the script ends 1 when a median is over one.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "modal_serve_gen.cli"]
HEAVY = ("modal", "jinja2", "huggingface_hub")
# (name, arguments, runs, limit in seconds)
CASES = [
    ("--help", ["--help"], 10, 0.3),
    ("new (its own checks included)", ["new", "a.py", "--offline", "--force"], 10, 1.0),
    ("new, then rehearse with the stub", None, 3, 10.0),
]


def seconds(arguments: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run([*COMMAND, *arguments], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def heavy_imports() -> list[str]:
    """Which of the heavy packages `--help` imports: none, if all is well."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:], "--help"], capture_output=True, text=True, check=True
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return sorted(names & set(HEAVY))


def main() -> int:
    folder = tempfile.mkdtemp()
    failed = bool(heavy := heavy_imports())
    print(f"--help imports {', '.join(heavy) or 'none of ' + ', '.join(HEAVY)}")
    try:
        for name, arguments, runs, limit in CASES:
            times = []
            for _ in range(runs):
                if arguments is None:
                    Path(folder, "a.py").unlink(missing_ok=True)
                    times.append(
                        seconds(["new", "a.py", "--offline"], folder)
                        + seconds(["rehearse", "a.py", "--engine", "stub"], folder)
                    )
                else:
                    times.append(seconds(arguments, folder))
            median = statistics.median(times)
            failed |= median > limit
            print(f"{name}: best {min(times):.2f} s, median {median:.2f} s of {runs} runs, limit {limit:g} s")
    finally:
        shutil.rmtree(folder)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
