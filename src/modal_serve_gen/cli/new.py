"""The `new` command: write one Modal app."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from modal_serve_gen import errors
from modal_serve_gen.cli.console import Json, Offline, end, guarded, say, version

# Parameters of `new` that are not options of the app.
NOT_IN_THE_SPEC = {"out", "spec", "diff", "stdout", "force", "as_json", "offline"}


@guarded
def new(
    out: Annotated[
        str | None,
        typer.Argument(metavar="OUT.py", help="File to write. Default: named after workflow and model."),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option(help="How to serve the model; see `modal-serve-gen list workflows`.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model id on the Hub. Default: that of the workflow.")] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit of the model (40 hex digits). Default: the latest.")
    ] = None,
    gpu: Annotated[
        str | None, typer.Option(help="GPU type and count, such as H100:2. Default: the cheapest that fits.")
    ] = None,
    max_model_len: Annotated[int | None, typer.Option(help="Maximum tokens per request, prompt and output.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Concurrent requests per container.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Type of web endpoint: web-server, server or http-server.")
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(help="Authentication: proxy (Modal proxy tokens), api-key (your own key) or none."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Region for containers, such as us or eu-west; raises the price.")
    ] = None,
    min_containers: Annotated[
        int | None, typer.Option(help="Containers to keep warm, billed around the clock.")
    ] = None,
    max_containers: Annotated[
        int | None, typer.Option(help="Maximum number of containers, which bounds the cost.")
    ] = None,
    scaledown_window: Annotated[int | None, typer.Option(help="Seconds before an idle container is stopped.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the Modal app.")] = None,
    served_model_name: Annotated[str | None, typer.Option(help="Model name in the API. Default: the model id.")] = None,
    lora: Annotated[list[str] | None, typer.Option(help="LoRA adapter as NAME=REPO@SHA; repeatable.")] = None,
    draft: Annotated[
        str | None, typer.Option(help="Draft model for speculative decoding as ALGORITHM=REPO@SHA.")
    ] = None,
    hf_secret: Annotated[str | None, typer.Option(help="Modal Secret with HF_TOKEN, for gated models.")] = None,
    api_key_secret: Annotated[str | None, typer.Option(help="Modal Secret with the key for --auth api-key.")] = None,
    otlp_endpoint: Annotated[str | None, typer.Option(help="OpenTelemetry collector URL for traces.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Cron expression for running the deployed app.")] = None,
    engine_arg: Annotated[
        list[str] | None, typer.Option(help="Engine flag, as --engine-arg=--flag=value; repeatable.")
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(help="TOML file of options or a generated app to start from; options override it.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="With --spec APP.py: show what generating it again would change.")
    ] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the app instead of writing a file.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Json = False,
    offline: Offline = False,
) -> None:
    """Write one Modal app that serves a model: planned, pinned and checked."""
    options = {name: value for name, value in locals().items() if name not in NOT_IN_THE_SPEC}
    if stdout and (out or as_json or diff):
        raise errors.BadInput(
            "--stdout cannot be combined with a file name, --json or --diff: it prints the app.", "Leave one out."
        )
    if diff and (spec is None or out):
        raise errors.BadInput(
            "--diff compares a generated app and writes no file.", "Use it as: new --spec APP.py --diff"
        )
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import new_app, new_report

    source = files.read(spec, "--spec") if spec else None
    if diff and source is not None:
        change = new_app.difference(source, options, generator=version(), offline=offline, say=say)
        if change.edited:
            say("Note: the app has been edited. The edits are not compared, and generating it again drops them.")
        print(change.text or "Nothing would change.", end="" if change.text else "\n")
        end(errors.FINDINGS if change.text else 0)
    app = new_app.make(options, source=source, generator=version(), offline=offline, say=say)
    if stdout:
        say("\n".join(new_report.figures(app)))
        for note in app.notes:
            say(f"Note: {note}")
        sys.stdout.write(app.text)
        return
    path = Path(out) if out else Path(app.default_file)
    files.write(path, app.text, force)
    print(json.dumps(new_report.document(app, path), indent=2) if as_json else new_report.summary(app, path))
