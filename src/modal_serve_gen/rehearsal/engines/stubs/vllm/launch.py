"""Run by the engine environment's Python in place of its command `vllm`: the same engine, ready in a third of the time.

With `offline` as its first word it becomes the engine behind `vllm.LLM` (offline_child.py).

On a CPU the engine starts each of its processes anew and imports everything three times over. Forking is what it does
on a GPU by default; one thread per process keeps that safe.
"""

import ctypes
import gc
import multiprocessing
import os
import platform
import runpy
import signal
import sys
from pathlib import Path

ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA = 158, 0x1023, 18  # Linux, x86-64
PARENT_DEATH_SIGNAL = 1  # of prctl


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    gc.set_threshold(100_000, 20, 20)  # importing makes a million objects that all stay: looking for garbage costs 1 s
    libc = ctypes.CDLL(None)
    if platform.machine() == "x86_64":
        # Kernels in bfloat16 use AMX where the CPU has it, and die of SIGILL if nobody asked the system before.
        libc.syscall(ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA)
    # A forked engine holds the server's port: it must not outlive a server that was killed.
    os.register_at_fork(after_in_child=lambda: libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL))

    import vllm.utils.system_utils

    vllm.utils.system_utils.get_mp_context = lambda: multiprocessing.get_context("fork")

    import vllm.model_executor.models.registry

    vllm.model_executor.models.registry._run_in_subprocess = lambda function: function()

    if sys.argv[1] == "offline":
        runpy.run_path(str(Path(__file__).with_name("offline_child.py")))
        return

    from vllm.entrypoints.cli.main import main as engine

    sys.argv[0] = "vllm"
    sys.exit(engine())


if __name__ == "__main__":
    main()
