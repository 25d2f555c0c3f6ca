"""`SamplingParams` and `StructuredOutputsParams`: the pinned engine's fields and its checks."""

import copy
import inspect
import json
import math
from pathlib import Path
from typing import ClassVar

from vllm.exceptions import VLLMValidationError

API = json.loads(Path(__file__).with_name("api.json").read_text(encoding="utf-8"))
MOST_ANSWERS = 16384
GREEDY = 1e-5  # sampling is greedy at temperatures below
CONSTRAINTS = ("json", "regex", "choice", "grammar", "json_object", "structural_tag")
# Field: whether a number is allowed, and the range as text.
RANGES = {
    "presence_penalty": (lambda value: -2 <= value <= 2, "in [-2, 2]"),
    "frequency_penalty": (lambda value: -2 <= value <= 2, "in [-2, 2]"),
    "repetition_penalty": (lambda value: 0 < value < math.inf, "greater than zero"),
    "temperature": (lambda value: 0 <= value <= 2, "in [0, 2]"),
    "top_p": (lambda value: 0 < value <= 1, "in (0, 1]"),
    "top_k": (lambda value: value >= -1, "0 (off) or at least 1"),
    "min_p": (lambda value: 0 <= value <= 1, "in [0, 1]"),
    "max_tokens": (lambda value: value >= 1, "at least 1"),
    "min_tokens": (lambda value: value >= 0, "at least 0"),
    "logprobs": (lambda value: value >= -1, "at least 0, or -1"),
    "prompt_logprobs": (lambda value: value >= -1, "at least 0, or -1"),
}
INTEGERS = ("n", "top_k", "max_tokens", "min_tokens", "logprobs", "prompt_logprobs", "seed")


class _Fields:
    """An object with the fields of the pinned engine's class; compared by them."""

    names: ClassVar[dict[str, dict]] = {}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.changed().items())
        return f"{type(self).__name__}({shown})"

    def changed(self) -> dict:
        """The fields that differ from their defaults."""
        values = {name: getattr(self, name) for name in self.names}
        return {name: value for name, value in values.items() if value not in (self.names[name].get("default"), [])}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = None


class StructuredOutputsParams(_Fields):
    """A constraint on the answer: exactly one of json, regex, choice, grammar, json_object, structural_tag.

    As in vLLM, an unknown keyword is ignored.
    """

    names = API["structured_outputs"]

    def __init__(self, json=None, regex=None, choice=None, **more):
        values = {"json": json, "regex": regex, "choice": choice} | more
        for name, row in self.names.items():
            setattr(self, name, values.get(name, row.get("default")))
        constraints = [name for name in CONSTRAINTS if getattr(self, name, None) is not None]
        if len(constraints) != 1:
            count = f"several are given: {', '.join(constraints)}" if constraints else "none is given"
            raise VLLMValidationError(f"You must use one kind of structured outputs constraint, but {count}")
        if not isinstance(self.json, dict | str | None):
            raise ValueError(f"json: Input should be a valid string or dictionary, got {type(self.json).__name__}")


class SamplingParams(_Fields):
    """Sampling and limits. An unknown keyword is a TypeError, a value out of range a VLLMValidationError."""

    names = API["sampling_params"]
    __signature__ = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=row.get("default"))
            for name, row in API["sampling_params"].items()
        ]
    )

    def __init__(self, *positional, **values):
        values |= dict(zip(self.names, positional, strict=False))
        for name in values:
            if name not in self.names:
                raise TypeError(f"Unexpected keyword argument '{name}'")
        for name, row in self.names.items():
            setattr(self, name, values.get(name, row.get("default")))
        self._check()
        self.stop = [self.stop] if isinstance(self.stop, str) else list(self.stop or ())
        if any(not text for text in self.stop):
            raise VLLMValidationError("stop cannot contain an empty string.")
        if self.stop and not self.detokenize:
            raise VLLMValidationError("stop strings are only supported when detokenize is True.")
        self.stop_token_ids = list(self.stop_token_ids or ())
        if not all(isinstance(token, int) for token in self.stop_token_ids):
            raise VLLMValidationError(f"stop_token_ids must contain only integers, got {self.stop_token_ids}.")
        if any(not word for word in self.bad_words or ()):
            raise VLLMValidationError("bad_words cannot contain an empty string.")

    def _check(self) -> None:
        if not isinstance(self.n, int):
            raise VLLMValidationError(f"n must be an int, but is of type {type(self.n)}")
        if not 1 <= self.n <= MOST_ANSWERS:
            raise VLLMValidationError(f"n must be at least 1 and at most {MOST_ANSWERS}, got {self.n}.")
        for name, (allowed, range_of) in RANGES.items():
            value = getattr(self, name)
            if value is None and self.names[name].get("default") is not None and name != "max_tokens":
                raise TypeError(f"{name} must be a number, got None")
            if value is not None and not isinstance(value, int | float):
                raise TypeError(f"{name} must be a number, got {type(value).__name__}")
            if value is not None and (math.isnan(value) or not allowed(value)):
                raise VLLMValidationError(f"{name} must be {range_of}, got {value}.", parameter=name, value=value)
        for name in INTEGERS:
            value = getattr(self, name)
            if isinstance(value, float):
                raise VLLMValidationError(f"{name} must be an integer, got float")
        if self.max_tokens is not None and self.min_tokens > self.max_tokens:
            raise VLLMValidationError(
                f"min_tokens must be at most max_tokens={self.max_tokens}, got {self.min_tokens}."
            )
        if self.temperature < GREEDY and self.n > 1:
            raise VLLMValidationError(f"n must be 1 when using greedy sampling, got {self.n}.")

    def clone(self) -> "SamplingParams":
        return copy.deepcopy(self)
