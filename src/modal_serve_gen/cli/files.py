"""Read a spec and write an app."""

import importlib.util
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modal_serve_gen import facts
from modal_serve_gen.commands import boot_logs
from modal_serve_gen.commands.boot_logs import Start
from modal_serve_gen.errors import BadInput, quoted

MOST_LINE, MOST_LOG = 20_000, 2**28  # characters of a line, and of a log, that are read


def read(path: Path, option: str) -> str:
    """The text of the file given with `option`. Raises BadInput."""
    return read_both(path, option)[1]


def read_both(path: Path, option: str) -> tuple[bytes, str]:
    """The bytes of the file given with `option`, and its text with the line endings of Python. Raises BadInput."""
    try:
        data = path.read_bytes()
        return data, io.StringIO(data.decode("utf-8"), newline=None).read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{option} {quoted(path)} cannot be read: {why}.", "Pass the path of a text file.") from None


def log_lines(path: Path, option: str) -> Iterator[str]:
    """The lines of a log, each up to `MOST_LINE` characters, whatever its bytes. Raises BadInput."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            size = 0
            while (line := stream.readline(MOST_LINE)) and size < MOST_LOG:
                size += len(line)
                yield line
    except OSError as error:
        raise BadInput(
            f"{option} {quoted(path)} cannot be read: {error.strerror}.", "Pass the path of a log."
        ) from None


def start(path: Path | None) -> Start | None:
    """The startup log given with --from-boot-log, if any. Raises BadInput."""
    return boot_logs.read(str(path), log_lines(path, "--from-boot-log")) if path else None


def _shadows(path: Path) -> bool:
    """True if Python would import a file of this name instead of a module of its own, Modal or the engines."""
    pinned = {pin.partition("==")[0].replace("-", "_") for pins in facts.pins().values() for pin in pins.packages}
    if path.stem in sys.stdlib_module_names | pinned | {*facts.pins(), "torch", "__main__"}:
        return True
    module = importlib.util.find_spec(path.stem)
    return module is not None and module.origin is not None and Path(module.origin).parent != path.parent.resolve()


def write(path: Path, text: str, force: bool) -> None:
    """Write `text` completely or not at all, through a temporary file in the same folder. Raises BadInput."""
    if path.suffix != ".py" or "." in path.stem:
        raise BadInput(
            f"{quoted(path)} is not a valid name for a Modal app.",
            "Modal imports it as a Python module: use a name that ends in .py and has no other dot, such as serve.py.",
        )
    if _shadows(path):
        raise BadInput(
            f"{quoted(path)} would shadow the Python module {path.stem} for every app in its folder.",
            "Choose another name, such as serve.py.",
        )
    if path.is_dir():
        raise BadInput(f"{quoted(path)} is a folder.", "Pass the path of a file.")
    if path.exists() and not force:
        raise BadInput(f"{quoted(path)} already exists.", "Choose another name, or overwrite it with --force.")
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=".tmp")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)  # mkstemp creates files with mode 0600
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BadInput(
            f"{quoted(path)} cannot be written: {error.strerror}.",
            "Choose an existing folder that is writable and has free space.",
        ) from None


def replace(path: Path, before: bytes, after: bytes, *, backup: bool) -> None:
    """Replace the contents of a file completely or not at all; its mode stays, and so does a link to it.

    With `backup`, FILE.orig keeps `before`. Raises BadInput if the file is not writable or has changed since.
    """
    file = path.resolve()
    original = file.with_name(f"{file.name}.orig")
    if not file.stat().st_mode & 0o222:
        raise BadInput(f"{quoted(path)} is read-only.", "Make it writable, or use --diff to see the changes.")
    if backup and original.exists():
        raise BadInput(f"{quoted(original)} already exists.", "Move it away, or fix without --backup.")
    temporary: list[Path] = []
    try:
        for data in (after, *([before] if backup else [])):
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}.", suffix=".tmp")
            temporary.append(Path(name))
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                os.fsync(stream.fileno())
            shutil.copymode(file, name)
        if file.read_bytes() != before:
            raise BadInput(f"{quoted(path)} was changed while it was being repaired.", "Run the command again.")
        if backup:
            temporary.pop().replace(original)
        temporary.pop().replace(file)
    except OSError as error:
        raise BadInput(
            f"{quoted(path)} cannot be replaced: {error.strerror}.",
            "Make its folder writable, or use --diff to see the changes.",
        ) from None
    finally:
        for leftover in temporary:
            leftover.unlink(missing_ok=True)
