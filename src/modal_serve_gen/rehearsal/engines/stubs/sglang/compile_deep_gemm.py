"""`python -m sglang.compile_deep_gemm`: takes the server's arguments; without a GPU there is nothing to compile."""

import sys
from pathlib import Path

from engine_stub import command, flags
from engine_stub.notes import note
from sglang import __version__

TIMEOUT = "--timeout"  # the one argument that the server does not have


def main(argv: list[str]) -> int:
    """`python -m sglang.compile_deep_gemm ARGV`; the exit code."""
    server_arguments, words = [], iter(argv)
    for word in words:
        if word == TIMEOUT:
            next(words, None)
        elif not word.startswith(f"{TIMEOUT}="):
            server_arguments.append(word)
    table = flags.load(Path(__file__).with_name("table.json"))
    command.parse(server_arguments, table, usage="compile_deep_gemm.py [options]", version=__version__)
    note("left_out", "python -m sglang.compile_deep_gemm: kernels are compiled on a GPU only")
    print("INFO: stub of SGLang: no kernels to compile without a GPU", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
