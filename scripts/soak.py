"""Rehearse repeatedly in one process, and look for leaks: `python scripts/soak.py [RUNS]` (default 100).

Every fourth rehearsal has a fault, to include killed processes. Exits with 1 if the number of processes, descriptors
or folders, or the resident memory, grows.
"""

import asyncio
import gc
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from modal_serve_gen.commands import new_app, rehearse_app

WARM_UP = 5  # rehearsals until caches are filled
GROWTH_MIB = 20  # of resident memory, over all runs: what an allocator may keep
FAULTS = ("kill-container", "engine-crash-mid-stream", "preempt", "engine-crash-at-start")


def main(runs: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder  # not to count other rehearsals on this machine
        app = Path(folder, "app.py")
        made = new_app.make(
            {"model": "Qwen/Qwen3-0.6B"}, source=None, generator="soak", offline=True, say=lambda line: None
        )
        app.write_text(made.text, "utf-8")
        started_at, first = time.monotonic(), usage()
        for number in range(1, runs + 1):
            faults = [FAULTS[number // 4 % len(FAULTS)]] if number % 4 == 0 else []
            report = asyncio.run(
                rehearse_app.run(
                    str(app), [], engine="stub", faults=faults, say=lambda line: None, emit=lambda text: None
                )
            )
            if not (report.ok or faults):
                print("\n".join(report.last_lines))
                return 1
            gc.collect()
            last = usage()
            if number == min(WARM_UP, runs):
                first = last
            print(f"{number:4} {'passed' if report.ok else 'failed, as expected'}: {listed(last)}", flush=True)
        print(f"{runs} rehearsals in {time.monotonic() - started_at:.0f} s; after the first {WARM_UP}: {listed(first)}")
    grown = [name for name in first if last[name] > first[name] + (GROWTH_MIB if name == "MiB" else 0)]
    print(f"grown: {', '.join(grown)}" if grown else "nothing has grown")
    return 1 if grown else 0


def usage() -> dict[str, int]:
    """Resources of this process and its rehearsals."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20
    mark = f"REHEARSAL_MARK=rehearsal-{os.getpid()}-".encode()
    return {
        "processes": sum(mark in environment(entry) for entry in Path("/proc").glob("[0-9]*")),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "sockets": sum("socket:" in target(entry) for entry in Path("/proc/self/fd").iterdir()),
        "folders": len(list(Path(tempfile.gettempdir()).glob("rehearsal-*"))),
        "MiB": resident,
    }


def environment(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def listed(figures: dict[str, int]) -> str:
    return ", ".join(f"{value} {name}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
