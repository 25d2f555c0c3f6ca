"""Import an app with the installed Modal SDK: errors, deprecation warnings, and the values of its constants.

The import runs in a separate process with resource limits and without credentials, and ends in bounded time, whatever
the file does.
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
from dataclasses import dataclass, field
from pathlib import Path

from modal_serve_gen.checks.modal_objects import Violation
from modal_serve_gen.checks.severity import Severity

LIMIT_S = 20
MAX_REPORT_BYTES = 2**20
KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
MOVE_WORK = "move such work into a function"


@dataclass(frozen=True)
class ImportResult:
    """`names`: the app's constants. `note`: why it could not be imported on this machine, or ''."""

    names: dict[str, object] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    note: str = ""


def import_app(path: Path, limit_s: float = LIMIT_S) -> ImportResult:
    """Import the app at `path`."""
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as home:
        output, exit_code = _run(path.resolve(), home, limit_s)
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


def _run(path: Path, home: str, limit_s: float) -> tuple[bytes, int | None]:
    """Output and exit code of the importer; the code is None if it had to be killed."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {"HOME": home, "MODAL_CONFIG_PATH": f"{home}/none.toml", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["TMPDIR"] = home
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("importer.py")), str(path), str(writer)],
        env=environment,
        cwd=path.parent,
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
