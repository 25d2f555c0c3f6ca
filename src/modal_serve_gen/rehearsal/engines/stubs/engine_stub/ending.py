"""How an engine's server ended that never served: noted, since its container would wait for its port until a limit.

The launch scripts of real engines run this file by its path.
"""

import contextlib
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

KEPT = 4000  # characters of the standard error stream
note = runpy.run_path(str(Path(__file__).with_name("notes.py")))["note"]


class _Kept:
    """A text stream that keeps the end of what is written to it."""

    def __init__(self, stream: Any):
        self.stream, self.text = stream, ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-KEPT:]
        return int(self.stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_settled: list[bool] = []


def settle() -> None:
    """The engine serves, or ends because the rehearsal wants it: from now on its end is not noted."""
    _settled.append(True)


def launch(serve: Callable[[], int], argv: list[str]) -> int:
    """`serve()`, its start and its failure noted."""
    note("launched", shlex.join(argv))
    with failures():
        if code := serve():
            raise SystemExit(code)
    return 0


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Note why the server ends, unless that is with exit code 0, by a signal, or after `settle`."""
    kept = sys.stderr = _Kept(sys.stderr)  # type: ignore[assignment]
    why = ""
    try:
        yield
    except SystemExit as end:
        if end.code:
            why = end.code if isinstance(end.code, str) else _last_line(kept.text) or f"exit code {end.code}"
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise
    finally:
        sys.stderr = kept.stream
        if why and not _settled:
            note("ended", why)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
