"""Make the real CPU engine's environment in the user's cache, or say in two sentences why it cannot be had here.

Ends 0 either way: without it the demo and the tests use the stub and say so.
"""

from modal_serve_gen.errors import ServeError
from modal_serve_gen.rehearsal.engines import engine_env

if __name__ == "__main__":
    try:
        engine_env.ensure(lambda line: print(line, flush=True))
    except ServeError as lacking:
        print(f"{lacking.problem} {lacking.remedy}", flush=True)
