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

    It batches the prompts of a call. With one prompt per call, the GPU generates one answer at a time.
    """
    for obj in app.modal_objects:
        if obj.engine_command is None or obj.engine_command.server or not obj.gpus:
            continue
        for call in obj.calls:
            prompts = call.node.args[0] if call.node.args else None
            is_generate = call.method in GENERATE_METHODS and "." in call.name
            if is_generate and isinstance(prompts, ast.List) and len(prompts.elts) == 1:
                yield Violation(call.line, f"{obj.name} passes one prompt per call", "pass a list of prompts")


@severity(Severity.WARNING)
def answer_length(app: AppSource) -> Iterator[Violation]:
    """`max_tokens` is set explicitly.

    By default, vLLM's SamplingParams stop after a few tokens.
    """
    default = facts.sampling_defaults()["max_tokens"]
    if not any(command.engine == "vllm" for command in app.commands):
        return
    for call in app.calls:
        if call.method == "SamplingParams" and call.lacks("max_tokens"):
            yield Violation(call.line, f"SamplingParams stop after {default} tokens by default", "add max_tokens=")
