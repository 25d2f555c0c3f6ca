"""Placeholders for libraries that run models inside the app's own process, such as transformers.

Each has every attribute, can be called, indexed, iterated and entered, and returns a placeholder again, named by its
path (`transformers.pipeline()`). What a rule of others.json names returns a value of the right kind instead, so that
the app's own code gets texts where it expects texts.
"""

import os
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine_stub.other_table import TABLE

RULES = [(re.compile(rf"(^|.*(?=\.)|.*\.){row['path']}$"), row["kind"]) for row in TABLE["rules"]]
LOADS = re.compile(
    r"\.from_pretrained$|^transformers\.(pipelines\.)?pipeline$|\.(LLM|Llama|MLCEngine)$|^lmdeploy\.pipeline$"
)
# Calls that turn a prompt into tokens: what is decoded after them contains the prompt, as with generate().
ENCODES = re.compile(r"\.(encode|tokenize|apply_chat_template)$|(Tokenizer\w*|Processor)\.from_pretrained\(\)$")
FILES = ("model_path",)  # arguments that name a local file
MODELS = ("model", "pretrained_model_name_or_path", "model_name_or_path", "repo_id")


_encoded = [""]  # the prompt that was encoded last


class Thing:
    """A placeholder; `_path` says how the app came to it."""

    def __init__(self, path: str):
        self.__dict__["_path"] = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        path = f"{self._path}.{name}"
        kind = _kind(path)
        return "0.0.0" if kind == "version" and name == "__version__" else Thing(path)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type):
            return args[0]  # a decorator
        if LOADS.search(self._path):
            _load(self._path, args, kwargs)
        if ENCODES.search(self._path):
            _encoded[:] = [_words(_prompt(args, kwargs))]
        kind = _kind(self._path)
        return MADE[kind](args, kwargs) if kind in MADE else Thing(f"{self._path}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (Base,)

    def __iter__(self) -> Iterator[Any]:
        if _kind(f"{self._path}.__iter__") == "words":
            return iter(MADE["words"]((), {}))
        return iter([Thing(f"{self._path}[]")])

    def keys(self) -> list[str]:
        """As of a tokenizer's output, which apps pass on with `**inputs`."""
        return ["input_ids", "attention_mask"]

    def items(self) -> list[tuple[str, Any]]:
        return [(key, self[key]) for key in self.keys()]

    def __getitem__(self, key: Any) -> Any:
        return Thing(f"{self._path}[]")

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __delitem__(self, key: Any) -> None:
        pass

    def __contains__(self, item: Any) -> bool:
        return True

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        return True

    def __int__(self) -> int:
        return 1

    __index__ = __int__

    def __float__(self) -> float:
        return 1.0

    def __str__(self) -> str:
        return f"<placeholder {self._path}>"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(1.0, spec) if spec else str(self)

    def __hash__(self) -> int:
        return hash(self._path)

    def __eq__(self, other: Any) -> bool:
        return self is other

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *exception: object) -> None:
        pass

    def __await__(self) -> Iterator[Any]:
        yield from ()
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)


def _same(self: Thing, *others: Any) -> Thing:
    return self


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    setattr(Thing, f"__{_name}__", _same)
    setattr(Thing, f"__r{_name}__", _same)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Thing, f"__{_name}__", _same)


class Base:
    """Base of an app's classes that derive from a placeholder."""

    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Thing(f"{type(self).__name__}.{name}")


def _kind(path: str) -> str:
    return next((kind for pattern, kind in RULES if pattern.match(path)), "")


