"""The `new` command: write one Modal app."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from modal_serve_gen import errors
from modal_serve_gen.cli import options
from modal_serve_gen.cli.console import Command, Json, Offline, end, guarded, say, show, version

if TYPE_CHECKING:
    from modal_serve_gen.commands.new_app import Made

# Parameters of `new` that are not options of the app.
NOT_IN_THE_SPEC = {"out", "spec", "from_boot_log", "diff", "stdout", "force", "drop_edits", "as_json", "offline"}


class New(Command):
    """A command whose error for an engine's flag explains how to pass it to the engine."""

    def hint(self, option: str, words: list[str]) -> str:
        from modal_serve_gen import facts, flags

        for engine, pin in facts.pins().items():
            path = facts.flag_table_path(engine, pin.version)
            if path.exists() and flags.load(path).find(option):
                return f"It is a flag of {engine}, and the app passes it on as --engine-arg={option}=VALUE."
        return ""


def _check(spec: Path | None, out: str | None, log: Path | None, *, diff: bool, stdout: bool, as_json: bool) -> None:
    """Raises BadInput for options that exclude each other."""
    if stdout and (out or as_json or diff):
        raise errors.BadInput(
            "--stdout cannot be combined with a file name, --json or --diff: it prints the app.", "Leave one out."
        )
    if diff and log:
        raise errors.BadInput("--diff shows what the facts change, without --from-boot-log.", "Leave one out.")
    if diff and (spec is None or out):
        raise errors.BadInput("--diff compares an app and writes no file.", "Use it as: new --spec APP.py --diff")


@guarded
def new(
    out: options.OutputFile = None,
    workflow: options.Workflow = None,
    model: options.Model = None,
    revision: options.Revision = None,
    gpu: options.Gpu = None,
    max_model_len: options.MaxModelLen = None,
    concurrency: options.Concurrency = None,
    kv_cache_dtype: options.KvCacheDtype = None,
    kv_offload: options.KvOffload = None,
    endpoint: options.Endpoint = None,
    auth: options.Auth = None,
    region: options.Region = None,
    min_containers: options.MinContainers = None,
    max_containers: options.MaxContainers = None,
    scaledown_window: options.ScaledownWindow = None,
    budget: options.Budget = None,
    time_per_output_token: options.TimePerOutputToken = None,
    tokens_per_s: options.TokensPerS = None,
    users: options.Users = None,
    requests_per_s: options.RequestsPerS = None,
    prompt_tokens: options.PromptTokens = None,
    output_tokens: options.OutputTokens = None,
    ttft_p95: options.TtftP95 = None,
    ready_within: options.ReadyWithin = None,
    prompts: options.Prompts = None,
    by: options.By = None,
    name: options.Name = None,
    served_model_name: options.ServedModelName = None,
    lora: options.Loras = None,
    max_lora_rank: options.MaxLoraRank = None,
    draft: options.Draft = None,
    weights_volume: options.WeightsVolume = None,
    hf_secret: options.HfSecret = None,
    api_key_secret: options.ApiKeySecret = None,
    otlp_endpoint: options.OtlpEndpoint = None,
    schedule: options.Schedule = None,
    engine_arg: options.EngineArgs = None,
    spec: options.SpecFile = None,
    from_boot_log: options.FromBootLog = None,
    diff: options.Diff = False,
    stdout: options.Stdout = False,
    force: options.Force = False,
    drop_edits: options.DropEdits = False,
    as_json: Json = False,
    offline: Offline = False,
) -> None:
    """Write one Modal app that serves a model: planned, pinned and checked."""
    arguments = locals()
    wanted = {name: value for name, value in arguments.items() if name not in NOT_IN_THE_SPEC}
    _write(wanted, **{name: value for name, value in arguments.items() if name in NOT_IN_THE_SPEC})


def _write(
    wanted: dict[str, Any],
    *,
    out: str | None,
    spec: Path | None,
    from_boot_log: Path | None,
    diff: bool,
    stdout: bool,
    force: bool,
    drop_edits: bool,
    as_json: bool,
    offline: bool,
) -> None:
    """Write, print or compare the app of the options `wanted`."""
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import new_app, new_report

    _check(spec, out, from_boot_log, diff=diff, stdout=stdout, as_json=as_json)
    source = files.read(spec, "--spec") if spec else None
    if diff and source is not None:
        _print_difference(source, wanted, offline)
    app = new_app.make(
        wanted, source=source, generator=version(), offline=offline, say=say, start=files.start(from_boot_log)
    )
    if stdout:
        return _print(app)
    path = Path(out) if out else Path(app.default_file)
    if force and not drop_edits:
        _keep_edits(path)
    files.write(path, app.text, force)
    show(json.dumps(new_report.document(app, path), indent=2) if as_json else new_report.summary(app, path))


def _print_difference(source: str, wanted: dict[str, Any], offline: bool) -> NoReturn:
    from modal_serve_gen.commands import new_app

    change = new_app.difference(source, wanted, generator=version(), offline=offline, say=say)
    if change.edited:
        say("Note: the app has been edited. The edits are not compared; modal-serve-gen update keeps them.")
    print(change.text or "Nothing would change.", end="" if change.text else "\n")
    end(errors.FINDINGS if change.text else 0)


def _print(app: "Made") -> None:
    from modal_serve_gen.commands import new_report

    say("\n".join(new_report.figures(app)))
    for note in app.notes:
        say(f"Note: {note.text}")
    sys.stdout.buffer.write(app.text.encode())  # Python source is UTF-8, whatever the terminal is


def _keep_edits(path: Path) -> None:
    """Raise BadInput if the file is a generated app that was edited."""
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import new_app

    if path.is_file() and new_app.may_be_edited(files.read(path, "OUT.py")):
        raise errors.BadInput(
            f"{errors.quoted(path)} has been edited since it was generated, and --force would drop the edits.",
            f"Use modal-serve-gen update {shlex.quote(str(path))}, which keeps them, or add --drop-edits.",
        )
