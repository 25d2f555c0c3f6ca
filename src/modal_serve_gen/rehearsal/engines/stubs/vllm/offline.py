"""`vllm.LLM` in a rehearsed container: the pinned engine's checks, answers by the stub or by the real engine.

The real engine runs in a process of the engine environment (offline_real.py).
"""

import inspect
import itertools
from pathlib import Path
from types import SimpleNamespace

from engine_stub import flags, notes, refusals
from vllm import SETTINGS, __version__, keywords
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import API, SamplingParams
from vllm.tokenizer import Tokenizer

HERE = Path(__file__).parent


class LLM:
    """An engine for batches, with the pinned vLLM's parameters and errors."""

    def __init__(self, model, **engine_args):
        table = flags.load(HERE / "table.json")
        argv, unsupported = keywords.arguments(model, engine_args, table)
        count = len(engine_args) + 1
        if SETTINGS["checked"]:
            options = flags.parse(argv, table)
            refusals.check_keywords(options, table, packages=SETTINGS["packages"], model=model)
        if SETTINGS["checked"]:
            notes.note("checked", f"the {count} arguments of vllm.LLM, with their values, are valid for {__version__}")
        notes.note("started", f"vLLM {__version__}")
        notes.delay_start()
        if notes.triggered("engine-crash-at-start"):
            raise RuntimeError("Engine core initialization failed. (a fault that the rehearsal injected)")
        if SETTINGS["mode"] == "real":
            from vllm.offline_real import Engine
        else:
            from vllm.offline_stub import Engine
        self._engine = Engine(argv, unsupported, engine_args.get("chat_template"), table)
        self.model_config = SimpleNamespace(max_model_len=self._engine.max_model_len, model=model)
        self._numbers = itertools.count()

    def chat(self, *args, **kwargs):
        """Answers to one conversation or to a list of them, in order; raises for the first that is refused."""
        self._add("chat", "messages", self._bound("chat", args, kwargs))
        return self._engine.wait()

    def generate(self, *args, **kwargs):
        """Answers to one prompt or to a list of them: strings, or dicts with prompt or prompt_token_ids."""
        self._add("generate", "prompts", self._bound("generate", args, kwargs))
        return self._engine.wait()

    def enqueue_chat(self, *args, **kwargs) -> list[str]:
        """Queue conversations without waiting; raises for one that is refused, and earlier batches stay queued."""
        return self._add("chat", "messages", self._bound("enqueue_chat", args, kwargs))

    def enqueue(self, *args, **kwargs) -> list[str]:
        """Queue prompts without waiting."""
        return self._add("generate", "prompts", self._bound("enqueue", args, kwargs))

    def wait_for_completion(self, *args, **kwargs):
        """The answers to everything queued, in order."""
        self._bound("wait_for_completion", args, kwargs)
        return self._engine.wait()

    def sleep(self, *args, **kwargs) -> None:
        """Release GPU memory; a rehearsal has none."""
        self._engine.call("sleep", self._bound("sleep", args, kwargs))

    def wake_up(self, *args, **kwargs) -> bool:
        return self._engine.call("wake_up", self._bound("wake_up", args, kwargs))

    def reset_prefix_cache(self, *args, **kwargs) -> bool:
        return self._engine.call("reset_prefix_cache", self._bound("reset_prefix_cache", args, kwargs))

    def get_tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return Tokenizer(self._engine.tokenizer, self._engine.eos_token_id)

    def get_default_sampling_params(self) -> SamplingParams:
        """The defaults of the model's generation configuration."""
        return SamplingParams(**self._engine.defaults)

    def __getattr__(self, name: str):
        raise AttributeError(f"The rehearsal's stub of vllm.LLM has no {name}.")

    def _bound(self, method: str, args: tuple, kwargs: dict) -> dict:
        """The arguments of a method by name, with its defaults; TypeError as the pinned engine's method raises it."""
        kinds = {True: inspect.Parameter.KEYWORD_ONLY, False: inspect.Parameter.POSITIONAL_OR_KEYWORD}
        parameters = [
            inspect.Parameter(
                name, kinds[row.get("keyword_only", False)], default=row.get("default", inspect.Parameter.empty)
            )
            for name, row in API["methods"][method].items()
        ]
        try:
            bound = inspect.Signature(parameters).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"LLM.{method}() {error}") from None
        bound.apply_defaults()
        return bound.arguments

    def _add(self, kind: str, prompts_name: str, options: dict) -> list[str]:
        """Queue each prompt of a batch; if one is refused, those before it are removed, as in vLLM."""
        options.pop("use_tqdm")
        prompts = options.pop(prompts_name)
        single = isinstance(prompts, str | dict) or (kind == "chat" and any(isinstance(item, dict) for item in prompts))
        prompts = [prompts] if single else list(prompts)
        sampling = options.pop("sampling_params")
        fields = {
            "params": self.get_default_sampling_params() if sampling is None else sampling,
            "lora_request": options.pop("lora_request"),
            "priority": options.pop("priority"),
        }
        rows = {name: _per_prompt(name, value, len(prompts)) for name, value in fields.items()}
        for params in rows["params"]:
            if not isinstance(params, SamplingParams):
                got = type(params).__name__
                raise TypeError(f"params must be either SamplingParams or PoolingParams, but got {got}")
        added = []
        try:
            for index, prompt in enumerate(prompts):
                request = {"prompt": prompt} | {name: values[index] for name, values in rows.items()}
                number = str(next(self._numbers))
                self._engine.add(number, kind, request, options)
                added.append(number)
        except Exception:
            self._engine.forget(added)
            raise
        return added


def _per_prompt(name: str, value: object, count: int) -> list:
    """The value for each prompt: the same one, or one of a list of the same length."""
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise VLLMValidationError(f"The lengths of prompts ({count}) and {name} ({len(value)}) must be the same.")
    return list(value)
