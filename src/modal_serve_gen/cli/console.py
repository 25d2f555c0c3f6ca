"""Shared by the commands: where output goes, and how errors become messages, JSON and exit codes."""

import codecs
import contextlib
import errno
import functools
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NoReturn

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli import interrupts

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout; messages go to stderr.")]
Offline = Annotated[bool, typer.Option("--offline", help="Use only the bundled facts, without network access.")]


# How characters of our own messages are written where the terminal's encoding lacks them.
ASCII = {"…": "...", "·": "-", "│": "|", "├": "|", "└": "`", "╭": "/", "╰": "`", "█": "#", "▓": "=", "▒": "-"}


def prepare() -> None:
    """Let output never fail for its characters: those that the terminal cannot show fall back to ASCII."""
    codecs.register_error("fallback", _fallback)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="fallback")


def _fallback(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(ASCII.get(char) or ascii(char)[1:-1] for char in error.object[error.start : error.end]), error.end


def shown(text: str) -> str:
    """`text` for a terminal: control characters, and those that reorder text, are escaped."""
    return "".join(char if char in "\n\t" or char.isprintable() else repr(char)[1:-1] for char in text)


def say(line: str) -> None:
    """Print a message or progress to stderr; stdout is for the result."""
    print(shown(line), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Print a result for a person."""
    print(shown(text))


def end(code: int) -> NoReturn:
    """Exit with this code."""
    raise typer.Exit(code)


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command: its errors become two sentences, or JSON, and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        as_json = kwargs.get("as_json") or kwargs.get("format_") == "json"
        try:
            with interrupts.inside_command():
                command(*args, **kwargs)
            sys.stdout.flush()
        except errors.ServeError as error:
            if as_json:
                print_error_json(error)
            say(f"Error: {error.problem}\n{error.remedy}")
            end(error.exit_code)
        except KeyboardInterrupt as interrupt:
            message = " ".join(["Interrupted.", *map(str, interrupt.args)])
            if as_json:
                print(json.dumps({"error": message, "remedy": "", "exit_code": errors.INTERRUPTED}, indent=2))
            say(message)
            end(errors.INTERRUPTED)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            end(_unexpected(error))

    return run


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Exit with a message for what happens outside of a command, such as help that cannot be written."""
    try:
        yield
    except Exception as error:
        sys.exit(_unexpected(error))


def _unexpected(error: Exception) -> int:
    """Report an exception of the machine's, or of ours; the exit code."""
    if isinstance(error, BrokenPipeError):  # the reader of the pipe has closed it
        sys.stderr.close()
        return 0
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        say("Error: The disk is full or cannot be written.\nFree some space, or use another folder.")
        return errors.MachineError.exit_code
    import os
    import traceback

    say(f"Error: modal-serve-gen crashed with {type(error).__name__}: {error}")
    say("Please report this with the command that you ran; MODAL_SERVE_GEN_DEBUG=1 prints the traceback.")
    if os.environ.get("MODAL_SERVE_GEN_DEBUG"):
        traceback.print_exc()
    return errors.InternalError.exit_code


def version() -> str:
    """The version of this package."""
    import importlib.metadata

    return importlib.metadata.version("modal-serve-gen")


class Command(typer.core.TyperCommand):
    """A command whose usage errors are JSON too, if `--json` is given."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # private to typer
        as_json, words = "--json" in args, list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as exception:
            error: Any = exception  # typer's usage errors have no public class
            if hasattr(error, "possibilities") and (hint := self.hint(error.option_name, words)):
                error.message += f"\n{hint}"
            if as_json and hasattr(error, "format_message"):
                problem, _, remedy = error.format_message().partition("\n")
                print_error_json(errors.BadInput(problem, remedy or f"Run {ctx.command_path} --help for the options."))
            raise

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first line of the help, in full: it wraps."""
        return (self.help or "").partition("\n")[0]

    def hint(self, option: str, words: list[str]) -> str:
        """What to do about an unknown option among the words of the command line; '' to say no more."""
        return ""


def print_error_json(error: errors.ServeError) -> None:
    """Print the JSON document of a command that failed."""
    document = {"error": error.problem, "remedy": error.remedy, "exit_code": error.exit_code}
    print(json.dumps(error.details or document, indent=2))
