"""Files that an app's entrypoint writes: kept apart, so that a rehearsal overwrites nothing that the user owns.

With namespaces, the command sees an overlay over all folders that the user may write, and its changes are kept
elsewhere (containers/shim/overlay.py). Otherwise it runs in a copy of the user's folder.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.rehearsal.containers import bare_env

OVERLAY = bare_env.SHIM / "overlay.py"
VIRTUAL = ("/proc", "/sys", "/dev", "/run")
UNIMPORTANT = ("__pycache__", ".cache", ".git", ".venv", "venv", "node_modules")
MAX_FILES, MAX_BYTES = 3_000, 200 * 2**20  # of a copy
ANSWER_S = 60


@dataclass(frozen=True)
class Written:
    """Files that the entrypoint wrote: where they are, and their paths as the app gave them."""

    folder: str
    files: list[str]


class Outputs:
    """`prefix` and `folder` are for commands; `note` says how the user's files are protected, or why they are not."""

    def __init__(self, own_folder: Path, folder: Path, *, namespaces: bool):
        self.original = self.folder = folder
        self.prefix: list[str] = []
        self.note = "files that the entrypoint writes are kept apart from the user's own"
        self._changes = own_folder / "changes"
        self._targets: list[tuple[Path, Path]] = []
        reason = self._overlay() if namespaces else "no namespaces"
        if reason:
            self._copy(own_folder / "copy")

    def _overlay(self) -> str:
        """Cover what the user may write; the reason if that is impossible."""
        self._changes.mkdir(parents=True)
        self._targets = [
            (target, self._changes / str(number)) for number, target in enumerate(targets(self.folder, self._changes))
        ]
        if not any(self.folder.is_relative_to(target) for target, _ in self._targets):
            return f"{self.folder} holds the folder of temporary files"
        for _, changes in self._targets:
            changes.mkdir()
        specification = self._changes / "specification"
        specification.write_text(
            json.dumps({"targets": [[str(a), str(b)] for a, b in self._targets], "folder": str(self.folder)}), "utf-8"
        )
        self.prefix = [sys.executable, "-I", "-S", str(OVERLAY), str(specification)]
        try:
            attempt = subprocess.run(
                [*self.prefix, "/bin/true"], timeout=ANSWER_S, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            attempt = subprocess.CompletedProcess([], 1, "", str(error))
        if attempt.returncode == 0:
            return ""
        self.prefix, self._targets = [], []
        return attempt.stderr.strip() or f"it ended with {attempt.returncode}"

    def _copy(self, copy: Path) -> None:
        """Run commands in a copy of the folder, if it is small enough."""
        files = list(_files(self.folder))
        if len(files) > MAX_FILES or sum(path.lstat().st_size for path in files) > MAX_BYTES:
            self.note = f"files that the entrypoint writes are written in place: {self.folder} is too large to copy"
            return
        shutil.copytree(self.folder, copy, symlinks=True, ignore=shutil.ignore_patterns(*UNIMPORTANT))
        for name in UNIMPORTANT:
            if (self.folder / name).exists():
                (copy / name).symlink_to(self.folder / name)
        self.folder = copy
        self.note = "modal run works in a copy of the folder; files that the entrypoint writes elsewhere are in place"

    def target(self, target: str) -> str:
        """The target of `modal run`, as its command has to name it."""
        file, colons, name = target.partition("::")
        path = Path(file)
        if self.folder != self.original and path.is_absolute() and path.is_relative_to(self.original):
            return f"{self.folder / path.relative_to(self.original)}{colons}{name}"
        return target

    def original_of(self, file: str) -> str:
        """The user's file, of which a command sees a copy."""
        path = Path(file)
        moved = self.folder != self.original and path.is_relative_to(self.folder)
        return str(self.original / path.relative_to(self.folder)) if moved else file

    def collect(self) -> Written | None:
        """Move what was written to a new folder of temporary files; None if nothing was."""
        found = sorted(self._written())
        if not found:
            return None
        folder = Path(tempfile.mkdtemp(prefix="rehearsed-files-"))
        names = []
        for path, source in found:
            name = path.relative_to(self.original) if path.is_relative_to(self.original) else path
            destination = folder / str(name).lstrip("/")
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(source, destination)
            names.append(str(name))
        return Written(str(folder), names)

    def _written(self) -> Iterator[tuple[Path, Path]]:
        """The path of each new or changed file as the app gave it, and where it is."""
        for target, changes in self._targets:
            upper = changes / "upper"
            yield from ((target / path.relative_to(upper), path) for path in _files(upper))
        if self.folder != self.original:
            for path in _files(self.folder):
                own = self.original / path.relative_to(self.folder)
                if not own.exists() or own.read_bytes() != path.read_bytes():
                    yield own, path


def targets(folder: Path, changes: Path) -> list[Path]:
    """Folders to cover: those of the root that the user may write, the user's home, and `folder`.

    None may hold `changes`, where their changes are kept.
    """
    candidates = {folder, Path.home()}
    candidates |= {path for path in Path("/").iterdir() if path.is_dir() and os.access(path, os.W_OK)}
    real = {path.resolve() for path in candidates if path.is_dir()}
    allowed = {path for path in real if str(path) not in VIRTUAL and not changes.resolve().is_relative_to(path)}
    return sorted(path for path in allowed if not allowed & set(path.parents))


def _files(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, without caches. (In an overlay, a device stands for a removed file.)"""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in UNIMPORTANT]
        for name in names:
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode) and path.suffix != ".pyc":
                yield path
