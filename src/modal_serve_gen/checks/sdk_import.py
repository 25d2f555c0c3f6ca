"""Import an app with the installed Modal SDK: errors, deprecation warnings, and the values of its constants.

The import runs in a separate process with resource limits and without credentials, and ends in bounded time, whatever
the file does. What it writes next to the file goes to memory, or to a copy.
"""

import ast
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from modal_serve_gen.checks import view
from modal_serve_gen.checks.modal_objects import Violation
from modal_serve_gen.checks.severity import Severity

LIMIT_S = 20
MAX_REPORT_BYTES = 2**20
KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "requirements.txt")
MAX_DEPTH = 8  # folders above a file that may be its project
IMPORTER = Path(__file__).with_name("importer.py")
VIEW = (sys.executable, "-I", "-S", str(Path(__file__).with_name("view.py")))
MOVE_WORK = "move such work into a function"


@dataclass(frozen=True)
class ImportResult:
    """`names`: the app's constants. `note`: why it could not be imported on this machine, or ''."""

    names: dict[str, object] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    note: str = ""


def import_app(path: Path, limit_s: float = LIMIT_S) -> ImportResult:
    """Import the app at `path`."""
    output, exit_code = _import(path.resolve(), can_view(), limit_s)
    if can_view() and (output, exit_code) == (b"", view.REFUSED):  # a file system that cannot be in an overlay
        output, exit_code = _import(path.resolve(), False, limit_s)
    if exit_code is None:
        return ImportResult(violations=(Violation(1, f"the import does not finish within {limit_s:g} s", MOVE_WORK),))
    try:
        report = json.loads(output)
        names, version, error = report["names"], report["version"], report["error"]
    except (ValueError, KeyError, TypeError):
        how = f"by signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"with exit code {exit_code}"
        return ImportResult(violations=(Violation(1, f"the import ends the process {how}", MOVE_WORK),))
    violations = [
        Violation(
            line,
            _first_paragraph(message),
            f"replace it: the installed modal {version} deprecates it",
            Severity.WARNING,
        )
        for message, line in report["warnings"]
    ]
    note = ""
    if error:
        kind, message, line, missing = error
        if missing and (missing.partition(".")[0] != "modal" or not version):
            note = f"the import stopped at line {line}: {missing} is not installed in this environment"
        else:
            fix = "keep the file importable" if kind == "SystemExit" else f"see the documentation of modal {version}"
            violations.append(Violation(line, f"the import fails with {kind}: {_first_paragraph(message)}", fix))
    return ImportResult(names, tuple(violations), note)


def already_reported(tree: ast.Module, line: int, reported_lines: set[int]) -> bool:
    """True if a finding is in the same statement as `line`, decorators included: both are about the same fault."""
    for node in ast.walk(tree):
        starts = {getattr(node, "lineno", 0), *(item.lineno for item in getattr(node, "decorator_list", ()))}
        if line in starts:
            first, last = min(starts), getattr(node, "end_lineno", line)
            if any(first <= reported <= last for reported in reported_lines):
                return True
    return False


class _Place(NamedTuple):
    """Where a file is imported: it and its project, the working directory, and either a view or copies of these."""

    path: Path
    project: Path
    cwd: Path
    enter: tuple[str, ...] = ()  # in front of the command
    copies: Mapping[Path, Path] = MappingProxyType({})  # folder -> copy


def _import(path: Path, views: bool, limit_s: float) -> tuple[bytes, int | None]:
    """Output and exit code of the importer, in a view or in a copy."""
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        place = _place(path, Path(folder), views)
        output, exit_code = _run(place, Path(folder), limit_s)
    for original, copy in place.copies.items():
        output = output.replace(os.fsencode(copy), os.fsencode(original))
    return output, exit_code


def _place(path: Path, temporary: Path, views: bool) -> _Place:
    """A place from which nothing can be written next to the file: a view of its folders, or a copy of them."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        here = path.parent
    here = path.parent if here == here.parent else here
    project = project_folder(path)
    folders = view.outermost([path.parent, project, here])
    if views:
        memory = temporary / "view"
        memory.mkdir()
        return _Place(path, project, here, (*VIEW, str(memory), *map(str, folders), "--"))
    copies = view.copy(folders, path, temporary / "copy")

    def copied(file: Path) -> Path:
        outer = next((folder for folder in copies if folder == file or folder in file.parents), None)
        return copies[outer] / file.relative_to(outer) if outer else copies[path.parent]

    return _Place(copied(path), copied(project), copied(here), copies=copies)


def project_folder(path: Path) -> Path:
    """The root of a file's project: its repository, or the outermost folder with a project's files, or its own."""
    parents = list(path.parents)[:MAX_DEPTH]
    repository = next((folder for folder in parents if (folder / ".git").exists()), None)
    marked = [folder for folder in parents if any((folder / name).exists() for name in PROJECT_FILES)]
    return repository or (marked[-1] if marked else path.parent)


@cache
def can_view() -> bool:
    """True if this machine allows the namespaces and mounts of a view."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        memory, shown = Path(folder, "memory"), Path(folder, "shown")
        memory.mkdir()
        shown.mkdir()
        command = [*VIEW, str(memory), str(shown), "--", sys.executable, "-I", "-S", "-c", ""]
        return subprocess.run(command, capture_output=True, timeout=LIMIT_S).returncode == 0


def _run(place: _Place, temporary: Path, limit_s: float) -> tuple[bytes, int | None]:
    """Output and exit code of the importer; the code is None if it had to be killed."""
    home = temporary / "home"
    home.mkdir()
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"HOME": str(home), "MODAL_CONFIG_PATH": f"{home}/none.toml", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["TMPDIR"] = str(home)
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [*place.enter, sys.executable, "-P", *map(str, (IMPORTER, place.path, place.project, writer))],
        env=environment,
        cwd=place.cwd,
        pass_fds=[writer],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    output, deadline = b"", time.monotonic() + limit_s
    try:
        while len(output) < MAX_REPORT_BYTES:
            if not select.select([reader], [], [], max(0, deadline - time.monotonic()))[0]:
                return b"", None
            if not (data := os.read(reader, 2**16)):
                break
            output += data
        try:
            return output, process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return b"", None
    finally:
        os.close(reader)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and its children
        process.wait()


def _first_paragraph(message: str) -> str:
    """The first paragraph of a message, on one line."""
    return " ".join(message.strip().split("\n\n")[0].split())[:300]
