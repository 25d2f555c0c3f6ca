"""Import one app and say what happened: the program that `importing` starts in a process of its own.

    python importer.py APP.py DESCRIPTOR

What is said is one JSON document on that file descriptor: how it ended, the SDK's warnings, the constants.
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

SECONDS = 20  # of CPU
MEMORY = 8 * 2**30  # of address space
WRITTEN = 2**26  # bytes of one file
LONGEST = 10_000  # characters of a constant


def main() -> None:
    path, out = Path(sys.argv[1]), int(sys.argv[2])
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    for limit, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, WRITTEN)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit stands already
            resource.setrlimit(limit, (most, most))
    os.write(out, json.dumps(imported(path)).encode())
    os._exit(0)  # without what the app may have registered for the end


def imported(path: Path) -> dict:
    """`fault` (kind, message, line, missing package), `warnings` ((message, line)), `names`, the SDK's `version`."""
    version = ""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("modal")
    found: dict = {"fault": None, "warnings": [], "names": {}, "version": version}

    def heard(message, category, filename, lineno, file=None, line=None) -> None:
        if category.__module__.startswith("modal") and Path(filename) == path:
            found["warnings"].append([str(message), lineno])

    warnings.showwarning = heard
    warnings.simplefilter("always")
    spec = importlib.util.spec_from_file_location("app_under_check", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as fault:
        lines = [frame.lineno for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == str(path)]
        missing = getattr(fault, "name", None) if isinstance(fault, ModuleNotFoundError) else None
        found["fault"] = [type(fault).__name__, str(fault)[:LONGEST], lines[-1] if lines else 1, missing]
    for name, held in vars(module).items():
        if not name.startswith("__") and _plain(held):
            found["names"][name] = held
    return found


def _plain(held: object, depth: int = 0) -> bool:
    """Whether a value is data that JSON keeps as it is, and short."""
    if isinstance(held, str):
        return len(held) <= LONGEST
    if held is None or isinstance(held, bool | int | float):
        return True
    if depth > 3 or not isinstance(held, list | tuple | dict) or len(held) > 1000:
        return False
    if isinstance(held, dict):
        return all(isinstance(key, str) for key in held) and all(_plain(each, depth + 1) for each in held.values())
    return all(_plain(each, depth + 1) for each in held)


if __name__ == "__main__":
    main()
