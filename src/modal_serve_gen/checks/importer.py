"""Import one app and report the outcome. `sdk_import` runs this program in a separate process.

    python importer.py APP.py PROJECT DESCRIPTOR

The file is imported as `modal run` does: with its folder and the working directory on the path. Where that fails for
want of a file or a module, the working directory may have been another one: the folders up to PROJECT are tried, and a
file with relative imports is imported as part of its package, as by `modal run -m`. The report is one JSON document,
written to the descriptor: the error if any, the SDK's warnings, the constants.
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import resource
import sys
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

LIMITS = {
    resource.RLIMIT_CPU: 20,  # seconds
    resource.RLIMIT_AS: 8 * 2**30,  # bytes
    resource.RLIMIT_FSIZE: 2**26,  # bytes of each file that it writes
}
MAX_CHARACTERS = 10_000  # of a constant


def main() -> None:
    path, project, descriptor = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    sys.argv = [str(path)]
    with contextlib.suppress(ImportError):
        import modal  # noqa: F401 # before the app's own folders are on the path, as in `modal run`
    folders = [folder for folder in path.parents if folder == project or project in folder.parents]
    sys.path[:0] = [str(path.parent), ""]
    sys.path += map(str, folders[1:])
    for limit, value in LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(limit, (value, value))
    os.write(descriptor, json.dumps(report(path, project)).encode())
    os._exit(0)  # skips exit handlers that the app registered


def report(path: Path, project: Path) -> dict[str, object]:
    """`error` (type, message, line, missing package), `warnings` ((message, line)), `names`, the SDK's `version`."""
    version = ""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("modal")
    here = Path.cwd()
    first = outcome = attempt(path)
    for folder in dict.fromkeys((project, path.parent)):
        if isinstance(outcome.exception, FileNotFoundError) and folder != here:
            os.chdir(folder)
            outcome = attempt(path)
    if isinstance(first.exception, ImportError) and "relative import" in str(first.exception):
        outcome = attempt(path, package_name(path, project))
    if isinstance(outcome.exception, FileNotFoundError):
        outcome = first
    messages = [
        (str(warning.message), warning.lineno)
        for warning in outcome.caught
        if warning.category.__module__.startswith("modal") and Path(warning.filename) == path
    ]
    names = {name: value for name, value in outcome.names.items() if not name.startswith("__") and _is_data(value)}
    return {"error": described(outcome.exception, path), "warnings": messages, "names": names, "version": version}


class Outcome(NamedTuple):
    """Of one attempt: the names that the file defines, what it raised, and the warnings."""

    names: dict[str, object]
    exception: BaseException | None
    caught: list[warnings.WarningMessage]


def attempt(path: Path, package: str = "") -> Outcome:
    """Import the file as a script, or as the module `package`."""
    exception: BaseException | None = None
    names: dict[str, object] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if package:
                names = vars(importlib.import_module(package))
            else:
                spec = importlib.util.spec_from_file_location(path.stem, path)
                assert spec is not None and spec.loader is not None
                module = importlib.util.module_from_spec(spec)
                sys.modules[spec.name] = module
                names = vars(module)
                spec.loader.exec_module(module)
        except BaseException as error:
            exception = error
    return Outcome(names, exception, caught)


def package_name(path: Path, project: Path) -> str:
    """Dotted name of a file in its package: below the first folder without an `__init__.py`, or below the project."""
    top = path.parent
    while (top / "__init__.py").exists():
        top = top.parent
    if top == path.parent:
        top = project if project != path.parent else path.parent.parent
    sys.path.insert(0, str(top))
    return ".".join(path.relative_to(top).with_suffix("").parts)


def described(exception: BaseException | None, path: Path) -> list[object] | None:
    """Type, message, line in the file, and the missing package of an exception."""
    if exception is None:
        return None
    frames = traceback.extract_tb(exception.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    missing = exception.name if isinstance(exception, ModuleNotFoundError) else None
    return [type(exception).__name__, str(exception)[:MAX_CHARACTERS], lines[-1] if lines else 1, missing]


def _is_data(value: object, depth: int = 0) -> bool:
    """True for short values that JSON preserves."""
    if isinstance(value, str):
        return len(value) <= MAX_CHARACTERS
    if value is None or isinstance(value, bool | int | float):
        return True
    if depth > 3 or not isinstance(value, list | tuple | dict) or len(value) > 1000:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(_is_data(item, depth + 1) for item in value.values())
    return all(_is_data(item, depth + 1) for item in value)


if __name__ == "__main__":
    main()
