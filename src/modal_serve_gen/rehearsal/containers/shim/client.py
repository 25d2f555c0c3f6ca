"""Run the `modal` command as `python -m modal` does, and record why it failed: `python client.py RECORD ARGUMENTS`.

RECORD is a file for a JSON object: type, module and text of the exception, and the file, line and function of each
frame of its traceback, the innermost last. Standard library only, beside the SDK.
"""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path


def main() -> None:
    record = Path(sys.argv[1])
    sys.argv[:2] = ["modal"]
    sys.path[0] = os.getcwd()  # noqa: PTH109  (as -m does)
    try:
        runpy.run_module("modal", run_name="__main__", alter_sys=True)
    except BaseException as error:
        if not isinstance(error, SystemExit) or error.code not in (None, 0):
            write(record, error)
        raise


def write(record: Path, error: BaseException) -> None:
    """Write what was raised first: `modal` ends with SystemExit whatever happened, and wraps exceptions of the app."""
    if isinstance(error, SystemExit) and error.__context__ is not None and not frames_of_users(error):
        error = error.__context__
    if type(error).__name__ == "_CliUserExecutionError" and error.__cause__ is not None:
        error = error.__cause__
    frames = [[frame.filename, frame.lineno, frame.name] for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append([error.filename, error.lineno, ""])
    kind = type(error)
    document = {"type": kind.__name__, "module": kind.__module__, "text": message(error), "frames": frames}
    record.write_text(json.dumps(document), "utf-8")


def frames_of_users(error: BaseException) -> bool:
    """True if code other than an installed package's raised it, such as sys.exit() in an entrypoint."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return any("site-packages" not in frame.filename and frame.filename != __file__ for frame in last)


def message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    if hasattr(error, "format_message"):  # of click
        return str(error.format_message())
    return str(error)


if __name__ == "__main__":
    main()
