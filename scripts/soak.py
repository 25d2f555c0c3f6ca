"""Rehearse again and again in one process, and look what is left: `python scripts/soak.py [RUNS]` (default 100).

Every fourth rehearsal has a fault, so that ends by force are among them. Ends with 1 where processes, open descriptors,
folders or memory grow.
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
        tempfile.tempdir = folder  # other rehearsals of this machine are not ours to count
        app = Path(folder, "app.py")
        made = new_app.make(
            {"model": "Qwen/Qwen3-0.6B"}, source=None, generator="soak", offline=True, say=lambda line: None
        )
        app.write_text(made.text, "utf-8")
        began, first = time.monotonic(), None
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
            left = look()
            if number == min(WARM_UP, runs):
                first = left
            print(f"{number:4} {'passed' if report.ok else 'failed, as it should'}: {told(left)}", flush=True)
        print(f"{runs} rehearsals in {time.monotonic() - began:.0f} s; after the first {WARM_UP}: {told(first)}")
    grown = [name for name in first if left[name] > first[name] + (GROWTH_MIB if name == "MiB" else 0)]
    print(f"grown: {', '.join(grown)}" if grown else "nothing has grown")
    return 1 if grown else 0


def look() -> dict[str, int]:
    """What this process and its rehearsals hold now."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 2**20
    ours = f"REHEARSAL_MARK=rehearsal-{os.getpid()}-".encode()
    return {
        "processes": sum(ours in environment(entry) for entry in Path("/proc").glob("[0-9]*")),
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


def told(figures: dict[str, int]) -> str:
    return ", ".join(f"{value} {name}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
