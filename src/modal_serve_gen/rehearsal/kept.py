"""What one rehearsal leaves for the next, in a folder that the user names: Volumes, and Secrets that have names.

`volumes/NAME` is a Volume; `secrets/NAME.json` holds a Secret's values, and may be edited. One rehearsal at a time.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from modal_serve_gen.errors import BadInput, quoted

LOCK = ".rehearsal"  # also the sign that a folder is one of ours
OURS = ("volumes", "secrets")


@contextlib.contextmanager
def opened(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """The folder at an absolute path, made where it is missing, emptied if `fresh`, and held until the end.

    Raises BadInput where it cannot be used: it holds other things, is in use, or cannot be written to.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LOCK).exists() and any(folder.iterdir()):
            raise BadInput(
                f"{quoted(folder)} holds other things than what a rehearsal keeps.", "Name a new or an empty folder."
            )
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as fault:
        raise BadInput(
            f"{quoted(folder)} cannot keep what a rehearsal leaves: {fault.strerror}.", "Name another folder."
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"{quoted(folder)} is in use by another rehearsal.", "Wait for its end, or name another folder."
            ) from None
        for name in OURS if fresh else ():
            shutil.rmtree(folder / name, ignore_errors=True)
        yield folder
    finally:
        os.close(lock)
