"""Small files that are kept for later rehearsals: each has its old or its new content, whatever interrupts a write."""

import contextlib
import os
import tempfile
from pathlib import Path

# Folders next to the Volumes; no Volume's name may contain the last character.
VERSIONS, ARRIVING = "versions~", "arriving~"
PARTIAL = ".partial-"  # how the names of incomplete files begin


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace the content of a file, which is created with its folder if missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read(path: Path) -> str:
    """The content of a file; "" if it is missing or empty, as after a full disk. Raises OSError and ValueError."""
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
