"""`check --fix` without its terminal: the repaired text of each app, and the difference."""

import concurrent.futures
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen import fixes
from modal_serve_gen.checks.discovery import find_apps
from modal_serve_gen.checks.runner import MIN_FILES_FOR_POOL, read
from modal_serve_gen.checks.severity import Severity


@dataclass(frozen=True)
class FixedApp:
    """An app whose text is repaired. `repairs`: (line in the text before, rule, what)."""

    path: Path
    before: bytes
    after: bytes
    repairs: tuple[tuple[int, str, str], ...]

    def diff(self) -> str:
        """The unified difference of the texts."""
        before, after = (data.decode("utf-8").splitlines(keepends=True) for data in (self.before, self.after))
        lines = difflib.unified_diff(before, after, str(self.path), str(self.path))
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def fixed_apps(paths: list[Path], rules: frozenset[str], least: Severity) -> Iterator[FixedApp]:
    """The apps at `paths` that a repair changes. Raises BadInput as `check_paths` does; writes nothing."""
    files = [file for path in paths for file in find_apps(path)]
    if len(files) < MIN_FILES_FOR_POOL:
        results = [_fixed(file, rules, least) for file in files]
    else:
        with concurrent.futures.ProcessPoolExecutor() as pool:
            number = len(files)
            results = list(pool.map(_fixed, files, [rules] * number, [least] * number, chunksize=4))
    return (app for app in results if app is not None)


def _fixed(file: Path, rules: frozenset[str], least: Severity) -> FixedApp | None:
    data = read(file)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None  # a finding that a person has to repair
    fixed = fixes.fix(text, rules, least)
    return FixedApp(file, data, fixed.text.encode(), fixed.repairs) if fixed.text != text else None
