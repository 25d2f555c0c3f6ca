"""The app that an agent wrote: its workflow, the findings of `check`, how it imports, and its rehearsal.

Everything is read from the file, never from the agent's answer. Importing and rehearsing run in separate processes
without credentials.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from modal_serve_gen import checks
from modal_serve_gen.checks import sdk_import
from modal_serve_gen.checks.app_source import AppSource, TooLarge
from modal_serve_gen.spec import workflows

IMPORTS_MODAL = re.compile(r"^\s*(?:import|from)\s+modal\b", re.M)
PREFIX = "modal-serve-evals-"  # of temporary folders
REHEARSAL_S = 240
LONGEST = 400_000  # characters; a longer file is cut before it is examined
PARSING = threading.Lock()  # in Python 3.11 the recursion limit of `ast.parse` is shared by all threads
T = TypeVar("T")


@dataclass(frozen=True)
class Verdict:
    """One graded expectation: its identifier, its text, the outcome, and who judged it."""

    name: str
    text: str
    passed: bool
    evidence: str
    by: str = "check"


class Form(NamedTuple):
    """What distinguishes the app of a workflow: the engine, and `online`, `snapshots` or `offline`."""

    engine: str
    mode: str


@dataclass(frozen=True)
class Examination:
    """Findings of `check`, and the outcome of importing the app."""

    findings: list[checks.Finding]
    imported: sdk_import.ImportResult


@dataclass
class App:
    """One Modal app. `user_text`: the prompt and the user's files, whose commits are accepted as existing."""

    path: Path
    text: str = field(repr=False)
    user_text: str = field(default="", repr=False)

    @cached_property
    def examination(self) -> Examination:
        """What `check` and importing show; the same text is examined once."""
        return _once("examination", self.text, self._examine)

    def _examine(self) -> Examination:
        imported = sdk_import.ImportResult()
        if len(self.text) <= checks.MAX_CHARACTERS and self.source is not None:
            imported = sdk_import.import_app(self.path)  # runs in another process, so other threads may parse
        with PARSING:
            return Examination(checks.examine(self.text, self.path, lambda _: imported)[0], imported)

    @cached_property
    def source(self) -> AppSource | None:
        """The parsed file; None if it is not Python."""
        try:
            with PARSING:
                return AppSource(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def form(self) -> Form | None:
        """Its engine and mode; None if it has no engine, or several."""
        return _once("form", self.text, self._form)

    def _form(self) -> Form | None:
        if self.source is None:
            return None
        try:
            units = self.source.modal_objects
        except TooLarge:
            return None
        forms = set()
        for unit in units:
            for command in unit.commands:
                snapshot = unit.argument("enable_memory_snapshot")
                if not command.server and not unit.web:
                    mode = "offline"
                else:
                    mode = "snapshots" if snapshot and snapshot.value else "online"
                forms.add(Form(command.engine, mode))
        return forms.pop() if len(forms) == 1 else None

    @property
    def workflow(self) -> str | None:
        """The workflow whose form it has; None if it has none, or several in one file."""
        return next((name for name in workflows.names() if form_of(name) == self.form), None)

    def values(self, *flags: str) -> list[str]:
        """The values of one of `flags` in the commands of its engines."""
        values = [command.value(*flags) for command in self.source.commands] if self.source else []
        return [value[0] for value in values if value and value[0] is not None]


def form_of(workflow: str) -> Form:
    """The form of a workflow's app."""
    known = workflows.load(workflow)
    return Form(known.engine, "offline" if not known.endpoints else "snapshots" if known.only_deployed else "online")


def find(folder: Path, glob: str, before: dict[str, str], user_text: str = "") -> list[App]:
    """The Modal apps in `folder` that match `glob` and are new or changed since `before` (path: text)."""
    apps = []
    for path in sorted(folder.rglob(glob)):
        inner = path.relative_to(folder)
        if not path.is_file() or path.is_symlink() or any(part.startswith(".") for part in inner.parts):
            continue
        with path.open("rb") as opened:
            text = opened.read(4 * LONGEST + 1).decode("utf-8", "replace")
        if IMPORTS_MODAL.search(text) and before.get(str(inner)) != text:
            apps.append(App(path, text, user_text))
    return apps


# Many runs of one case write the same file, so each text is examined and rehearsed once.

_lock = threading.Lock()
_known: dict[tuple[str, str], tuple[threading.Lock, list[Any]]] = {}
CACHED = 500  # results
_rehearsals = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))  # a rehearsal is several processes


def _once(kind: str, text: str, compute: Callable[[], T]) -> T:
    """The cached result of `compute` for this kind and text; a second caller waits for the first."""
    key = kind, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    with _lock:
        while len(_known) >= CACHED:
            _known.pop(next(iter(_known)))
        turn, results = _known.setdefault(key, (threading.Lock(), []))
    with turn:
        if not results:
            results.append(compute())
    result: T = results[0]
    return result


def rehearse(app: App) -> Verdict:
    """Rehearse the app with the stub engine, in a process without credentials."""
    passed, evidence = _once("rehearsal", app.text, lambda: _rehearse(app.path))
    return Verdict("rehearse", "the app passes a rehearsal", passed, evidence)


def _rehearse(path: Path) -> tuple[bool, str]:
    command = [sys.executable, "-P", "-m", "modal_serve_gen.cli", "rehearse", str(path), "--engine", "stub", "--json"]
    with _rehearsals, tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        try:
            done = subprocess.run(
                command,
                cwd=path.parent,
                env=bare_environment(Path(home)),
                capture_output=True,
                timeout=REHEARSAL_S,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return False, f"it did not end within {REHEARSAL_S} s"
    if done.returncode == 0:
        return True, "exit code 0"
    try:
        report = json.loads(done.stdout)
        reason = report.get("reason") or report.get("error") or ""
    except (ValueError, AttributeError):
        reason = ""
    last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-3:]
    return False, f"exit code {done.returncode}: {reason or ' '.join(last)}"[:600]


def bare_environment(home: Path) -> dict[str, str]:
    """The environment of a process that runs an agent's code: PATH and the like, an empty home, no keys."""
    kept = (*sdk_import.KEPT_VARIABLES, "MODAL_SERVE_GEN_CACHE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home), "TMPDIR": str(home)}
