"""What an imported file sees of this machine: its project and the installed packages, and nothing of the user's own.

    python -I -S view.py SIGHT -- COMMAND...

runs COMMAND in new namespaces: with an empty home folder and no temporary files of others, with its own /proc and its
own network, which leads nowhere; everything is read-only, and writes below the folders of SIGHT go to memory. SIGHT is
the JSON form of `Sight`. Exits with 77 if the machine does not allow that. `copy` makes copies instead. Standard
library only.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

REFUSED = 77
# CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWNET
NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x40000000
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000  # mount(2)
MOUNT_SETATTR, FROM_HERE, ALL_BELOW, READ_ONLY = 442, -100, 0x8000, 1  # mount_setattr(2)
DROP_FROM_BOUNDING_SET = 24  # prctl(2)
SET_FLAGS, UP = 0x8914, 0x41  # netdevice(7)
MEMORY = b"size=64m,mode=700"
NOTHING = b"size=1m,mode=755"
# Folders with files of users, sockets of services such as key agents, and memory that processes share.
HIDDEN = ("/root", "/home", "/tmp", "/var/tmp", "/run", "/dev/shm")
MAX_FILES, MAX_BYTES, MAX_FILE_BYTES = 2000, 2**26, 2**20  # of a copy
SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}
libc = ctypes.CDLL(None, use_errno=True)


class Sight(NamedTuple):
    """`memory`: an empty folder, which becomes the one that can be written. `folders`: the project and the like, whose
    changes go to memory. `visible`: files and folders to be read, also in hidden places. `homes`: of the user.
    """

    memory: str
    folders: list[str]
    visible: list[str]
    homes: list[str]


def check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mount(source: str, target: str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
    check(libc.mount(os.fsencode(source), os.fsencode(target), kind, flags, data))


def enter(sight: Sight) -> None:
    """Enter the namespaces, and see only what `sight` says; a child process is the first with its own /proc.

    Raises OSError.
    """
    user, group, here = os.getuid(), os.getgid(), str(Path.cwd())
    check(libc.unshare(NEW_NAMESPACES))
    Path("/proc/self/setgroups").write_text("deny")
    for name, number in (("uid", user), ("gid", group)):
        _map(Path(f"/proc/self/{name}_map"), number)
    check(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
    loopback()
    read_only("/")
    cover(sight)
    os.chdir(here)  # now in the view


def cover(sight: Sight) -> None:
    """Hide the folders of the user and of other programs, and show in them what `sight` names."""
    paths = dict.fromkeys([sight.memory, *sight.folders, *sight.visible])
    # Opened before they are hidden; options of mounts cannot hold every path, either.
    opened = {path: os.open(path, os.O_PATH) for path in paths if Path(path).exists()}
    hidden = sorted({os.path.realpath(path) for path in (*HIDDEN, *sight.homes) if Path(path).is_dir()} - {"/"})
    for path in hidden:
        if not any(below(path, other) for other in hidden if other != path):
            mount("none", path, b"tmpfs", 0, NOTHING)
    expose(sight.memory, "none", b"tmpfs", 0, MEMORY)
    for number, folder in enumerate(sorted(sight.folders)):
        upper, work = Path(sight.memory, f"upper{number}"), Path(sight.memory, f"work{number}")
        upper.mkdir()
        work.mkdir()
        lower = f"/proc/self/fd/{opened[folder]}"
        options = f"lowerdir={lower},upperdir={_escaped(str(upper))},workdir={_escaped(str(work))}"
        try:
            expose(folder, "overlay", b"overlay", 0, os.fsencode(f"{options},userxattr"))
        except OSError:
            expose(folder, "overlay", b"overlay", 0, os.fsencode(options))
    private = [entry for home in sight.homes for entry in _private(home, sight.folders)]
    for entry in private:
        kind = b"tmpfs" if Path(entry).is_dir() else None
        mount("none" if kind else os.devnull, entry, kind, 0 if kind else BIND, NOTHING if kind else None)
    covered = [*private, *hidden]
    for path in sight.visible:
        # The last mount above a path decides whether it is hidden.
        is_private = any(below(path, entry) for entry in private)
        is_shown = any(below(path, folder) for folder in sight.folders) and not is_private
        if path in opened and not is_shown and any(below(path, place) for place in covered):
            expose(path, f"/proc/self/fd/{opened[path]}", None, BIND | RECURSIVE)
    Path(sight.memory, "home").mkdir()
    for descriptor in opened.values():
        os.close(descriptor)


def below(path: str, folder: str) -> bool:
    """True if `path` is `folder` or in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _private(home: str, folders: list[str]) -> list[str]:
    """Files and folders with settings, keys and tokens in a home folder that a project contains."""
    if not any(below(home, folder) for folder in folders):
        return []
    with contextlib.suppress(OSError):
        return [entry.path for entry in os.scandir(home) if entry.name.startswith(".") and not entry.is_symlink()]
    return []


