"""What every command shares: where lines go, and how a refusal becomes two sentences, a document and an exit code."""

import errno
import functools
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

from modal_serve_gen import errors

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout; messages go to stderr.")]
Offline = Annotated[bool, typer.Option("--offline", help="Use only the bundled facts, without network access.")]


def say(line: str) -> None:
    """A diagnostic or a line of progress: never on stdout, which belongs to the result."""
    print(line, file=sys.stderr, flush=True)


def end(code: int) -> NoReturn:
    raise typer.Exit(code)


def guarded(command: Callable) -> Callable:
    """`command`, with every way to refuse turned into two sentences and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        as_json = kwargs.get("as_json") or kwargs.get("format_") == "json"
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except errors.ServeError as refusal:
            if as_json:
                refuse_in_json(refusal)
            say(f"Error: {refusal.problem}\n{refusal.remedy}")
            end(refusal.exit_code)
        except KeyboardInterrupt as interruption:
            what = " ".join(["Interrupted.", *map(str, interruption.args)])
            if as_json:
                print(json.dumps({"error": what, "remedy": "", "exit_code": errors.INTERRUPTED}, indent=2))
            say(what)
            end(errors.INTERRUPTED)
        except BrokenPipeError:  # the reader of a pipe has seen enough
            sys.stderr.close()
            end(0)
        except (typer.Exit, typer.Abort):
            raise
        except OSError as fault:
            if fault.errno not in FULL:
                _own_fault(fault)
            say("Error: There is no room left to write to.\nFree some, or write somewhere else.")
            end(errors.MachineError.exit_code)
        except Exception as fault:
            _own_fault(fault)

    return run


def _own_fault(fault: Exception) -> NoReturn:
    say(f"Error: modal-serve-gen itself failed: {type(fault).__name__}: {fault}")
    say("Please report this with the command that you typed; MODAL_SERVE_GEN_DEBUG=1 shows where it happened.")
    _debug()
    end(errors.InternalError.exit_code)


def _debug() -> None:
    import os
    import traceback

    if os.environ.get("MODAL_SERVE_GEN_DEBUG"):
        traceback.print_exc()


def version() -> str:
    """The version of this package."""
    import importlib.metadata

    return importlib.metadata.version("modal-serve-gen")


class Command(typer.core.TyperCommand):
    """A command that answers with a document where it was asked for one, also when it cannot read its options."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return self.read(ctx, args)
        except Exception as fault:
            if "--json" in given and hasattr(fault, "format_message"):
                problem, _, remedy = fault.format_message().partition("\n")
                refuse_in_json(errors.BadInput(problem, remedy or f"{ctx.command_path} --help shows what there is."))
            raise

    def read(self, ctx: typer.Context, args: list[str]) -> list[str]:
        """What `parse_args` of a command does."""
        return super().parse_args(ctx, args)


def refuse_in_json(refusal: errors.ServeError) -> None:
    """The one document on stdout of a command that could not do what was asked."""
    document = {"error": refusal.problem, "remedy": refusal.remedy, "exit_code": refusal.exit_code}
    print(json.dumps(refusal.details or document, indent=2))
