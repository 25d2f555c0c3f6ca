"""`python -m vllm.entrypoints.openai.api_server`, the older name of `vllm serve`."""

import sys

from vllm.command import serve

if __name__ == "__main__":
    print("DeprecationWarning: this command still works; use vllm serve", file=sys.stderr)
    sys.exit(serve(sys.argv[1:]))
