"""Prepare the process of a real engine on the CPU. The launch scripts run this file by its path."""

import ctypes
import gc
import os
import platform
import signal

ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA = 158, 0x1023, 18  # Linux, x86-64
PARENT_DEATH_SIGNAL = 1  # of prctl


def prepare() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    gc.set_threshold(100_000, 20, 20)  # imports make a million objects that all stay: collecting them costs 1 s
    libc = ctypes.CDLL(None)
    if platform.machine() == "x86_64":
        # bfloat16 kernels use AMX where the CPU has it, and die of SIGILL unless the kernel granted permission first.
        libc.syscall(ARCH_PRCTL, REQUEST_PERMISSION, AMX_TILE_DATA)
    # A forked process holds the server's port: it must not outlive a server that was killed.
    os.register_at_fork(after_in_child=lambda: libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL))
