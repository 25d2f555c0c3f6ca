"""`python -m sglang.compile_deep_gemm`: takes the server's arguments; without a GPU there is nothing to compile."""

import sys
from pathlib import Path

from sglang import flags
from sglang.command import note, refused

HERE = Path(__file__).parent


def main(argv: list[str]) -> int:
    table = flags.load(HERE / "table.json")
    if message := refused([word for word in argv if not word.startswith("--timeout=")], table):
        print(f"compile_deep_gemm: error: {message}", file=sys.stderr)
        return 2
    note("left_out", "python -m sglang.compile_deep_gemm: kernels are compiled on a GPU only")
    print("INFO: stub of SGLang: no kernels to compile without a GPU", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
