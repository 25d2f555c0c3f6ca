"""All commands. Each imports what it needs when it runs, so that `--help` stays fast."""

from typing import Annotated

import typer

from modal_serve_gen.cli import check, console, doctor, new, plan, rehearse, update
from modal_serve_gen.cli import list as list_command

app = typer.Typer(
    help="Generate, plan, check and rehearse Modal apps that serve open-weight LLMs with vLLM or SGLang.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich cuts long option names off in narrow terminals
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command(cls=new.New)(new.new)
app.command(cls=new.New)(update.update)
app.command(cls=console.Command)(plan.plan)
app.command(cls=console.Command)(check.check)
app.command(cls=rehearse.PassingOn, context_settings={"allow_extra_args": True})(rehearse.rehearse)
app.command(name="list", cls=console.Command)(list_command.list_)
app.command(cls=console.Command)(doctor.doctor)


def _print_version(value: bool) -> None:
    if value:
        print(console.version())
        console.end(0)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
