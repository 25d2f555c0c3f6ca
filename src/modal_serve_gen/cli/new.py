"""`new`: write one Modal app."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, end, guarded, say, version

# Parameters of `new` that say where the app goes, not what it is.
NOT_IN_THE_SPEC = {"out", "spec", "diff", "stdout", "force", "as_json", "offline"}


@guarded
def new(
    out: Annotated[
        str | None,
        typer.Argument(metavar="OUT.py", help="The file to write; without it, named after workflow and model."),
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
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import new_app

    source = files.read(spec, "--spec") if spec else None
    made = new_app.make(given, source=source, generator=version(), offline=offline, say=say)
    if diff:
        if any("by hand" in note for note in made.notes):
            say("Note: the app was edited by hand; the edits are not compared, and generating it anew drops them.")
        changes = new_app.difference(source, given, generator=version(), offline=offline, say=say)
        print(changes or "Nothing would change.", end="" if changes else "\n")
        end(errors.FINDINGS if changes else 0)
    if stdout:
        say("\n".join(made.figures()))
        for note in made.notes:
            say(f"Note: {note}")
        sys.stdout.write(made.text)
        return
    path = Path(out) if out else Path(made.default_file)
    files.write(path, made.text, force)
    print(json.dumps(made.document(path), indent=2) if as_json else made.summary(path))
