"""`python -m sglang.launch_server`, the older name of `sglang serve`."""

import sys

from sglang.command import serve

if __name__ == "__main__":
    print("WARNING: python -m sglang.launch_server still works; use sglang serve", file=sys.stderr)
    sys.exit(serve(sys.argv[1:]))
