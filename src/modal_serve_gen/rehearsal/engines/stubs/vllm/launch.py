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
    process = runpy.run_path(str(HERE.parent / "engine_stub" / "process.py"))
    process["prepare"]()
    with process["reported"]():
        run()


def run() -> None:
    """Run the engine, or its benchmark."""

    import vllm.utils.system_utils

    vllm.utils.system_utils.get_mp_context = lambda: multiprocessing.get_context("fork")

    import vllm.model_executor.models.registry

    vllm.model_executor.models.registry._run_in_subprocess = lambda function: function()

    if sys.argv[1] != "bench":
        cut_answers(runpy.run_path(str(HERE.parent / "engine_stub" / "limits.py"))["cut"])
    if sys.argv[1] == "offline":
        runpy.run_path(str(HERE / "offline_child.py"))
        return

    from vllm.entrypoints.cli.main import main as engine

    sys.argv[0] = "vllm"
    sys.exit(engine())


class Unlimited(int):
    """The tokens that fit, for a request without a limit."""


def cut_answers(cut) -> None:
    """Apply the rehearsal's limits to every request, of the server and of `vllm.LLM`."""
    from vllm.entrypoints.serve.utils import api_utils
    from vllm.sampling_params import SamplingParams
    from vllm.v1.engine.input_processor import InputProcessor

    most_tokens, process_inputs = api_utils.get_max_tokens, InputProcessor.process_inputs

    def get_max_tokens(max_model_len, max_tokens, input_length, default_sampling_params, *args, **kwargs):
        fitting = most_tokens(max_model_len, max_tokens, input_length, default_sampling_params, *args, **kwargs)
        limited = max_tokens is not None or default_sampling_params.get("max_tokens") is not None
        return fitting if limited else Unlimited(fitting)

    def process(self, request_id, prompt, params, *args, **kwargs):
        if isinstance(params, SamplingParams):
            unlimited = params.max_tokens is None or isinstance(params.max_tokens, Unlimited)
            fitting = params.max_tokens
            params.max_tokens = cut(None if unlimited else fitting, structured=params.structured_outputs is not None)
            if fitting is not None:
                params.max_tokens = min(params.max_tokens, int(fitting))
            params.min_tokens = min(params.min_tokens, params.max_tokens)
        return process_inputs(self, request_id, prompt, params, *args, **kwargs)

    api_utils.get_max_tokens, InputProcessor.process_inputs = get_max_tokens, process


if __name__ == "__main__":
    main()
