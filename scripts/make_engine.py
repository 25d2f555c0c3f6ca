"""Install the real engines' CPU environments in the user's cache: `python -m scripts.make_engine`.

If this machine does not support them, prints the reason and exits with 0: the demo and the tests then use the stub.
"""

from modal_serve_gen.errors import ServeError
from modal_serve_gen.rehearsal.engines import engine_env, sglang_env

if __name__ == "__main__":
    for environment in (engine_env, sglang_env):  # the second builds on the first
        try:
            environment.ensure(lambda line: print(line, flush=True))
        except ServeError as error:
            print(f"{error.problem} {error.remedy}", flush=True)
            break
