"""A view of folders in which nothing that a program writes reaches them.

    python -I -S view.py HOME FOLDER... -- COMMAND...

runs COMMAND in new namespaces, where writes below each FOLDER go to memory. Exits with 77 if the machine does not allow
that. `copy` makes copies instead. Standard library only.
"""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

REFUSED = 77
NEW_NAMESPACES = 0x10000000 | 0x00020000  # CLONE_NEWUSER, CLONE_NEWNS
RECURSIVE, PRIVATE = 0x4000, 0x40000  # mount(2)
MEMORY = b"size=64m,mode=700"
MAX_FILES, MAX_BYTES, MAX_FILE_BYTES = 2000, 2**26, 2**20  # of a copy
SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}


def enter(home: str, folders: list[str]) -> None:
    """Enter namespaces in which writes below `folders` go to memory, mounted at `home`. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)

    def check(result: int) -> None:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    user, group, here = os.getuid(), os.getgid(), str(Path.cwd())
    check(libc.unshare(NEW_NAMESPACES))
    Path("/proc/self/setgroups").write_text("deny")
    for name, number in (("uid", user), ("gid", group)):
        _map(Path(f"/proc/self/{name}_map"), number)
    check(libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
    check(libc.mount(b"none", os.fsencode(home), b"tmpfs", 0, MEMORY))
    for number, folder in enumerate(folders):
        upper, work = Path(home, f"upper{number}"), Path(home, f"work{number}")
        upper.mkdir()
        work.mkdir()
        options = f"lowerdir={_escaped(folder)},upperdir={_escaped(str(upper))},workdir={_escaped(str(work))}"
        target = os.fsencode(folder)
        if libc.mount(b"overlay", target, b"overlay", 0, os.fsencode(f"{options},userxattr")) < 0:
            check(libc.mount(b"overlay", target, b"overlay", 0, os.fsencode(options)))
    os.chdir(here)  # now in the view


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
    home, *rest = sys.argv[1:]
    end = rest.index("--")
    command = rest[end + 1 :]
    try:
        enter(home, rest[:end])
    except OSError:
        os._exit(REFUSED)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
