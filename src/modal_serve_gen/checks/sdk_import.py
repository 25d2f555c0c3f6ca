"""Import an app with the installed Modal SDK: errors, deprecation warnings, and the values of its constants.

The import runs in a separate process with resource limits and without credentials, and ends in bounded time, whatever
the file does. Where the machine allows it, the file sees its project and the installed packages, but not the user's
home, other processes or a network (view.py). What it writes next to the file goes to memory, or to a copy.
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
SEARCHED = ("PYTHONPATH", "LD_LIBRARY_PATH")  # lists of folders
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
    output, exit_code = _import(path.resolve(), limit_s, covers=can_view())
    if can_view() and (output, exit_code) == (b"", view.REFUSED):  # a file system that cannot be in an overlay
        output, exit_code = _import(path.resolve(), limit_s, covers=False)
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
    """Where a file is imported: it and its project, the working directory, and a home folder."""

    path: Path
    project: Path
    cwd: Path
    home: Path
    enter: tuple[str, ...] = ()  # in front of the command
    copies: Mapping[Path, Path] = MappingProxyType({})  # folder -> copy


def _import(path: Path, limit_s: float, *, covers: bool) -> tuple[bytes, int | None]:
    """Output and exit code of the importer, where overlays cover the folders of the file, or in copies of them."""
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as folder:
        place = _place(path, Path(folder), covers)
        output, exit_code = _run(place, limit_s)
    for original, copy in place.copies.items():
        output = output.replace(os.fsencode(copy), os.fsencode(original))
    return output, exit_code


def _place(path: Path, temporary: Path, covers: bool) -> _Place:
    """A place from which nothing can be written next to the file: a view of its folders, or of copies of them."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        here = path.parent
    here = path.parent if here == here.parent else here
    project = project_folder(path)
    folders = view.outermost([path.parent, project, here])
    memory, home = temporary / "view", temporary / "home"
    memory.mkdir()
    if covers:
        return _Place(path, project, here, memory / "home", _view(memory, folders, []))
    home.mkdir()
    copies = view.copy(folders, path, temporary / "copy")
    enter = _view(memory, [], [*copies.values()]) if can_view() else ()

    def copied(file: Path) -> Path:
        outer = next((folder for folder in copies if folder == file or folder in file.parents), None)
        return copies[outer] / file.relative_to(outer) if outer else copies[path.parent]

    return _Place(copied(path), copied(project), copied(here), memory / "home" if enter else home, enter, copies)


def _view(memory: Path, folders: list[Path], more: list[Path]) -> tuple[str, ...]:
    """The beginning of a command that sees these folders, Python and its packages, but nothing else of the user's."""
    visible = [str(path) for path in (*_packages(), *more)]
    sight = view.Sight(str(memory), [str(folder) for folder in folders], visible, sorted(_homes()))
    return (*VIEW, json.dumps(sight), "--")


def _packages() -> list[Path]:
    """Where Python and its packages are; never a folder that holds the user's home."""
    found = [IMPORTER.parent, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent]
    found += [Path(entry) for entry in sys.path if entry]
    found += [Path(entry) for name in SEARCHED for entry in os.environ.get(name, "").split(os.pathsep) if entry]
    paths = dict.fromkeys(path.absolute() for path in found)
    return [path for path in paths if not any(view.below(home, str(path)) for home in _homes())]


def _homes() -> set[str]:
    return {os.path.realpath(home) for home in (Path.home(), _passwd_home())}


def _passwd_home() -> str:
    """The user's home folder, whatever HOME says."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


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
        command = [*_view(memory, [shown], []), sys.executable, "-I", "-S", "-c", ""]
        return subprocess.run(command, capture_output=True, timeout=LIMIT_S).returncode == 0


def _run(place: _Place, limit_s: float) -> tuple[bytes, int | None]:
    """Output and exit code of the importer; the code is None if it had to be killed."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"MODAL_CONFIG_PATH": f"{place.home}/none.toml", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= dict.fromkeys(("HOME", "TMPDIR"), str(place.home))
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
