"""The command `vllm` of a rehearsed container: checks its flags against the pinned engine's, then serves.

A flag or value that the pinned GPU engine refuses ends it with 2 and the reason on stderr, before anything starts.
"""

import sys
from pathlib import Path

from engine_stub import command, ending, flags, models, notes, refusals
from vllm import SETTINGS, __version__
from vllm.lengths import model_of

HERE = Path(__file__).parent
USAGE = "vllm serve [model_tag] [options]"
# vLLM 0.33.0, vllm/entrypoints/cli/main.py
COMMANDS = (
    "chat", "complete", "serve", "launch", "bench", "collect-env", "download-kernels", "preload", "run-batch",
    "snapshot",
)  # fmt: skip


def main(argv: list[str]) -> int:
    """Run `vllm ARGV`; the exit code. In mode "real" the engine replaces this process and it does not return."""
    if argv[:1] in (["--version"], ["-v"]):
        print(__version__)
        return 0
    if argv[:1] in ([], ["-h"], ["--help"]):
        print("usage: vllm [-h] [-v] {serve,bench serve} ...\n\nThe rehearsal's stub of vLLM.")
        return 0
    if argv[:2] == ["bench", "serve"]:
        from vllm import bench

        return bench.main(argv[2:])
    if argv[0] not in COMMANDS and SETTINGS["checked"]:
        command.refuse("vllm [options]", f"vllm has no command {argv[0]}, only {', '.join(COMMANDS)}")
    if argv[0] != "serve":
        name = " ".join(argv[: 2 if argv[0] == "bench" else 1])
        command.refuse(
            USAGE, f"the rehearsal's stub has `vllm serve` and `vllm bench serve` only, not `vllm {name}`", "lacking"
        )
    return serve(argv[1:])


def serve(argv: list[str]) -> int:
    """`vllm serve ARGV`; the exit code. 1 when the real engine would not start."""
    if any(word in ("-h", "--help") or word.startswith("--help=") for word in argv):
        print(f"usage: {USAGE}")
        return 0
    return ending.launch(lambda: _serve(argv), argv)


def _serve(argv: list[str]) -> int:
    table = flags.load(HERE / "table.json")
    options = command.parse(argv, table, usage=USAGE, version=__version__, checked=SETTINGS["checked"])
    if SETTINGS["checked"]:
        model = model_of(options, table)
        refusals.check(options, table, packages=SETTINGS["packages"], model=model, usage=USAGE)
    notes.note("started", f"vLLM {__version__}")
    command.inject_start_faults("Engine core initialization failed.")
    if SETTINGS["mode"] == "real":
        from vllm import handover

        try:
            handover.serve(options, table, flags.load(HERE / "cpu_table.json"), Path(SETTINGS["engine_python"]))
        except models.StartError as error:
            print(error, file=sys.stderr)
            return 1
    from engine_stub import server
    from vllm import engine, routes

    try:
        state, address = engine.read(options, table)
        middleware = [name for option in options.options if option.flag == "--middleware" for name in option.values]
        app = routes.application(state, middleware)
    except models.StartError as error:
        notes.note("invalid", str(error))
        print(error, file=sys.stderr)
        return 1
    return server.serve(app, state.load, address, f"stub of vLLM {__version__}, serving {state.model}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
