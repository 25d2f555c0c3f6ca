"""The `rehearse` command: run an app on this machine."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Command, Json, end, guarded, say, show
from modal_serve_gen.rehearsal import faults

Fault = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[:ARG]", help=f"Inject a fault; repeatable: {', '.join(map(faults.usage, faults.KINDS))}."
    ),
]
Secret = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KEY[,KEY]",
        help="Keys of a Secret, in addition to those that the app reads; repeatable. Their values are placeholders, "
        "or those of DIR/secrets/NAME.json in the --state folder.",
    ),
]
Deploy = Annotated[bool, typer.Option("--deploy", help="Run `modal deploy` first; implied by `-- --deployed`.")]
PassEnv = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Pass this variable on to the local part of the app, which gets no others; repeatable."
    ),
]
Isolation = Annotated[
    bool,
    typer.Option(
        "--isolation/--no-isolation",
        help="Give containers their own network and files, if this machine allows it. Without isolation they have "
        "Internet access.",
    ),
]


class PassingOn(Command):
    """A command whose error for an unknown option explains how to pass it to the app, after `--`."""

    def hint(self, option: str, words: list[str]) -> str:
        names = [word.partition("=")[0] for word in words]
        rest = " ".join(words[names.index(option) :] if option in names else [])
        return f"Options of the app go after --, as in: rehearse APP.py -- {rest}"


@guarded
def rehearse(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="APP.py",
            help="APP.py, or APP.py::NAME of an entrypoint, function, CLASS.METHOD or app, as for `modal run`.",
        ),
    ],
    engine: Annotated[
        Literal["real", "stub"],
        typer.Option(help="real: run the engine on the CPU; installed on first use. stub: only its flags and routes."),
    ] = "real",
    deploy: Deploy = False,
    state: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep Volumes and Secrets in this folder for later rehearsals."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Empty the --state folder first, except Secrets with values of your own.")
    ] = False,
    secret: Secret = None,
    pass_env: PassEnv = None,
    fault: Fault = None,
    isolation: Isolation = True,
    as_json: Json = False,
) -> None:
    """Run the unmodified app on this machine: no account, no GPU, nothing billed.

    Arguments after -- are passed to `modal run`.
    """
    import asyncio

    from modal_serve_gen.commands import rehearsal_text, rehearse_app

    stream = sys.stderr if as_json else sys.stdout
    rehearsal = rehearse_app.run(
        target,
        list(context.args),
        engine=engine,
        faults=fault or (),
        state=state,
        fresh=fresh,
        deploy=deploy,
        isolated=isolation,
        secrets=secret or (),
        passed=pass_env or (),
        say=say,
        emit=lambda text: print(text, end="", file=stream, flush=True),
    )
    try:
        report = asyncio.run(rehearsal)
    except KeyboardInterrupt:
        message = "Nothing is kept; with --state DIR, Volumes are kept and a batch job resumes."
        if state:
            message = f"Volumes and Secrets are kept in {state}: run the same command to resume."
        raise KeyboardInterrupt(message) from None
    show(json.dumps(report.model_dump(mode="json"), indent=2) if as_json else rehearsal_text.text(report))
    inconclusive = report.cause is not None and report.cause.kind == "rehearsal"
    end(0 if report.ok else errors.MachineError.exit_code if inconclusive else errors.FINDINGS)
