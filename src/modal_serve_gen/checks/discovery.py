"""Find the files to check: a file itself, or those in a folder that import modal."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from modal_serve_gen.checks import MAX_CHARACTERS, targets
from modal_serve_gen.errors import BadInput, quoted

IMPORTS_MODAL = re.compile(r"^\s*(?:import|from)\s+modal\b", re.M)
SKIPPED_FOLDERS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}


def find_apps(path: Path) -> Iterator[Path]:
    """Apps at `path`, which may be APP.py::NAME. Raises BadInput if there is nothing, or a folder without an app."""
    file, name = targets.split(str(path))
    if name and not path.exists() and file.is_file():
        targets.check_name(_beginning(file), str(path))
        path = file
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise BadInput(f"{quoted(str(path))} is neither a file nor a folder.", "Pass the path of a Modal app.")
    empty = True
    for folder, subfolders, names in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if name not in SKIPPED_FOLDERS and not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(".py") and file.is_file() and IMPORTS_MODAL.search(_beginning(file)):
                empty = False
                yield file
    if empty:
        raise BadInput(f"No Python file in {quoted(str(path))} imports modal.", "Pass the path of a Modal app.")


def _beginning(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(MAX_CHARACTERS).decode("utf-8", "replace")
