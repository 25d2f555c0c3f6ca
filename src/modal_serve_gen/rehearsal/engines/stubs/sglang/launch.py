"""Run by the engine environment's Python instead of its command `sglang`: the same server, on a CPU without kernels.

The engine's modules import packages that exist for GPUs only, or that text does not need. Placeholders replace them in
memory, so that the environment needs none of them; forked processes inherit the placeholders. The argument `bench` runs
the engine's benchmark instead of the server, and `try` imports both.
"""

import importlib
import importlib.abc
import importlib.machinery
import logging
import multiprocessing
import os
import runpy
import sys
import types
from pathlib import Path

SHARED = Path(__file__).parent.parent / "engine_stub"
ABSENT = {
    "sgl_kernel": "0",
    "triton": "3.8.0",  # the version that SGLang 0.5.23 requires; its modules compare it
    "IPython": "0",
    "soundfile": "0",
    "gguf": "0",
    "datasets": "0",
}

# These check once whether such packages exist, and work without them: they must not find placeholders.
BEFORE = ("mistral_common.protocol.instruct.chunk", "mistral_common.protocol.speech.request", "torch._dynamo",
          "torch._inductor.runtime.triton_compat", "torch.utils._triton")  # fmt: skip


class Placeholder(type):
    """A class that has every attribute, each a placeholder again, and that decorates by doing nothing."""

    def __getattr__(cls, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        value = Placeholder(f"{cls.__name__}.{name}", (), {})
        setattr(cls, name, value)
        return value

    def __call__(cls, *args, **kwargs):
        if not cls.__name__.startswith("triton."):
            raise RuntimeError(f"{cls.__name__} was called, which the rehearsal's engine does not have on a CPU")
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else cls  # @jit, @autotune(...)

    def __getitem__(cls, key):
        return cls

    def __or__(cls, other):
        return cls

    __ror__ = __or__


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes each absent package, and every module in it, of placeholders."""

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in ABSENT else None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)

        def find(name: str):
            if name.startswith("__"):
                raise AttributeError(name)
            setattr(module, name, Placeholder(f"{spec.name}.{name}", (), {}))
            return getattr(module, name)

        module.__path__, module.__version__ = [], ABSENT[spec.name.split(".")[0]]
        module.__getattr__ = find
        if spec.name == "triton":  # functions that are called on the CPU, too
            module.cdiv = lambda number, by: -(-number // by)
            module.next_power_of_2 = lambda number: 1 << max(number - 1, 0).bit_length()
        elif spec.name == "triton.runtime":
            module.driver = None  # queried for the GPU; an error means that there is none
        return module

    def exec_module(self, module):
        pass


def main() -> None:
    process = runpy.run_path(str(SHARED / "process.py"))
    process["prepare"]()
    with process["reported"]():
        run()


def run() -> None:
    """Run the engine or its benchmark, or import both."""
    os.environ["SGLANG_USE_CPU_ENGINE"] = "1"
    for name in BEFORE:
        importlib.import_module(name)
    sys.modules["torch.utils._triton"].has_triton_package()
    sys.meta_path.insert(0, Finder())
    logging.getLogger("sglang.srt.models.registry").setLevel(logging.ERROR)  # models that only a GPU can run
    if sys.argv[1] == "try":
        for name in ("sglang.benchmark.serving", "sglang.srt.entrypoints.http_server"):
            importlib.import_module(name)
        return
    if sys.argv[1] == "bench":
        sys.argv[:2] = ["sglang.benchmark.serving"]
        runpy.run_module("sglang.benchmark.serving", run_name="__main__")
        return
    multiprocessing.set_start_method("fork")
    multiprocessing.set_start_method = lambda *args, **kwargs: None
    cut_answers(runpy.run_path(str(SHARED / "limits.py"))["cut"])
    from sglang.cli.main import main as engine

    sys.argv[0] = "sglang"
    engine()


def cut_answers(cut) -> None:
    """Apply the rehearsal's limits to every request."""
    importlib.import_module("sglang.srt.entrypoints.http_server")  # the scheduler alone cannot be imported first
    from sglang.srt.managers.scheduler import Scheduler

    set_limit = Scheduler.init_req_max_new_tokens

    def init_req_max_new_tokens(self, req):
        params = req.sampling_params
        formats = ("json_schema", "regex", "ebnf", "structural_tag")
        structured = any(getattr(params, name, None) for name in formats)
        params.max_new_tokens = cut(params.max_new_tokens, structured=structured)
        set_limit(self, req)

    Scheduler.init_req_max_new_tokens = init_req_max_new_tokens


if __name__ == "__main__":
    main()
