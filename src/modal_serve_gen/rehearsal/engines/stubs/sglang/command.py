"""The command `sglang` of a rehearsed container: checks its flags against the pinned engine's, then serves.

A flag or value that the pinned engine refuses ends it with 2 and the reason on stderr, before anything starts.
"""

import os
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path

from engine_stub import command, ending, flags, models, notes, refusals
from sglang import SETTINGS, __version__, configured

HERE = Path(__file__).parent
PLUGINS = "sglang.srt.plugins"  # the group of entry points that SGLang loads (srt/plugins/__init__.py)


def main(argv: list[str]) -> int:
    """Run `sglang ARGV`; the exit code."""
    if argv[:1] in (["--version"], ["version"]):
        print(f"sglang version: {__version__}")
        return 0
    if argv[:1] != ["serve"]:
        command.refuse("sglang [options]", f"the rehearsal's stub has `sglang serve` only, not {argv[:1]}", "lacking")
    return serve(argv[1:])


def serve(argv: list[str]) -> int:
    """`sglang serve ARGV`; the exit code."""
    return ending.launch(lambda: _serve(argv), argv)


def _serve(argv: list[str]) -> int:
    table = flags.load(HERE / "table.json")
    try:
        argv = configured.merged(argv, table)
    except ValueError as error:
        print(f"ValueError: {error}", file=sys.stderr)
        return 1
    usage, checked = "sglang serve [options]", SETTINGS["checked"]
    options = command.parse(argv, table, usage=usage, version=__version__, checked=checked)
    if checked:
        model = command.last(options, "--model-path") or next(iter(options.positionals), None)
        refusals.check(options, table, packages=SETTINGS["packages"], model=model, usage=usage)
    notes.note("started", f"SGLang {__version__}")
    command.inject_start_faults("Initialization failed.")
    if SETTINGS["mode"] == "real":
        from sglang import handover

        cpu_table, python = flags.load(HERE / "cpu_table.json"), Path(SETTINGS["engine_python"])
        try:
            handover.serve(options, cpu_table, python)
        except models.StartError as error:
            print(error, file=sys.stderr)
            return 1
    load_plugins()
    from sglang import routes

    return routes.serve(options)


def load_plugins() -> None:
    """Run the plugins of the installed entry points. One that fails is logged and left out, as SGLang does."""
    selected = {name.strip() for name in os.environ.get("SGLANG_PLUGINS", "").split(",")} - {""}
    for plugin in entry_points(group=PLUGINS):
        if selected and plugin.name not in selected:
            continue
        try:
            plugin.load()()
            print(f"INFO: Executed general plugin: {plugin.name}", file=sys.stderr)
        except Exception:
            print(f"ERROR: Failed to load or execute plugin: {plugin.name}", file=sys.stderr)
            traceback.print_exc()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
