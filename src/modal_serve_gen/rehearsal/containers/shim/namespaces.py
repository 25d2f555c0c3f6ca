"""What the programs that enter new namespaces share. Standard library only."""

import ctypes
import os
from pathlib import Path

USERS, MOUNTS, NETWORK = 0x10000000, 0x00020000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET
RECURSIVE, PRIVATE = 0x4000, 0x40000  # mount(2)
libc = ctypes.CDLL(None, use_errno=True)


def check(call: str, result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def unshare(kinds: int, *, user: int, group: int) -> None:
    """Enter new namespaces of these kinds, as this user and group there; mounts no longer reach the others."""
    outside_user, outside_group = os.getuid(), os.getgid()
    check("unshare", libc.unshare(kinds))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {outside_user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {outside_group} 1")
    check("mount", libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
