"""`rehearse`: run an app on this machine."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Command, Json, end, guarded, say
from modal_serve_gen.rehearsal import faults


class PassingOn(Command):
    """A command whose options end at `--`: one that it does not know may be meant for the app."""

    def read(self, ctx: typer.Context, args: list[str]) -> list[str]:
        given = list(args)
        try:
            return super().read(ctx, args)
        except Exception as fault:
            if hasattr(fault, "possibilities"):  # only where there is no such option; typer keeps its name to itself
                named = [word.partition("=")[0] == fault.option_name for word in given]
                at = named.index(True) if True in named else len(given)
                rest = " ".join(given[at:])
                fault.message += f"\nAn option of the app's own goes after --, as in: rehearse APP.py -- {rest}"
            raise


@guarded
def rehearse(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="APP.py", help="A Modal app, as modal run takes it.")],
    engine: Annotated[
        Literal["real", "stub"],
        typer.Option(
            help="real: the engine on this machine's CPU, made on first use. stub: its flags and routes only."
        ),
    ] = "real",
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Run modal deploy first, as -- --deployed does by itself.")
    ] = False,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep Volumes and Secrets in this folder for the next rehearsal."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Empty the folder of --state first.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:ARG]",
            help=f"Inject a fault; repeatable: {', '.join(map(faults.spelled, faults.KINDS))}.",
        ),
    ] = None,
    isolation: Annotated[
        bool,
        typer.Option(
            "--isolation/--no-isolation",
            help="Whether containers get a network and files of their own, where this machine allows it. Without them, "
            "they reach the Internet.",
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Run the unmodified app on this machine: no account, no GPU, nothing billed.

    What follows -- goes to modal run.
    """
    import asyncio

    from modal_serve_gen.commands import rehearse_app

    out = sys.stderr if as_json else sys.stdout

    def emit(text: str) -> None:
        out.write(text)
        out.flush()

    rehearsal = rehearse_app.run(
        target, list(context.args), engine=engine, faults=fault or (), kept=state, fresh=fresh, deploy=deploy,
        isolated=isolation, say=say, emit=emit,
    )  # fmt: skip
    try:
        report = asyncio.run(rehearsal)
    except KeyboardInterrupt:
        kept = "What was done is gone; --state DIR keeps Volumes, so that a batch goes on where it was."
        if state:
            kept = f"What was done is kept in {state}: the same command goes on."
        raise KeyboardInterrupt(kept) from None
    print(report.model_dump_json(indent=2) if as_json else rehearse_app.summary(report))
    end(0 if report.ok else errors.FINDINGS)
