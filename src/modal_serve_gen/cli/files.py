"""The user's own files: a spec that is read, an app that is written."""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, quoted


def read(path: Path, option: str) -> str:
    """The text of a file that was named with `option`. Raises BadInput."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8 text"
        raise BadInput(
            f"{option} {quoted(path)} cannot be read: {why}.", "Name a file that exists and is text."
        ) from None


def _shadows(path: Path) -> bool:
    """Whether a file of this name would be imported in place of a module: Python's own, Modal's or the engines'."""
    pinned = {pin.partition("==")[0].replace("-", "_") for pins in facts.pins().values() for pin in pins.packages}
    if path.stem in sys.stdlib_module_names | pinned | {*facts.pins(), "torch", "__main__"}:
        return True
    found = importlib.util.find_spec(path.stem)
    return found is not None and found.origin is not None and Path(found.origin).parent != path.parent.resolve()


def write(path: Path, text: str, force: bool) -> None:
    """Write all of `text` or nothing: into a neighbour first, then into place. Raises BadInput."""
    if path.suffix != ".py" or "." in path.stem:
        raise BadInput(
            f"{quoted(path)} is not a name that a Modal app can have.",
            "Modal imports it as a Python module: use a name that ends in .py and has no other dot, such as serve.py.",
        )
    if _shadows(path):
        raise BadInput(
            f"{quoted(path)} would stand in for the Python module of that name, for every app in its folder.",
            "Choose another name, such as serve.py.",
        )
    if path.is_dir():
        raise BadInput(f"{quoted(path)} is a folder.", "Name a file in it.")
    if path.exists() and not force:
        raise BadInput(f"{quoted(path)} exists.", "Choose another name, or overwrite it with --force.")
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".tmp")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)  # mkstemp's own 0600 is for secrets
        Path(temporary).replace(path)
    except OSError as fault:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BadInput(
            f"{quoted(path)} cannot be written: {fault.strerror}.",
            "Choose a folder that exists, has room and may be written to.",
        ) from None
