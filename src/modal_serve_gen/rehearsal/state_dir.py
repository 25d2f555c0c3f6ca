"""The folder of `--state`: Volumes and named Secrets that persist between rehearsals.

`volumes/NAME` is a Volume; `secrets/NAME.json` holds a Secret's values, which may be edited, or written before the
first rehearsal. One rehearsal at a time.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.rehearsal import kept
from modal_serve_gen.rehearsal.secret_keys import is_placeholder

LOCK = ".rehearsal"  # also marks a folder as a state folder
CONTENTS = ("volumes", "secrets")


@contextlib.contextmanager
def open_state_dir(folder: Path, *, fresh: bool) -> Iterator[Path]:
    """Lock the state folder, created if missing; yields its absolute path.

    `fresh` empties it, except Secrets with values of the user's own. Raises BadInput if it holds other files, is in
    use, or is not writable.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / LOCK).exists() and any(item.name not in CONTENTS for item in folder.iterdir()):
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
        if fresh:
            _empty(folder)
        _remove_partial(folder)
        yield folder
    finally:
        os.close(lock)


def _remove_partial(folder: Path) -> None:
    """Remove what a rehearsal that was killed had not completed."""
    shutil.rmtree(folder / "volumes" / kept.ARRIVING, ignore_errors=True)
    for place in (folder / "volumes" / kept.VERSIONS, folder / "secrets"):
        for file in place.glob(f"{kept.PARTIAL}*"):
            file.unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder / "volumes", ignore_errors=True)
    for file in (folder / "secrets").glob("*.json"):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            values = json.loads(file.read_text("utf-8"))
            if all(is_placeholder(key, value) for key, value in values.items()):
                file.unlink()
