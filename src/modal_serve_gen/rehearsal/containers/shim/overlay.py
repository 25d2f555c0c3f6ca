"""Run a command whose changes to files are kept elsewhere: `python -I -S overlay.py SPEC COMMAND...`.

SPEC is a JSON file: `targets`, pairs of a folder and an empty folder for the changes, and `folder`, where the command
starts. A target that cannot be covered stays as it is, unless it holds that folder. Needs no privileges beyond creating
user namespaces. Exits with 3, and the reason on standard error, if the machine does not allow it. Standard library
only.
"""

import json
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from namespaces import MOUNTS, USERS, check, libc, unshare


def cover(target: str, changes: str) -> None:
    """Mount an overlay over `target` that keeps all changes in the folder `changes`."""
    folders = {"lowerdir": Path(target), "upperdir": Path(changes, "upper"), "workdir": Path(changes, "work")}
    opened = {}
    try:
        for name, folder in folders.items():
            if name != "lowerdir":
                folder.mkdir(exist_ok=True)
            # By descriptors, since options cannot hold every path.
            opened[name] = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        options = ",".join(f"{name}=/proc/self/fd/{number}" for name, number in opened.items())
        data = f"{options},userxattr".encode()
        check(f"overlay of {target}", libc.mount(b"overlay", os.fsencode(target), b"overlay", 0, data))
    finally:
        for number in opened.values():
            os.close(number)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder = spec["folder"]
    try:
        unshare(USERS | MOUNTS, user=os.getuid(), group=os.getgid())
        for target, changes in spec["targets"]:
            try:
                cover(target, changes)
            except OSError:
                if folder == target or folder.startswith(f"{target.rstrip('/')}/"):
                    raise
        os.chdir(folder)
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        sys.exit(3)
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
