"""Check several files with selected rules, in several processes when there are many."""

import concurrent.futures
import difflib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from modal_serve_gen import checks
from modal_serve_gen.checks import sdk_import
from modal_serve_gen.checks.discovery import find_apps
from modal_serve_gen.checks.report import Report
from modal_serve_gen.checks.severity import Severity
from modal_serve_gen.errors import BadInput, quoted

MIN_FILES_FOR_POOL = 8
OPEN = "Note: without user namespaces, an imported file can read your files and use the network (--no-import)."
PROGRESS_INTERVAL_S = 2


def select_rules(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    """Names of the rules to apply; each item may list several, separated by commas. Raises BadInput if unknown."""
    known = {*checks.rules(), *checks.OTHER_FINDINGS}
    selected = {name for item in select for name in item.split(",") if name}
    ignored = {name for item in ignore for name in item.split(",") if name}
    for name in sorted(selected | ignored):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.5)
            remedy = f"Use {close[0]}." if close else "See modal-serve-gen list checks."
            raise BadInput(f"There is no rule {quoted(name)}.", remedy)
    return frozenset((selected or known) - ignored)


def check_paths(
    paths: list[Path],
    rules: frozenset[str],
    *,
    imports: bool,
    say: Callable[[str], None],
    least: Severity = Severity.ADVICE,
) -> Report:
    """Check the apps at `paths`, and report findings of at least the severity `least`.

    Raises BadInput for a path that does not exist, or a folder without an app.
    """
    files = [file for path in paths for file in find_apps(path)]
    findings, notes = [], []
    if imports and files and not sdk_import.can_view():
        say(OPEN)
    reported_at = time.monotonic()
    for number, (file, (in_file, note)) in enumerate(zip(files, _results(files, imports), strict=True), 1):
        findings += [(str(file), row) for row in in_file if row.rule in rules and row.severity.rank <= least.rank]
        if note:
            notes.append(f"{file}: {note}.")
        if (now := time.monotonic()) - reported_at > PROGRESS_INTERVAL_S:
            reported_at = now
            say(f"checked {number} of {len(files)} files")
    return Report(len(files), tuple(findings), tuple(notes))


def _results(files: list[Path], imports: bool) -> Iterator[tuple[list[checks.Finding], str]]:
    """Findings and import note of each file, in order."""
    if len(files) < MIN_FILES_FOR_POOL:
        yield from (_check_file(file, imports) for file in files)
        return
    with concurrent.futures.ProcessPoolExecutor() as pool:
        yield from pool.map(_check_file, files, [imports] * len(files), chunksize=4)


def _check_file(file: Path, imports: bool) -> tuple[list[checks.Finding], str]:
    try:
        text = read(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        return [checks.syntax_error(1, "the file is not UTF-8", "save it as UTF-8")], ""
    return checks.examine(text, file if imports else None)


def read(file: Path) -> bytes:
    """The contents of a file. Raises BadInput."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{quoted(str(file))} cannot be read: {error.strerror}.", "Pass a readable file.") from error
