"""Run by the engine environment's Python instead of its command `vllm`: the same engine, ready in a third of the time.

The argument `offline` starts the engine behind `vllm.LLM` instead (offline_child.py).

On a CPU the engine spawns each of its processes and imports everything three times. Here they are forked, as they are
on a GPU by default; one thread per process keeps that safe.
"""

import multiprocessing
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    runpy.run_path(str(HERE.parent / "engine_stub" / "process.py"))["prepare"]()

    import vllm.utils.system_utils

    vllm.utils.system_utils.get_mp_context = lambda: multiprocessing.get_context("fork")

    import vllm.model_executor.models.registry

    vllm.model_executor.models.registry._run_in_subprocess = lambda function: function()

    if sys.argv[1] == "offline":
        runpy.run_path(str(HERE / "offline_child.py"))
        return

    from vllm.entrypoints.cli.main import main as engine

    sys.argv[0] = "vllm"
    sys.exit(engine())


if __name__ == "__main__":
    main()
