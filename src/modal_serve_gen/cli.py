"""The command line: the only module that parses argv, prints, writes files or exits.

Everything heavier than typer is imported by the command that needs it, so that `--help` stays quick.
"""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from modal_serve_gen import errors
from modal_serve_gen.rehearsal import faults

app = typer.Typer(
    help="From “serve this open-weight LLM on Modal” to one file: planned, pinned, rehearsed, yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Parameters of `new` that say where the app goes, not what it is.
NOT_IN_THE_SPEC = {"out", "spec", "diff", "stdout", "force", "as_json", "offline"}

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; diagnostics go to stderr.")]


def main() -> None:
    """The console script."""
    app(prog_name="modal-serve-gen")


def say(line: str) -> None:
    """A diagnostic or a line of progress: never on stdout, which belongs to the result."""
    print(line, file=sys.stderr, flush=True)


def _end(code: int) -> NoReturn:
    raise typer.Exit(code)


def guarded(command: Callable) -> Callable:
    """`command`, with every way to refuse turned into two sentences and an exit code."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()
        except errors.ServeError as refusal:
            if kwargs.get("as_json"):
                refuse_in_json(refusal)
            say(f"Error: {refusal.problem}\n{refusal.remedy}")
            _end(refusal.exit_code)
        except KeyboardInterrupt as interruption:
            what = " ".join(["Interrupted.", *map(str, interruption.args)])
            if kwargs.get("as_json"):
                print(json.dumps({"error": what, "remedy": "", "exit_code": errors.INTERRUPTED}, indent=2))
            say(what)
            _end(errors.INTERRUPTED)
        except BrokenPipeError:  # the reader of a pipe has seen enough
            sys.stderr.close()
            _end(0)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as fault:
            say(f"Error: modal-serve-gen itself failed: {type(fault).__name__}: {fault}")
            say("Please report this with the command that you typed; MODAL_SERVE_GEN_DEBUG=1 shows where it happened.")
            _debug()
            _end(errors.OurBug.exit_code)

    return run


def _debug() -> None:
    import os
    import traceback

    if os.environ.get("MODAL_SERVE_GEN_DEBUG"):
        traceback.print_exc()


def _version(wanted: bool) -> None:
    if wanted:
        print(version())
        _end(0)


def version() -> str:
    """The version of this package."""
    import importlib.metadata

    return importlib.metadata.version("modal-serve-gen")


class _Command(typer.core.TyperCommand):
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


@app.callback()
def _options(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(cls=_Command)
@guarded
def new(
    out: Annotated[
        str | None, typer.Argument(help="The file to write; without it, named after workflow and model.")
    ] = None,
    workflow: Annotated[str | None, typer.Option(help="How to serve; see modal-serve-gen list workflows.")] = None,
    model: Annotated[str | None, typer.Option(help="Hugging Face id; without it, the workflow's own default.")] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit of the model, 40 hex digits; without it, resolved.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(help="GPU and count, such as H100:2; without it, the cheapest that fits.")
    ] = None,
    max_model_len: Annotated[int | None, typer.Option(help="Tokens of one prompt and its answer.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Requests that one container answers at once.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="How the engine is put on the web: web-server, server or http-server.")
    ] = None,
    auth: Annotated[
        str | None, typer.Option(help="Who may ask: proxy (Modal proxy tokens), api-key (a key of your own) or none.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Compute region, such as us or eu-west; costs more.")] = None,
    min_containers: Annotated[int | None, typer.Option(help="Containers that stay warm, and are paid for.")] = None,
    max_containers: Annotated[int | None, typer.Option(help="Upper bound on containers, and so on cost.")] = None,
    scaledown_window: Annotated[int | None, typer.Option(help="Seconds until an idle container stops.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the Modal app.")] = None,
    served_model_name: Annotated[str | None, typer.Option(help="What clients call the model; default: its id.")] = None,
    lora: Annotated[list[str] | None, typer.Option(help="LoRA adapter as NAME=REPO@SHA; repeatable.")] = None,
    draft: Annotated[
        str | None, typer.Option(help="Draft model for speculative decoding, as ALGORITHM=REPO@SHA.")
    ] = None,
    hf_secret: Annotated[str | None, typer.Option(help="Modal Secret that holds HF_TOKEN, for gated models.")] = None,
    api_key_secret: Annotated[
        str | None, typer.Option(help="Modal Secret that holds the key of --auth api-key.")
    ] = None,
    otlp_endpoint: Annotated[str | None, typer.Option(help="OpenTelemetry collector for traces.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Cron line: the app runs by itself, once deployed.")] = None,
    engine_arg: Annotated[
        list[str] | None, typer.Option(help="A flag for the engine, as --engine-arg=--flag=value; repeatable.")
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(help="TOML file of options, or a generated app; options override.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="With --spec APP: show what today's facts would change.")
    ] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the app instead of writing a file.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use the bundled facts only; no network.")] = False,
) -> None:
    """Write one Modal app: planned, pinned, checked, ready to rehearse."""
    given = {name: value for name, value in locals().items() if name not in NOT_IN_THE_SPEC}
    if stdout and (out or as_json or diff):
        raise errors.BadInput(
            "--stdout prints the app, and so goes with neither a file name, --json nor --diff.", "Leave one out."
        )
    if diff and (spec is None or out):
        raise errors.BadInput(
            "--diff compares a generated app and writes nothing.", "Use it as: new --spec APP.py --diff"
        )
    from modal_serve_gen import files, newapp

    source = files.read(spec, "--spec") if spec else None
    made = newapp.make(given, source=source, generator=version(), offline=offline, say=say)
    if diff:
        if any("by hand" in note for note in made.notes):
            say("Note: the app was edited by hand; the edits are not compared, and generating it anew drops them.")
        changes = newapp.difference(source, given, generator=version(), offline=offline, say=say)
        print(changes or "Nothing would change.", end="" if changes else "\n")
        _end(errors.FINDINGS if changes else 0)
    if stdout:
        for note in made.notes:
            say(f"Note: {note}")
        sys.stdout.write(made.text)
        return
    path = Path(out) if out else Path(made.default_file)
    files.write(path, made.text, force)
    print(json.dumps(made.document(path), indent=2) if as_json else made.summary(path))


class _PassingOn(_Command):
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


@app.command(cls=_PassingOn, context_settings={"allow_extra_args": True})
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

    from modal_serve_gen import rehearsing

    out = sys.stderr if as_json else sys.stdout

    def emit(text: str) -> None:
        out.write(text)
        out.flush()

    rehearsal = rehearsing.run(
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
    print(report.model_dump_json(indent=2) if as_json else rehearsing.summary(report))
    _end(0 if report.ok else errors.FINDINGS)


@app.command(name="list", cls=_Command)
@guarded
def list_(
    what: Annotated[Literal["workflows", "models", "gpus", "checks"], typer.Argument(help="What to list.")],
    as_json: Json = False,
) -> None:
    """What there is: workflows, models with bundled facts, GPUs with prices, checks."""
    from modal_serve_gen import listings

    rows = listings.rows(what)
    print(json.dumps(rows, indent=2) if as_json else listings.table(rows))


@app.command(cls=_Command)
@guarded
def doctor(as_json: Json = False) -> None:
    """Look at this machine's Modal environment, and whether the real engine can run here."""
    from modal_serve_gen import doctor as doctors
    from modal_serve_gen import listings

    found = doctors.examine()
    print(json.dumps(listings.plain(found), indent=2) if as_json else listings.findings(found))
    _end(errors.EnvironmentLacks.exit_code if any(each.status == "fail" for each in found) else 0)


if __name__ == "__main__":
    main()
