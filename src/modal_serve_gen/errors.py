"""Errors of the commands, each with its exit code.

The message of an error is two sentences: what is wrong, with the user's own value, and what to do about it. Errors are
raised where the problem is found and caught once, in `cli.console`, so that no traceback reaches a user.
"""

from collections.abc import Sequence
from typing import Any

FINDINGS = 1
INTERRUPTED = 130


class ServeError(Exception):
    """A command that cannot go on: `problem` says what is wrong, `remedy` what to do.

    `exit_code` is part of the command line's contract.
    """

    exit_code = 1

    def __init__(self, problem: str, remedy: str, *, details: dict[str, Any] | None = None):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.details = details or {}  # printed by --json instead of the message, such as a plan that does not fit

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}"


class BadInput(ServeError):
    """Bad usage or input: an unknown or out-of-range value, an unsafe name, an output that cannot be written."""

    exit_code = 2


class InvalidConfig(ValueError):
    """A model configuration that is contradictory or impossible; the text continues "cannot be planned:"."""


class ModelError(ServeError):
    """A model that cannot be resolved or served: unknown, gated without a token, pickle weights, no text generation."""

    exit_code = 3


class GatedModel(ModelError):
    """A gated model that cannot be read without a token that has access to it."""


class HubUnavailable(ModelError):
    """The Hub could not be reached, so whether the model exists is not known."""


class DoesNotFit(ServeError):
    """A model that does not fit the GPU at this length and concurrency, or that misses a target."""

    exit_code = 4


class MachineError(ServeError):
    """Something this machine lacks, or that a rehearsal cannot do here: an engine, a platform, disk space, an RPC."""

    exit_code = 5


class InternalError(ServeError):
    """A generated app that fails the project's own checks; it is not written."""

    exit_code = 70


def quoted(value: object, limit: int = 80) -> str:
    """`value` for a message: quoted, with control characters escaped, at most `limit` characters.

    >>> quoted("a\\n")
    "'a\\\\n'"
    >>> quoted("x" * 100, limit=10)
    "'xxxxxxx…' (100 characters)"
    """
    try:
        plain = str(value)
    except (ValueError, RecursionError):  # a number of more than 4,300 digits, or lists in lists
        return "a value that is too long to show"
    text = repr(plain)
    return text if len(text) <= limit else f"{text[: limit - 2]}…{text[0]} ({len(plain):,} characters)"


def nearest(value: str, allowed: Sequence[str]) -> str:
    """A suggestion from `allowed`, or '' if nothing is similar.

    >>> nearest("H10", ["H100", "L4"])
    ' Did you mean H100?'
    """
    import difflib

    match = difflib.get_close_matches(value, allowed, n=1, cutoff=0.6)
    return f" Did you mean {match[0]}?" if match else ""
