"""Offline engines: many prompts per call, and an explicit output length."""

import ast
from collections.abc import Iterator

from modal_serve_gen import facts
from modal_serve_gen.checks.app_source import AppSource
from modal_serve_gen.checks.modal_objects import Violation
from modal_serve_gen.checks.severity import Severity, severity

GENERATE_METHODS = ("generate", "chat")


@severity(Severity.WARNING)
def prompts_per_call(app: AppSource) -> Iterator[Violation]:
    """An offline engine gets many prompts per call.

    It batches the prompts of a call. With one prompt per call, the GPU generates one answer at a time. Calls that warm
    the engine up in `@modal.enter` do not count.
    """
    for obj in app.modal_objects:
        if obj.engine_command is None or obj.engine_command.server or not obj.gpus:
            continue
        at_start = obj.start_nodes
        for call in obj.calls:
            prompts = call.node.args[0] if call.node.args else None
            is_generate = call.method in GENERATE_METHODS and "." in call.name and id(call.node) not in at_start
            if is_generate and isinstance(prompts, ast.List) and _is_one_prompt(prompts):
                yield Violation(call.line, f"{obj.name} passes one prompt per call", "pass a list of prompts")


@severity(Severity.WARNING)
def answer_length(app: AppSource) -> Iterator[Violation]:
    """`max_tokens` is set explicitly.

    By default, vLLM's SamplingParams stop after a few tokens.
    """
    default = facts.sampling_defaults()["max_tokens"]
    for call in app.calls:
        if call.method == "SamplingParams" and call.name.startswith("vllm.") and call.lacks("max_tokens"):
            yield Violation(call.line, f"SamplingParams stop after {default} tokens by default", "add max_tokens=")


def _is_one_prompt(prompts: ast.List) -> bool:
    """True for a list of one prompt, and for one conversation: a list of messages."""
    messages = [item for item in prompts.elts if isinstance(item, ast.Dict)]
    keys = [key.value for item in messages for key in item.keys if isinstance(key, ast.Constant)]
    return len(prompts.elts) == 1 or (len(messages) == len(prompts.elts) > 0 and "role" in keys)
