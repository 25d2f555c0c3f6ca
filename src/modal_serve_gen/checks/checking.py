"""`check`: which files, which rules, and what is said of the findings."""

import concurrent.futures
import difflib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen import checks, errors
from modal_serve_gen.folders import shipped

IMPORTS_MODAL = re.compile(r"^\s*(?:import|from)\s+modal\b", re.M)
NOT_OURS = {"node_modules", "__pycache__", "site-packages", "venv", "build", "dist"}
SEVERAL = 8  # files from which on several processes are worth their start
QUIET_S = 2  # without progress
RULES_TEXT = "references/checks.md"  # in the skill


@dataclass(frozen=True)
class Checked:
    """`findings`: (file, finding). `notes`: what could not be looked at, and why."""

    files: int
    findings: tuple[tuple[str, checks.Finding], ...]
    notes: tuple[str, ...]

    def text(self) -> str:
        """A line for each finding, and one for the whole."""
        lines = [f"{file}:{each.line}: {each.rule}: {each.message}; {each.mend}" for file, each in self.findings]
        files = f"{self.files} file{'s' if self.files != 1 else ''}"
        if not self.findings:
            return f"No findings in {files}."
        many = f"{len(lines)} finding{'s' if len(lines) != 1 else ''}"
        return "\n".join([*lines, "", f"{many} in {files}. Why each matters: {_rules_text()}"])

    def json(self) -> str:
        """One document."""
        rows = [
            {
                "file": file, "line": each.line, "rule": each.rule, "message": each.message, "mend": each.mend,
                "link": f"{RULES_TEXT}#{each.rule}",
            }
            for file, each in self.findings
        ]  # fmt: skip
        return json.dumps({"files": self.files, "findings": rows, "notes": list(self.notes)}, indent=2)

    def github(self) -> str:
        """Workflow commands, which become annotations of a pull request."""
        return "\n".join(
            f"::error file={_escaped(file, True)},line={each.line},title=modal-serve-gen {each.rule}"
            f"::{_escaped(f'{each.message}; {each.mend}')}"
            for file, each in self.findings
        )


def chosen(select: list[str], ignore: list[str]) -> frozenset[str]:
    """The rules to go by. Raises BadInput for a name that is none."""
    known = {*checks.rules(), *checks.OTHERS}
    wanted = [name for text in select for name in text.split(",") if name]
    unwanted = [name for text in ignore for name in text.split(",") if name]
    for name in (*wanted, *unwanted):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            instead = f"Write {near[0]}." if near else "See modal-serve-gen list checks."
            raise errors.BadInput(f"There is no rule {errors.quoted(name)}.", instead)
    return frozenset((set(wanted) or known) - set(unwanted))


def run(paths: list[Path], rules: frozenset[str], *, imports: bool, say: Callable[[str], None]) -> Checked:
    """Check the apps at `paths`. Raises BadInput for a path that is none, or a folder without an app."""
    files = [file for path in paths for file in _apps(path)]
    findings, notes = [], []
    began = last = time.monotonic()
    for number, (file, (found, note)) in enumerate(zip(files, _examined(files, imports), strict=True)):
        findings += [(str(file), each) for each in found if each.rule in rules]
        if note:
            notes.append(f"{file}: {note}.")
        if (now := time.monotonic()) - max(began, last) > QUIET_S:
            last = now
            say(f"checked {number + 1} of {len(files)} files")
    return Checked(len(files), tuple(findings), tuple(notes))


def _apps(path: Path) -> Iterator[Path]:
    """The file itself, or those of a folder that import modal."""
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise errors.BadInput(f"{errors.quoted(str(path))} is neither a file nor a folder.", "Give a Modal app.")
    found = False
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(name for name in inner if name not in NOT_OURS and not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(".py") and file.is_file() and IMPORTS_MODAL.search(_start(file)):
                found = True
                yield file
    if not found:
        raise errors.BadInput(f"No Python file in {errors.quoted(str(path))} imports modal.", "Give a Modal app.")


def _start(file: Path) -> str:
    """The beginning of a file, as far as its imports may stand."""
    with file.open("rb") as opened:
        return opened.read(checks.LARGEST).decode("utf-8", "replace")


def _examined(files: list[Path], imports: bool) -> Iterator[tuple[list[checks.Finding], str]]:
    """What each file's checks find, in the order of the files."""
    if len(files) < SEVERAL:
        yield from (_examine(file, imports) for file in files)
        return
    with concurrent.futures.ProcessPoolExecutor() as pool:
        yield from pool.map(_examine, files, [imports] * len(files), chunksize=4)


def _examine(file: Path, imports: bool) -> tuple[list[checks.Finding], str]:
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise errors.BadInput(
            f"{errors.quoted(str(file))} cannot be read: {fault.strerror}.", "Give a file that you may read."
        ) from fault
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [checks.Finding(1, "syntax", "the file is not UTF-8", "save it as UTF-8")], ""
    return checks.examine(text, file if imports else None)


def _rules_text() -> str:
    path = shipped("skills") / "modal-llm-serving" / RULES_TEXT
    return str(path) if path.exists() else "modal-serve-gen list checks"


def _escaped(text: str, attribute: bool = False) -> str:
    """As a workflow command wants it: its own marks as percent codes."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if attribute else text
