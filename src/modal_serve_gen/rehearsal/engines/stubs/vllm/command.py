"""The command `vllm` of a rehearsed container: reads its flags as the pinned engine would, then serves.

A flag or value that the pinned GPU engine refuses ends it with 2 and the reason on stderr, before anything starts.
"""

import sys
from pathlib import Path

from vllm import SETTINGS, __version__, flags
from vllm.notes import note, start_slowly, strikes

HERE = Path(__file__).parent


def main(argv: list[str]) -> int:
    """Run `vllm ARGV`; the exit code. With the real engine and good flags it does not return: the engine takes over."""
    if argv[:1] in (["--version"], ["-v"]):
        print(__version__)
        return 0
    if argv[:1] in ([], ["-h"], ["--help"]):
        print("usage: vllm [-h] [-v] {serve,bench serve} ...\n\nThe rehearsal's stand-in for vLLM.")
        return 0
    if argv[:2] == ["bench", "serve"]:
        from vllm import bench

        return bench.main(argv[2:])
    if argv[0] != "serve":
        named = " ".join(argv[: 2 if argv[0] == "bench" else 1])
        return _refuse(f"the rehearsal stands in for `vllm serve` and `vllm bench serve` only, not for `vllm {named}`")
    return serve(argv[1:])


def serve(argv: list[str]) -> int:
    """`vllm serve ARGV`; the exit code."""
    if any(word in ("-h", "--help") or word.startswith("--help=") for word in argv):
        print("usage: vllm serve [model_tag] [options]")
        return 0
    table = flags.load(HERE / "table.json")
    problems = flags.check(argv, table)
    for problem in problems:
        if problem.kind == "warning":
            print(f"WARNING: {problem.message}", file=sys.stderr)
    if errors := [problem.message for problem in problems if problem.kind == "error"]:
        if table.version != __version__:
            errors.append(f"(The app installs {__version__}, whose own flags are not known here.)")
        return _refuse(" ".join(errors))
    options = flags.parse(argv, table)
    note("checked", f"the {len(options.options)} flags of vllm serve, with their values, are known to {table.version}")
    start_slowly()
    if strikes("engine-crash-at-start"):
        print("RuntimeError: Engine core initialization failed. (a fault that the rehearsal injected)", file=sys.stderr)
        return 1
    if SETTINGS["mode"] == "real":
        from vllm import handover

        return handover.serve(argv, table, flags.load(HERE / "cpu_table.json"), Path(SETTINGS["engine_python"]))
    from vllm import stub

    return stub.serve(options, table)


def _refuse(message: str) -> int:
    print(f"usage: vllm serve [model_tag] [options]\nvllm serve: error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
