"""The `update` command: change a generated app, and keep its owner's edits."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modal_serve_gen import errors
from modal_serve_gen.cli import options
from modal_serve_gen.cli.console import Json, Offline, end, guarded, say, show, version
from modal_serve_gen.cli.new import NOT_IN_THE_SPEC, new

if TYPE_CHECKING:
    from modal_serve_gen.commands.update_app import Update


def _with_options_of_new(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the `**changes` of a command by the options of `new` that describe an app."""
    own = [item for item in inspect.signature(command).parameters.values() if item.kind is not item.VAR_KEYWORD]
    shared = [item for name, item in inspect.signature(new).parameters.items() if name not in NOT_IN_THE_SPEC]
    by_keyword = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in shared]
    command.__signature__ = inspect.Signature([*own, *by_keyword])  # type: ignore[attr-defined]  # read by typer
    return command


@guarded
@_with_options_of_new
def update(
    app: options.GeneratedApp,
    to_latest_pins: options.LatestPins = False,
    base: options.Base = None,
    from_boot_log: options.FromBootLog = None,
    dry_run: options.DryRun = False,
    as_json: Json = False,
    offline: Offline = False,
    **changes: Any,
) -> None:
    """Change the options or pins of a generated app, and keep its edits: a three-way merge."""
    from modal_serve_gen.cli import files
    from modal_serve_gen.commands import update_app

    before, source = files.read_both(app, "APP.py")
    result = update_app.update(
        source,
        changes,
        latest_pins=to_latest_pins,
        base=files.read(base, "--base") if base else None,
        generator=version(),
        offline=offline,
        say=say,
        start=files.start(from_boot_log),
    )
    for note in result.notes:
        say(f"Note: {note.text}")
    writes = bool(result.difference) and not dry_run and not result.findings
    if writes:
        newline = "\r\n" if b"\r\n" in before else "\n"
        files.replace(app, before, result.text.replace("\n", newline).encode(), backup=False)
    if as_json:
        print(json.dumps(_document(app, result, writes), indent=2))
    else:
        show("\n".join(_lines(app, result, writes)))
    end(errors.FINDINGS if result.conflicts or result.findings else 0)


def _document(app: Path, result: "Update", written: bool) -> dict[str, Any]:
    return {
        "file": str(app),
        "written": written,
        "difference": result.difference,
        "conflicts": list(result.conflicts),
        "findings": [
            {"line": row.line, "rule": row.rule, "message": row.message, "fix": row.fix} for row in result.findings
        ],
        "notes": [note.text for note in result.notes],
    }


def _lines(app: Path, result: "Update", written: bool) -> list[str]:
    """The result, then the changes."""
    if not result.difference:
        return [f"{app} is up to date."]
    if result.findings:
        rows = [f"  line {row.line}: {row.message} ({row.rule}); {row.fix}" for row in result.findings]
        lines = [f"{app} was not changed: together with its edits, the update would not pass the checks:", *rows]
    elif result.conflicts:
        places = ", ".join(map(str, result.conflicts))
        done = "has" if written else "would have"
        lines = [
            f"{app} {done} {len(result.conflicts)} conflict(s), marked as git marks them: line {places}.",
            "Keep the lines you want, remove the markers, and run modal-serve-gen check on the file.",
        ]
    else:
        lines = [f"Updated {app}; its edits are kept." if written else f"{app} would change:"]
    return [*lines, "", result.difference.rstrip("\n")]
