"""What only importing an app shows: what the installed SDK refuses or warns about, and what its constants are worth.

It happens in a process of its own, with limits and without credentials; whatever the file does there, this one gets an
answer in bounded time.
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
from typing import Any

LIMIT_S = 20
LONGEST = 2**20  # bytes of an answer
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")


@dataclass(frozen=True)
class Imported:
    """`names`: the constants. `faults`: (line, message, mend). `note`: why it could not be imported here, or ''."""

    names: dict[str, Any] = field(default_factory=dict)
    faults: tuple[tuple[int, str, str], ...] = ()
    note: str = ""


def imported(path: Path, limit_s: float = LIMIT_S) -> Imported:
    """Import the app at `path`."""
    with tempfile.TemporaryDirectory(prefix="modal-serve-gen-") as home:
        answer, code = _run(path.resolve(), home, limit_s)
    if code is None:
        fault = (1, f"importing it does not end within {limit_s:g} s", "do such work in a function, not at the top")
        return Imported(faults=(fault,))
    try:
        found = json.loads(answer)
    except ValueError:
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        fault = (1, f"importing it ends the process, {how}", "do such work in a function, not at the top")
        return Imported(faults=(fault,))
    sdk = f"modal {found['version']}, which is installed here, takes it no more"
    faults = [(line, _first(message), f"change it: {sdk}") for message, line in found["warnings"]]
    note = ""
    if found["fault"]:
        kind, message, line, missing = found["fault"]
        if missing and (missing.partition(".")[0] != "modal" or not found["version"]):
            note = f"line {line}: {missing} is not installed here, so importing ended there"
        else:
            mend = f"see what modal {found['version']} takes" if kind != "SystemExit" else "leave the file importable"
            faults.append((line, f"importing it ends with {kind}: {_first(message)}", mend))
    return Imported(found["names"], tuple(faults), note)


def said_already(tree: ast.Module, line: int, lines: set[int]) -> bool:
    """Whether one of `lines` lies in the statement at `line`, decorators and all: both then speak of one fault."""
    for node in ast.walk(tree):
        starts = {getattr(node, "lineno", 0), *(each.lineno for each in getattr(node, "decorator_list", ()))}
        if line in starts:
            low, high = min(starts), getattr(node, "end_lineno", line)
            if any(low <= each <= high for each in lines):
                return True
    return False


def _run(path: Path, home: str, limit_s: float) -> tuple[bytes, int | None]:
    """What the importer says, and its exit code; None when it had to be killed."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"HOME": home, "MODAL_CONFIG_PATH": f"{home}/none.toml", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["TMPDIR"] = home
    ours, theirs = os.pipe()
    command = [sys.executable, "-P", str(Path(__file__).with_name("importer.py")), str(path), str(theirs)]
    process = subprocess.Popen(
        command, env=environment, cwd=path.parent, pass_fds=[theirs], start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    answer, until = b"", time.monotonic() + limit_s
    try:
        while len(answer) < LONGEST:
            if not select.select([ours], [], [], max(0, until - time.monotonic()))[0]:
                return b"", None
            if not (data := os.read(ours, 2**16)):
                break
            answer += data
        try:
            return answer, process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return b"", None
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it started
        process.wait()


def _first(message: str) -> str:
    """The first paragraph of a message, on one line."""
    return " ".join(message.strip().split("\n\n")[0].split())[:300]
