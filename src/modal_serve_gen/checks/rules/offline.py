"""How an offline engine is asked: many prompts in a call, and a length for each answer."""

import ast
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.picture import Picture
from modal_serve_gen.checks.units import Fault

ASKS = ("generate", "chat")


def prompts_per_call(app: Picture) -> Iterator[Fault]:
    """An offline engine gets many prompts in one call.

    It batches what it is given: with one prompt per call a GPU works on one answer at a time.
    """
    for unit in app.units:
        if unit.engine is None or unit.engine.server or not unit.gpus:
            continue
        for call in unit.calls:
            prompts = call.node.args[0] if call.node.args else None
            if call.last in ASKS and "." in call.name and isinstance(prompts, ast.List) and len(prompts.elts) == 1:
                yield call.line, f"{unit.name} asks its engine for one answer per call", "pass it a list of prompts"


def answer_length(app: Picture) -> Iterator[Fault]:
    """The length of an answer is said.

    vLLM's own default for SamplingParams ends every answer after a few tokens.
    """
    default = facts.sampling_defaults()["max_tokens"]
    for call in app.calls:
        if (
            call.last == "SamplingParams"
            and call.lacks("max_tokens")
            and any(each.engine == "vllm" for each in app.commands)
        ):
            yield call.line, f"SamplingParams ends an answer after {default} tokens", "add max_tokens="
