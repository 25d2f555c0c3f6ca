"""The app that an agent wrote: which workflow it is, what `check` and importing show, how its rehearsal ends.

Everything is read from the file itself, never from what the agent says of it. What the file does when it is imported or
rehearsed happens in processes of their own, without credentials.
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

from modal_serve_gen import checks as rules
from modal_serve_gen.checks import importing
from modal_serve_gen.checks.picture import Picture, TooLarge
from modal_serve_gen.spec import workflows

IMPORTS_MODAL = re.compile(r"^\s*(?:import|from)\s+modal\b", re.M)
PREFIX = "modal-serve-evals-"  # of temporary folders
REHEARSAL_S = 240
LONGEST = 400_000  # characters of a file that is looked at
PARSING = threading.Lock()  # Python 3.11 counts the depth of a syntax tree for all threads together, and gives up


@dataclass(frozen=True)
class Verdict:
    """One expectation, judged. `name` says which, for tools; `text` is the expectation; `by` who judged it."""

    name: str
    text: str
    passed: bool
    evidence: str
    by: str = "check"


@dataclass
class App:
    """One Modal app as a file."""

    path: Path
    text: str = field(repr=False)
    given: str = field(default="", repr=False)  # what the user said and had: commits of theirs exist

    @cached_property
    def looked_at(self) -> tuple[list[rules.Finding], importing.Imported]:
        """What `check` finds, and what importing the app showed."""
        return _once("looked at", self.text, self._look)

    def _look(self) -> tuple[list[rules.Finding], importing.Imported]:
        seen = importing.Imported()
        if len(self.text) <= rules.LARGEST and self.picture is not None:
            seen = importing.imported(self.path)  # a process of its own: others may parse meanwhile
        with PARSING:
            return rules.examine(self.text, self.path, lambda _: seen)[0], seen

    @cached_property
    def picture(self) -> Picture | None:
        """None where the file is no Python."""
        try:
            with PARSING:
                return Picture(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def form(self) -> tuple[str, str] | None:
        """Its engine, and how that is used: as `form_of` has it for a workflow. None: no engine, or several."""
        return _once("form", self.text, self._form)

    def _form(self) -> tuple[str, str] | None:
        if self.picture is None:
            return None
        try:
            units = self.picture.units
        except TooLarge:
            return None
        forms = set()
        for unit in units:
            for command in unit.commands:
                snapshot = unit.given("enable_memory_snapshot")
                sleeps = bool(snapshot and snapshot.value)
                how = "offline" if not command.server and not unit.web else "snapshots" if sleeps else "online"
                forms.add((command.engine, how))
        return forms.pop() if len(forms) == 1 else None

    @property
    def workflow(self) -> str | None:
        """The workflow whose form it has; None: none, or several in one file."""
        return next((name for name in workflows.names() if form_of(name) == self.form), None)

    def values(self, *flags: str) -> list[str]:
        """What its engines are given for one of `flags`."""
        found = [command.value(*flags) for command in self.picture.commands] if self.picture else []
        return [given[0] for given in found if given and given[0] is not None]


def form_of(workflow: str) -> tuple[str, str]:
    """What tells a workflow's app from others: its engine, and whether it serves, sleeps or works offline."""
    known = workflows.load(workflow)
    return known.engine, "offline" if not known.endpoints else "snapshots" if known.only_deployed else "online"


def found(folder: Path, glob: str, before: dict[str, str], given: str = "") -> list[App]:
    """The Modal apps in `folder` that match `glob` and were not there `before` (path -> text) as they are now."""
    apps = []
    for path in sorted(folder.rglob(glob)):
        inner = path.relative_to(folder)
        if not path.is_file() or path.is_symlink() or any(part.startswith(".") for part in inner.parts):
            continue
        with path.open("rb") as opened:
            text = opened.read(4 * LONGEST + 1).decode("utf-8", "replace")
        if IMPORTS_MODAL.search(text) and before.get(str(inner)) != text:
            apps.append(App(path, text, given))
    return apps


# Apps that are the same text are looked at once: many runs of one case write the same file.

_lock = threading.Lock()
_known: dict[tuple[str, str], tuple[threading.Lock, list]] = {}
KEPT = 500  # answers
_rehearsals = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))  # each is several processes


def _once(kind: str, text: str, ask: Callable[[], object]) -> object:
    key = kind, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    with _lock:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        turn, answer = _known.setdefault(key, (threading.Lock(), []))
    with turn:  # who comes second waits for the first
        if not answer:
            answer.append(ask())
    return answer[0]


def rehearsed(app: App) -> Verdict:
    """A rehearsal of the app with the stub engine, in a process without credentials."""
    passed, evidence = _once("rehearsed", app.text, lambda: _rehearse(app.path))
    return Verdict("rehearse", "a rehearsal of it ends well", passed, evidence)


def _rehearse(path: Path) -> tuple[bool, str]:
    command = [sys.executable, "-P", "-m", "modal_serve_gen.cli", "rehearse", str(path), "--engine", "stub", "--json"]
    with _rehearsals, tempfile.TemporaryDirectory(prefix=PREFIX) as home:
        try:
            done = subprocess.run(
                command, cwd=path.parent, env=bare_environment(Path(home)), capture_output=True, timeout=REHEARSAL_S,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False, f"it did not end within {REHEARSAL_S} s"
    if done.returncode == 0:
        return True, "exit code 0"
    try:
        told = json.loads(done.stdout)
        reason = told.get("reason") or told.get("error") or ""
    except (ValueError, AttributeError):
        reason = ""
    last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-3:]
    return False, f"exit code {done.returncode}: {reason or ' '.join(last)}"[:600]


def bare_environment(home: Path) -> dict[str, str]:
    """What a process gets that runs what an agent wrote: where programs are, a home of its own, and no key."""
    kept = (*importing.KEPT, "MODAL_SERVE_GEN_CACHE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home), "TMPDIR": str(home)}
