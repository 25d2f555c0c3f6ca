"""Run by an engine environment's Python: builds the engine's configuration for each line of stdin.

    python -P engine_worker.py vllm|sglang LAUNCH

Each line is a JSON list: the folder of a model, and the arguments of the engine's command. The answer is a line with ""
or the engine's error. LAUNCH is the program that starts the real SGLang on a CPU, whose placeholders are used.
"""

import importlib
import json
import os
import runpy
import sys
from collections.abc import Callable


def vllm() -> Callable[[str, list[str]], None]:
    """The configuration step of `vllm serve`."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
    from vllm.model_executor.models import registry
    from vllm.utils.argparse_utils import FlexibleArgumentParser

    registry._run_in_subprocess = lambda function: function()
    parser = make_arg_parser(FlexibleArgumentParser())

    def refuse(message: str) -> None:
        raise SystemExit(message)

    parser.error = refuse

    def configure(model: str, argv: list[str]) -> None:
        arguments = parser.parse_args(argv)
        arguments.model = model
        validate_parsed_serve_args(arguments)
        AsyncEngineArgs.from_cli_args(arguments).create_engine_config()

    return configure


def sglang(launch: str) -> Callable[[str, list[str]], None]:
    """The configuration step of `sglang serve`."""
    os.environ["SGLANG_USE_CPU_ENGINE"] = "1"
    absent = runpy.run_path(launch)
    for name in absent["BEFORE"]:
        importlib.import_module(name)
    sys.modules["torch.utils._triton"].has_triton_package()
    sys.meta_path.insert(0, absent["Finder"]())
    from sglang.srt.server_args import prepare_server_args

    def configure(model: str, argv: list[str]) -> None:
        arguments = prepare_server_args(["--model-path", model, "--device", "cpu", *argv])
        arguments.resolve_once()
        arguments.check_server_args()

    return configure


def main(engine: str, launch: str) -> None:
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # the engines print
    configure = vllm() if engine == "vllm" else sglang(launch)
    for line in sys.stdin:
        try:
            configure(*json.loads(line))
            error = ""
        except BaseException as raised:  # the parser's SystemExit, too
            error = f"{type(raised).__name__}: {raised}"
        print(json.dumps(error), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
