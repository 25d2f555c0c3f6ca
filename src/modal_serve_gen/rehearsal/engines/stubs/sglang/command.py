"""The command `sglang` of a rehearsed container: reads its flags as the pinned engine would, then serves.

A flag or value that the pinned engine refuses ends it with 2 and the reason on stderr, before anything starts.
"""

import os
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path

from sglang import SETTINGS, __version__, configured, flags
from sglang.notes import note, start_slowly, strikes

HERE = Path(__file__).parent
PLUGINS = "sglang.srt.plugins"  # the group of entry points that SGLang loads (srt/plugins/__init__.py)


def main(argv: list[str]) -> int:
    """Run `sglang ARGV`; the exit code."""
    if argv[:1] in (["--version"], ["version"]):
        print(f"sglang version: {__version__}")
        return 0
    if argv[:1] != ["serve"]:
        print(f"sglang: error: the rehearsal stands in for `sglang serve` only, not for {argv[:1]}", file=sys.stderr)
        return 2
    return serve(argv[1:])


def refused(argv: list[str], table) -> str:
    """What the engine's parser would say against these arguments; '' for nothing."""
    problems = flags.check(argv, table)
    for problem in problems:
        if problem.kind == "warning":
            print(f"WARNING: {problem.message}", file=sys.stderr)
    errors = [problem.message for problem in problems if problem.kind == "error"]
    if errors and table.version != __version__:
        errors.append(f"(The app installs {__version__}, whose own flags are not known here.)")
    return " ".join(errors)


def serve(argv: list[str]) -> int:
    """`sglang serve ARGV`; the exit code."""
    table = flags.load(HERE / "table.json")
    try:
        argv = configured.merged(argv, table)
    except ValueError as fault:
        print(f"ValueError: {fault}", file=sys.stderr)
        return 1
    if message := refused(argv, table):
        return _refuse(message)
    options = flags.parse(argv, table)
    note(
        "checked", f"the {len(options.options)} flags of sglang serve, with their values, are known to {table.version}"
    )
    start_slowly()
    if strikes("engine-crash-at-start"):
        print("RuntimeError: Initialization failed. (a fault that the rehearsal injected)", file=sys.stderr)
        return 1
    if SETTINGS["mode"] == "real":
        from sglang import handover

        return handover.serve(argv, table, Path(SETTINGS["engine_python"]))
    load_plugins()
    from sglang import server

    return server.serve(options)


def load_plugins() -> None:
    """Run the plugins that are found by their entry points. One that fails is logged and left out, as SGLang does."""
    only = {name.strip() for name in os.environ.get("SGLANG_PLUGINS", "").split(",")} - {""}
    for plugin in entry_points(group=PLUGINS):
        if only and plugin.name not in only:
            continue
        try:
            plugin.load()()
            print(f"INFO: Executed general plugin: {plugin.name}", file=sys.stderr)
        except Exception:
            print(f"ERROR: Failed to load or execute plugin: {plugin.name}", file=sys.stderr)
            traceback.print_exc()


def _refuse(message: str) -> int:
    print(f"usage: sglang serve [options]\nsglang serve: error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
