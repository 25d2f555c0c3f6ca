"""Measure what a rehearsal itself takes: `python -m scripts.bench_rehearse [RUNS]`, with the stub.

Each app sleeps for a known time, its own; the rest is the rehearsal's: the SDK's client and container entrypoint, the
servers, the stub, and the end. Prints the median of the wall time without the app's own, and of the CPU time, which a
busy machine changes less; ends with 1 if a median wall time is over the limit.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from modal_serve_gen import facts

LIMIT_S = 2.5
OWN_S = 2.0  # of each app
FUNCTION = f"""import time
import modal

app = modal.App("bench")


@app.function()
def f():
    time.sleep({OWN_S})


@app.local_entrypoint()
def main():
    f.remote()
"""
SERVER = f"""import subprocess, time, urllib.request
import modal

image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm=={facts.pins()["vllm"].version}")
app = modal.App("bench")


@app.function(image=image, gpu="L4")
@modal.web_server(8000, startup_timeout=600)
def serve():
    subprocess.Popen(["vllm", "serve", "Qwen/Qwen3-0.6B", "--host", "0.0.0.0"])


@app.local_entrypoint()
def main():
    with urllib.request.urlopen(serve.get_web_url() + "/health", timeout=600) as response:
        assert response.status == 200
    time.sleep({OWN_S})
"""


def measured(text: str) -> tuple[float, float, dict[str, float]]:
    """Wall and CPU seconds of one rehearsal without the app's own, and the phases of its report."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.py").write_text(text, "utf-8")
        command = [sys.executable, "-m", "modal_serve_gen.cli", "rehearse", "a.py", "--engine", "stub", "--json"]
        before, began = _cpu_s(), time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        wall, cpu = time.perf_counter() - began - OWN_S, _cpu_s() - before
        assert done.returncode == 0, done.stdout + done.stderr
        return wall, cpu, json.loads(done.stdout)["seconds"]


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    runs, worst = int(sys.argv[1]) if len(sys.argv) > 1 else 3, 0.0
    print(f"app       wall s  CPU s  (median of {runs}; without the app's own {OWN_S:g} s)")
    for name, text in {"function": FUNCTION, "server": SERVER}.items():
        rows = [measured(text) for _ in range(runs)]
        wall, cpu = statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows)
        print(f"{name:8}  {wall:6.2f}  {cpu:5.2f}  {rows[-1][2]}")
        worst = max(worst, wall)
    return int(worst > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
