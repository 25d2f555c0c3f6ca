"""Make the real CPU engines' environments in the user's cache, or say in two sentences why they cannot be had here.

Ends 0 either way: without them the demo and the tests use the stub and say so.
"""

from modal_serve_gen.errors import ServeError
from modal_serve_gen.rehearsal.engines import engine_env, sglang_env

if __name__ == "__main__":
    for each in (engine_env, sglang_env):  # the second lies on top of the first
        try:
            each.ensure(lambda line: print(line, flush=True))
        except ServeError as lacking:
            print(f"{lacking.problem} {lacking.remedy}", flush=True)
            break
