"""Answers of the stub of vLLM: checks of the request, error messages, field names."""

import json
from http import HTTPStatus
from typing import Any

from engine_stub import answers
from engine_stub.answers import Answer, Generation, Refusal, Shape
from engine_stub.texts import text_of, text_of_tokens, tokens_of
from starlette.requests import Request
from vllm.engine import Engine, error_body

SHAPE = Shape(reasoning="reasoning", matched_stop="stop_reason", call_id="chatcmpl-tool-", complete=False)
NEEDS_TOOL_PARSER = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


def refuse(status: int, message: str, kind: str = "", param: str | None = None) -> Refusal:
    return Refusal(status, error_body(status, message, kind or HTTPStatus(status).phrase, param))


def invalid(param: str, message: str) -> Refusal:
    return refuse(400, f"1 validation error:\n  {param}: {message}", param=param)


def _bad_request(param: str | None, message: str) -> Refusal:
    return refuse(400, message, "BadRequestError", param)


def models(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/v1/models: the base model under each of its names, and each adapter."""
    cards = [(name, engine.model, None, engine.max_model_len) for name in engine.names]
    cards += [(name, path, engine.names[0], None) for name, path in engine.adapters.items()]
    rows = [
        {"id": name, "object": "model", "created": engine.created, "owned_by": "vllm", "root": root, "parent": parent,
         "max_model_len": length, "permission": []}
        for name, root, parent, length in cards
    ]  # fmt: skip
    return {"object": "list", "data": rows}


def chat(engine: Engine, request: Request, body: bytes) -> Generation:
    """/v1/chat/completions."""
    fields = _checked(engine, body)
    prompt, messages = _prompt_of(fields)
    function = _function(engine, fields)
    prompt += json.dumps(fields["tools"]) if fields.get("tools") else ""
    pieces = answers.chat_pieces(fields, messages[-1], function, SHAPE.reasoning if engine.reasoning else "")
    return _generate(engine, fields, prompt, "chat.completion", pieces, function)


def completion(engine: Engine, request: Request, body: bytes) -> Generation:
    """/v1/completions."""
    fields = _checked(engine, body)
    prompt = fields.get("prompt")
    if isinstance(prompt, list) and prompt and all(isinstance(item, int) for item in prompt):
        prompt = text_of_tokens(prompt)
    elif isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    if not isinstance(prompt, str) or not prompt:
        raise invalid("prompt", "Either prompt or prompt_embeds must be provided and non-empty.")
    return _generate(engine, fields, prompt, "text_completion", answers.text_pieces(prompt))


def invocation(engine: Engine, request: Request, body: bytes) -> Generation:
    """/invocations: chat or completion; no key protects it."""
    return (chat if "messages" in answers.parse(body, invalid) else completion)(engine, request, body)


def tokenize(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/tokenize, of a prompt or of messages."""
    fields = _checked(engine, body)
    text = _prompt_of(fields)[0] if "messages" in fields else fields.get("prompt")
    if not isinstance(text, str):
        raise invalid("prompt", "Field required")
    tokens = tokens_of(text)
    return {"count": len(tokens), "max_model_len": engine.max_model_len, "tokens": tokens, "token_strs": None}


def detokenize(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/detokenize: the text of these tokens."""
    tokens = _checked(engine, body).get("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
        raise invalid("tokens", "Field required")
    return {"prompt": text_of_tokens(tokens)}


def _checked(engine: Engine, body: bytes) -> dict[str, Any]:
    """The request's fields. Refuses a model that is not served, and invalid values of fields that all routes share."""
    fields = answers.parse(body, invalid)
    model = fields.get("model")
    if model is not None and not isinstance(model, str):
        raise invalid("model", "Input should be a valid string")
    if model and model not in (served := [*engine.names, *engine.adapters]):
        message = f"The model `{model}` does not exist. Valid aliases: {', '.join(served)}."
        raise refuse(404, message, "NotFoundError", "model")
    answers.check_numbers(fields, least=1, invalid=invalid, out_of_range=_bad_request)
    if fields.get("stream_options") and not fields.get("stream"):
        raise _bad_request("stream_options", "Stream options can only be defined when `stream=True`.")
    return fields


def _prompt_of(fields: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """A chat as text, and its messages."""
    messages = answers.messages_of(fields, invalid)
    if not messages:
        raise invalid("messages", "Input should be a non-empty list")
    return "".join(f"{message['role']}\n{text_of(message)}\n" for message in messages), messages


def _function(engine: Engine, fields: dict[str, Any]) -> dict[str, Any] | None:
    """The function that the answer must call; None if it may answer with text."""
    choice = fields.get("tool_choice") or ("auto" if fields.get("tools") else "none")
    if choice != "none" and not fields.get("tools"):
        raise _bad_request("tool_choice", "When using `tool_choice`, `tools` must be set.")
    if choice == "auto" and not engine.auto_tools:
        raise _bad_request(None, NEEDS_TOOL_PARSER)
    if choice in ("auto", "none"):
        return None
    _, function = answers.chosen_function(fields)
    if function is None:
        message = "The tool specified in `tool_choice` does not match any of the specified `tools`"
        raise _bad_request("tool_choice", message)
    return function


def _generate(
    engine: Engine, fields: dict[str, Any], prompt: str, kind: str, pieces: list[tuple[str, str]],
    function: dict[str, Any] | None = None,
) -> Generation:  # fmt: skip
    """The answer; refused if the request does not fit into the context."""
    read = len(tokens_of(prompt))
    limit = fields.get("max_completion_tokens") or fields.get("max_tokens")
    if read + (limit or 1) > engine.max_model_len:
        raise _bad_request(
            "input_tokens",
            f"This model's maximum context length is {engine.max_model_len} tokens. However, you requested "
            f"{limit or 1} output tokens and your prompt contains at least {read} input tokens, for a total of at "
            f"least {read + (limit or 1)} tokens. Please reduce the length of the input prompt or the number of "
            "requested output tokens.",
        )
    pieces, reason = answers.truncate(pieces, limit, engine.max_model_len - read, fields, function)
    count = fields.get("n") or 1
    usage = {
        "prompt_tokens": read,
        "completion_tokens": len(pieces) * count,
        "total_tokens": read + len(pieces) * count,
    }
    if engine.counts_cached:
        usage["prompt_tokens_details"] = {"cached_tokens": 0, "created_cache_tokens": 0, "multimodal_tokens": None}
    engine.prompt_tokens += read
    engine.generated_tokens += usage["completion_tokens"]
    engine.finished["length" if reason == "length" else "stop"] += count
    prefix = "cmpl-" if kind == "text_completion" else "chatcmpl-"
    head = answers.head(kind, prefix, fields.get("model") or engine.names[0])
    return Answer(SHAPE, head, pieces, reason, usage, count, function).generation(fields)