def _load(path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Look for a model as the library would. Raises OSError or ValueError, with what the local hub says."""
    from engine_stub import models

    if file := next((kwargs[name] for name in FILES if isinstance(kwargs.get(name), str)), ""):
        if not Path(file).exists():
            raise ValueError(f"Model path does not exist: {file}")
        return
    strings = [kwargs[name] for name in MODELS if isinstance(kwargs.get(name), str)]
    strings += [value for value in args if isinstance(value, str | os.PathLike)]
    model = os.fspath(strings[1] if path.endswith(".pipeline") and len(strings) > 1 else strings[0]) if strings else ""
    if model and ("/" in model or Path(model).exists()):
        try:
            models.resolve(model, kwargs.get("revision"), kwargs.get("cache_dir"))
        except models.StartError as error:
            raise OSError(str(error)) from None


# --- values ---


def _prompt(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    names = ("messages", "prompt", "prompts", "inputs", "text_inputs", "text")
    return next((kwargs[name] for name in names if name in kwargs), args[0] if args else "")


def _words(prompt: Any) -> str:
    """A prompt, or the messages of a chat, as one text."""
    if isinstance(prompt, list | tuple):
        return " ".join(_words(item.get("content") if isinstance(item, dict) else item) for item in prompt)
    return prompt if isinstance(prompt, str) else ""


def _decoded() -> str:
    return f"{_encoded[0]} {_text('')}".strip()


def _text(prompt: Any) -> str:
    from engine_stub import other_apis
    from engine_stub.texts import text_of

    if isinstance(prompt, list) and prompt and isinstance(prompt[-1], dict):
        prompt = text_of(prompt[-1])
    return other_apis.text({}, "" if isinstance(prompt, Thing) else str(prompt)).strip()


def _is_batch(prompt: Any) -> bool:
    return isinstance(prompt, list | tuple) and not (prompt and isinstance(prompt[0], dict))


def _generated_text(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Of transformers.pipeline: a chat is returned with its answer."""
    prompt = _prompt(args, kwargs)
    if _is_batch(prompt):
        return [_generated_text((item,), {}) for item in prompt]
    chat = isinstance(prompt, list)
    answer = _text(prompt)
    whole: Any = [*prompt, {"role": "assistant", "content": answer}] if chat else f"{prompt}{answer}"
    return [{"generated_text": whole if kwargs.get("return_full_text", True) else answer}]


def _openai(make: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """Answers of llama-cpp-python, which are dicts as in OpenAI's API, or iterators of them."""

    def answer(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        from engine_stub import other_apis

        key = "messages" if make == "chat_answer" else "prompt"
        plain = (str, int, float, bool, list, dict, type(None))
        fields = {name: value for name, value in kwargs.items() if isinstance(value, plain)} | {
            key: _prompt(args, kwargs)
        }
        if fields.get("max_tokens") is not None and fields["max_tokens"] <= 0:
            fields["max_tokens"] = None  # no limit
        generation = getattr(other_apis, make)(fields, "model").generation(fields)
        return generation.body if generation.events is None else generation.events

    return answer


def _outputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Of TensorRT-LLM: outputs[0].outputs[0].text, for one prompt or for several."""
    prompts = _prompt(args, kwargs)
    several = _is_batch(prompts)
    made = []
    for prompt in prompts if several else [prompts]:
        text = _text(prompt)
        completion = types.SimpleNamespace(text=text, token_ids=[1], finish_reason="stop", index=0)
        made.append(types.SimpleNamespace(prompt=prompt, outputs=[completion], prompt_token_ids=[1], finished=True))
    return made if several else made[0]


def _responses(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Of LMDeploy: response.text, for one prompt or for several."""
    prompts = _prompt(args, kwargs)
    made = [
        types.SimpleNamespace(text=_text(prompt), generate_token_len=1, input_token_len=1, finish_reason="stop")
        for prompt in (prompts if _is_batch(prompts) else [prompts])
    ]
    return made if _is_batch(prompts) else made[0]


def _template(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if kwargs.get("tokenize", True):
        return Thing("tokens")
    return "\n".join(str(message.get("content")) for message in args[0] if isinstance(message, dict)) if args else ""


def _asgi(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    from engine_stub import other_apis

    return other_apis.application("llama-cpp-python", "model")


MADE: dict[str, Callable[[tuple[Any, ...], dict[str, Any]], Any]] = {
    "text": lambda args, kwargs: _text(""),
    "decoded": lambda args, kwargs: _decoded(),
    "texts": lambda args, kwargs: [_decoded()] * (len(args[0]) if args and hasattr(args[0], "__len__") else 1),
    "words": lambda args, kwargs: _text("").split(),
    "number": lambda args, kwargs: 1,
    "numbers": lambda args, kwargs: Thing("tokens") if kwargs.get("return_tensors") else [1, 2, 3],
    "version": lambda args, kwargs: "0.0.0",
    "template": _template,
    "generated_text": _generated_text,
    "chat": _openai("chat_answer"),
    "completion": _openai("completion_answer"),
    "outputs": _outputs,
    "responses": _responses,
    "asgi": _asgi,
}
