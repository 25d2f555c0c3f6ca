"""`python -m sglang.bench_serving`, the older name of the benchmark."""

import sys

from sglang.benchmark.serving import main

if __name__ == "__main__":
    print("FutureWarning: sglang.bench_serving is deprecated; use sglang.benchmark.serving", file=sys.stderr)
    sys.exit(main(sys.argv[1:]))
