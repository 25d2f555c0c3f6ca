"""Every way this program refuses, each with its exit code.

An error is two sentences: what is wrong, with the user's own value in it, and what to do about it. Errors are raised
where the fault is found and caught once, in `cli.main`, so that no traceback reaches a user.
"""

FINDINGS = 1
INTERRUPTED = 130


class ServeError(Exception):
    """A refusal: `problem` says what is wrong, `remedy` what to do. `exit_code` is part of the contract."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str, *, details: dict | None = None):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.details = details or {}  # extra keys for --json, such as the plan that does not fit

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}"


class BadInput(ServeError):
    """Bad usage or input: unknown or out-of-range values, hostile names, an output that cannot be written."""

    exit_code = 2


class InvalidConfig(ValueError):
    """A configuration that contradicts itself or says what cannot be; the text goes on after "cannot be planned:"."""


class ModelError(ServeError):
    """The model cannot be resolved or served: unknown, gated without a token, pickle weights, not text generation."""

    exit_code = 3


class HubUnavailable(ModelError):
    """The Hub could not be asked, so nothing is known of the model; it may well exist."""


class DoesNotFit(ServeError):
    """The model does not fit the GPU at this length and concurrency, or misses a target."""

    exit_code = 4


class MachineError(ServeError):
    """This machine lacks something: an engine, a platform, room on its disk."""

    exit_code = 5


class InternalError(ServeError):
    """What we rendered failed our own checks; nothing was written."""

    exit_code = 70


def quoted(value: object, limit: int = 80) -> str:
    """`value` as it may stand in a message: quoted, control characters escaped, at most `limit` characters."""
    text = repr(str(value))
    return text if len(text) <= limit else f"{text[: limit - 2]}…{text[0]} ({len(str(value)):,} characters)"


def nearest(value: str, allowed: list[str] | tuple[str, ...]) -> str:
    """The most similar of `allowed` as ' Did you mean …?', or '' when nothing is close."""
    import difflib

    match = difflib.get_close_matches(value, allowed, n=1, cutoff=0.6)
    return f" Did you mean {match[0]}?" if match else ""
