"""Import one app and report the outcome. `sdk_import` runs this program in a separate process.

    python importer.py APP.py DESCRIPTOR

The report is one JSON document, written to that file descriptor: the error if any, the SDK's warnings, the constants.
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

LIMITS = {
    resource.RLIMIT_CPU: 20,  # seconds
    resource.RLIMIT_AS: 8 * 2**30,  # bytes
    resource.RLIMIT_FSIZE: 2**26,  # bytes of each file that it writes
}
MAX_CHARACTERS = 10_000  # of a constant


def main() -> None:
    path, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    for limit, value in LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
            resource.setrlimit(limit, (value, value))
    os.write(descriptor, json.dumps(report(path)).encode())
    os._exit(0)  # skips exit handlers that the app registered


def report(path: Path) -> dict[str, object]:
    """`error` (type, message, line, missing package), `warnings` ((message, line)), `names`, the SDK's `version`."""
    version = ""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("modal")
    spec = importlib.util.spec_from_file_location("app_under_check", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            spec.loader.exec_module(module)
        except BaseException as exception:
            frames = traceback.extract_tb(exception.__traceback__)
            lines = [frame.lineno for frame in frames if frame.filename == str(path)]
            missing = exception.name if isinstance(exception, ModuleNotFoundError) else None
            error = [type(exception).__name__, str(exception)[:MAX_CHARACTERS], lines[-1] if lines else 1, missing]
    messages = [
        (str(warning.message), warning.lineno)
        for warning in caught
        if warning.category.__module__.startswith("modal") and Path(warning.filename) == path
    ]
    names = {name: value for name, value in vars(module).items() if not name.startswith("__") and _is_data(value)}
    return {"error": error, "warnings": messages, "names": names, "version": version}


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