def expose(target: str, source: str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
    """Mount something at `target`, which is created if it is in a hidden folder."""
    if not Path(target).exists():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        if kind or Path(source).is_dir():
            Path(target).mkdir()
        else:
            Path(target).touch()
    mount(source, target, kind, flags, data)


def read_only(path: str) -> None:
    """Remount all below `path`, if the kernel can (from 5.12 on); otherwise only file permissions protect it."""
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", READ_ONLY, 0, 0, 0))
    libc.syscall(MOUNT_SETATTR, FROM_HERE, os.fsencode(path), ALL_BELOW, attributes, 32)


def loopback() -> None:
    with contextlib.suppress(OSError), socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", UP))


def drop_capabilities() -> None:
    """Let the next program, even as root, undo none of the mounts."""
    for capability in range(64):
        libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def run(command: list[str]) -> int:
    """Run the command as a process with its own /proc; its wait status. Its children end with it."""
    reader, writer = os.pipe()
    if os.fork() == 0:  # the first process of its namespace, whose signals the kernel would ignore
        os.close(reader)
        try:
            mount("proc", "/proc", b"proc", 0)
        except OSError:  # a container that may not mount one: without any
            mount("none", "/proc", b"tmpfs", 0, NOTHING)
        child = os.fork()
        if child == 0:
            os.close(writer)
            drop_capabilities()
            os.execv(command[0], command)
        while (ended := os.wait())[0] != child:
            pass
        os.write(writer, struct.pack("i", ended[1]))
        os._exit(0)
    os.close(writer)
    data = os.read(reader, 4)
    return int(struct.unpack("i", data)[0]) if data else 1 << 8


def _map(file: Path, number: int) -> None:
    """All users or groups keep their numbers, as far as root may say so; otherwise the own one."""
    try:
        file.write_text(f"0 0 {2**32 - 1}")
    except OSError:
        file.write_text(f"{number} {number} 1")


def _escaped(path: str) -> str:
    """A path in the options of an overlay."""
    for character in ("\\", ":", ","):
        path = path.replace(character, f"\\{character}")
    return path


def outermost(folders: Iterable[Path]) -> list[Path]:
    """The folders without those below another one, and without the root of the file system."""
    unique = {folder for folder in folders if folder != folder.parent}
    return sorted(folder for folder in unique if not unique & set(folder.parents))


def copy(folders: list[Path], needed: Path, target: Path) -> dict[Path, Path]:
    """Copy the small files below `folders`; where there are too many, only those next to the file `needed`.

    Returns folder -> its copy below `target`.
    """
    copies = {folder: target / str(number) for number, folder in enumerate(folders)}
    files = [(file, copy / file.relative_to(folder)) for folder, copy in copies.items() for file in _files(folder)]
    if len(files) > MAX_FILES or sum(file.stat().st_size for file, _ in files) > MAX_BYTES:
        copies = {needed.parent: target / "0"}
        files = [(file, target / "0" / file.name) for file in needed.parent.iterdir() if _is_small(file)]
    for copied in copies.values():
        copied.mkdir(parents=True, exist_ok=True)
    for file, copied in files:
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
    return copies


def _files(folder: Path) -> Iterator[Path]:
    """Small files below a folder; stops soon after MAX_FILES."""
    count = 0
    for path, subfolders, names in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if name not in SKIPPED_FOLDERS and not name.startswith("."))
        for name in sorted(names):
            if _is_small(file := Path(path, name)):
                yield file
                count += 1
        if count > MAX_FILES:
            return


def _is_small(file: Path) -> bool:
    try:
        return file.is_file() and file.stat().st_size <= MAX_FILE_BYTES
    except OSError:
        return False


def main() -> None:
    sight, command = Sight(*json.loads(sys.argv[1])), sys.argv[3:]
    try:
        enter(sight)
    except OSError:
        os._exit(REFUSED)
    status = run(command)
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


if __name__ == "__main__":
    main()
