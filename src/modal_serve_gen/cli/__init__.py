"""The command line: the only room that parses argv, prints, writes files or exits.

Everything heavier than typer is imported by the command that needs it, so that `--help` stays quick.
"""

from typing import Annotated

import typer

from modal_serve_gen.cli import check, console, doctor, new, plan, rehearse
from modal_serve_gen.cli import list as list_command

app = typer.Typer(
    help="From “serve this open-weight LLM on Modal” to one file: planned, pinned, rehearsed, yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(cls=console.Command)(new.new)
app.command(cls=console.Command)(plan.plan)
app.command(cls=console.Command)(check.check)
app.command(cls=rehearse.PassingOn, context_settings={"allow_extra_args": True})(rehearse.rehearse)
app.command(name="list", cls=console.Command)(list_command.list_)
app.command(cls=console.Command)(doctor.doctor)


def main() -> None:
    """The console script."""
    app(prog_name="modal-serve-gen")


def _version(wanted: bool) -> None:
    if wanted:
        print(console.version())
        console.end(0)


@app.callback()
def _options(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
