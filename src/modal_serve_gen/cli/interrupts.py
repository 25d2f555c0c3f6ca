"""Ctrl-C: inside a command it is a KeyboardInterrupt; before and after, there is nothing to clean up or to explain."""

import contextlib
import signal
from collections.abc import Iterator


def outside_commands() -> None:
    """From now on, Ctrl-C ends the process without a traceback, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def inside_command() -> Iterator[None]:
    """Meanwhile, Ctrl-C is a KeyboardInterrupt."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        outside_commands()
