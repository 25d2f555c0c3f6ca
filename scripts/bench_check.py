"""Measure `check` on many files: `python -m scripts.bench_check` checks 100 and 1,000 of them, with --no-import.

Prints seconds, CPU seconds (which a busy machine changes less) and the memory of the largest process; ends with 1 over
the project's promises.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts import golden

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = sorted((ROOT / "tests" / "rehearsal" / "apps").glob("*.py"))
FILES = [*map(golden.app, golden.CASES), *(path.read_text("utf-8") for path in FOREIGN)]
LIMIT_S = 20  # for 1,000 files on two cores
GROWTH = 1.3  # of memory, from 100 files to 1,000


def measured(number: int) -> tuple[float, float, float]:
    """Seconds, CPU seconds, and MiB of the largest process so far."""
    with tempfile.TemporaryDirectory() as folder:
        for index in range(number):
            Path(folder, f"app_{index}.py").write_text(FILES[index % len(FILES)], "utf-8")
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "modal_serve_gen.cli", "check", folder, "--no-import", "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return seconds, cpu_s, after.ru_maxrss / 1024


def main() -> int:
    print("files  seconds  CPU seconds  MiB of the largest process")
    rows = {number: measured(number) for number in (100, 1000)}
    for number, (seconds, cpu_s, mib) in rows.items():
        print(f"{number:5}  {seconds:7.1f}  {cpu_s:11.1f}  {mib:7.0f}")
    return int(rows[1000][0] > LIMIT_S or rows[1000][2] > GROWTH * rows[100][2])


if __name__ == "__main__":
    sys.exit(main())
