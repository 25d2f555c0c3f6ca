"""`python -m sglang.compile_deep_gemm`: takes the server's arguments; without a GPU there is nothing to compile."""

import sys
from pathlib import Path

from sglang import flags
from sglang.command import refused
from sglang.notes import note

HERE = Path(__file__).parent
OWN = "--timeout"  # the one argument that the server has not


def main(argv: list[str]) -> int:
    """`python -m sglang.compile_deep_gemm ARGV`; the exit code."""
    kept, words = [], iter(argv)
    for word in words:
        if word == OWN:
            next(words, None)
        elif not word.startswith(f"{OWN}="):
            kept.append(word)
    if message := refused(kept, flags.load(HERE / "table.json")):
        print(f"usage: compile_deep_gemm.py [options]\ncompile_deep_gemm.py: error: {message}", file=sys.stderr)
        return 2
    note("left_out", "python -m sglang.compile_deep_gemm: kernels are compiled on a GPU only")
    print("INFO: stub of SGLang: no kernels to compile without a GPU", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
