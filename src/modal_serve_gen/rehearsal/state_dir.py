"""The folder of `--state`: Volumes and named Secrets that persist between rehearsals.

`volumes/NAME` is a Volume; `secrets/NAME.json` holds a Secret's values, and may be edited. One rehearsal at a time.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from modal_serve_gen.errors import BadInput, quoted

LOCK = ".rehearsal"  # also marks a folder as a state folder
CONTENTS = ("volumes", "secrets")


@contextlib.contextmanager
def open_state_dir(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """Lock the state folder, created if missing and emptied if `fresh`; yields its absolute path.

    Raises BadInput if it holds other files, is in use, or is not writable.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LOCK).exists() and any(folder.iterdir()):
            raise BadInput(
                f"{quoted(folder)} contains files other than a rehearsal's state.", "Use a new or an empty folder."
            )
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise BadInput(
            f"{quoted(folder)} cannot be used for a rehearsal's state: {error.strerror}.", "Use another folder."
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"{quoted(folder)} is in use by another rehearsal.", "Wait until it has ended, or use another folder."
            ) from None
        for name in CONTENTS if fresh else ():
            shutil.rmtree(folder / name, ignore_errors=True)
        yield folder
    finally:
        os.close(lock)
