"""What the stub answers: OpenAI's shapes around text that is made of the prompt, so that it is always the same."""

import json
import secrets
import time
from collections.abc import Iterator
from http import HTTPStatus

from vllm.texts import example, text_of, text_of_tokens, tokens_of, words

DEFAULT_TOKENS = 64  # of an answer whose length nobody limits
CALLS_NEED = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


class Refusal(Exception):
    """An error answer with its HTTP status."""

    def __init__(self, status: int, message: str, kind: str = "", param: str | None = None):
        self.status = status
        kind = kind or HTTPStatus(status).phrase
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": status}}


def models(engine, body, query) -> dict:
    """/v1/models: the base model under each of its names, and each adapter."""
    rows = [
        {"id": name, "object": "model", "created": engine.created, "owned_by": "vllm", "root": engine.model,
         "parent": None, "max_model_len": engine.max_model_len, "permission": []}
        for name in engine.names
    ] + [
        {"id": name, "object": "model", "created": engine.created, "owned_by": "vllm", "root": path,
         "parent": engine.names[0], "max_model_len": None, "permission": []}
        for name, path in engine.adapters.items()
    ]  # fmt: skip
    return {"object": "list", "data": rows}


def chat(engine, body, query) -> dict | Iterator[dict]:
    """/v1/chat/completions."""
    request = _request(engine, body)
    messages = _messages(request)
    call = _tool(engine, request)
    prompt = "".join(f"{message['role']}\n{text_of(message)}\n" for message in messages)
    prompt += json.dumps(request["tools"]) if request.get("tools") else ""
    asked = " ".join(text_of(messages[-1]).split())
    form = (request.get("response_format") or {}).get("type", "text")
    if call:
        pieces = [json.dumps(example(call.get("parameters") or {}))]
    elif form == "json_schema":
        pieces = [json.dumps(example(request["response_format"]["json_schema"].get("schema") or {}))]
    elif form == "json_object":
        pieces = [json.dumps({"answer": asked})]
    else:
        pieces = words(f"This is the stub engine, which has no model. You said: {asked}")
    thinks = engine.reasoning and (request.get("chat_template_kwargs") or {}).get("enable_thinking", True)
    thought = words("The stub engine thinks.") if thinks else []
    return _respond(engine, request, prompt, "chat.completion", pieces, thought, call)


def completion(engine, body, query) -> dict | Iterator[dict]:
    """/v1/completions."""
    request = _request(engine, body)
    prompt = request.get("prompt")
    if isinstance(prompt, list) and prompt and all(isinstance(item, int) for item in prompt):
        prompt = text_of_tokens(prompt)
    elif isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    if not isinstance(prompt, str) or not prompt:
        raise _invalid("prompt", "Either prompt or prompt_embeds must be provided and non-empty.")
    return _respond(engine, request, prompt, "text_completion", words(f" The stub engine read: {prompt}"), [], None)


def invocation(engine, body, query) -> dict | Iterator[dict]:
    """/invocations: the same answers, which no key protects."""
    return (chat if "messages" in _parsed(body) else completion)(engine, body, query)


def tokenize(engine, body, query) -> dict:
    """/tokenize, of a prompt or of messages."""
    request = _request(engine, body)
    if "messages" in request:
        text = "".join(f"{message['role']}\n{text_of(message)}\n" for message in _messages(request))
    else:
        text = request.get("prompt")
    if not isinstance(text, str):
        raise _invalid("prompt", "Field required")
    tokens = tokens_of(text)
    return {"count": len(tokens), "max_model_len": engine.max_model_len, "tokens": tokens, "token_strs": None}


def detokenize(engine, body, query) -> dict:
    """/detokenize: the text that gave these tokens."""
    tokens = _request(engine, body).get("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, int) for token in tokens):
        raise _invalid("tokens", "Field required")
    return {"prompt": text_of_tokens(tokens)}


def _parsed(body: bytes) -> dict:
    try:
        request = json.loads(body)
    except ValueError as fault:
        raise _invalid("body", f"JSON decode error: {fault}") from None
    if not isinstance(request, dict):
        raise _invalid("body", "Input should be a valid dictionary or object to extract fields from")
    return request


def _request(engine, body: bytes) -> dict:
    """The request body with the fields that all routes share checked, and a model that is served here."""
    request = _parsed(body)
    model = request.get("model")
    if model is not None and not isinstance(model, str):
        raise _invalid("model", "Input should be a valid string")
    if model and model not in (known := [*engine.names, *engine.adapters]):
        message = f"The model `{model}` does not exist. Valid aliases: {', '.join(known)}."
        raise Refusal(404, message, "NotFoundError", "model")
    for name in ("max_tokens", "max_completion_tokens", "n"):
        value = request.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise _invalid(name, "Input should be a valid integer")
        if value is not None and value < 1:
            raise Refusal(400, f"{name} must be at least 1, got {value}.", "BadRequestError", name)
    for name, most in (("temperature", float("inf")), ("top_p", 1)):
        value = request.get(name)
        if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
            raise _invalid(name, "Input should be a valid number")
        if value is not None and not 0 <= value <= most:
            raise Refusal(400, f"{name} must be in its range, got {value}.", "BadRequestError", name)
    if request.get("stream_options") and not request.get("stream"):
        raise Refusal(
            400, "Stream options can only be defined when `stream=True`.", "BadRequestError", "stream_options"
        )
    return request


def _messages(request: dict) -> list[dict]:
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _invalid("messages", "Field required" if messages is None else "Input should be a non-empty list")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise _invalid("messages", "each message needs a role")
    return messages


def _tool(engine, request: dict) -> dict | None:
    """The function that has to be called: the first of the tools where a call is required, or the named one."""
    tools, choice = request.get("tools") or [], request.get("tool_choice")
    if choice is None:
        choice = "auto" if tools else "none"
    if choice != "none" and not tools:
        raise Refusal(400, "When using `tool_choice`, `tools` must be set.", "BadRequestError", "tool_choice")
    functions = [tool.get("function") or {} for tool in tools if isinstance(tool, dict)]
    if choice == "auto" and not engine.auto_tools:
        raise Refusal(400, CALLS_NEED, "BadRequestError")
    if choice in ("auto", "none"):
        return None
    if choice == "required":
        return functions[0]
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    found = next((function for function in functions if name and function.get("name") == name), None)
    if found is None:
        message = "The tool specified in `tool_choice` does not match any of the specified `tools`"
        raise Refusal(400, message, "BadRequestError", "tool_choice")
    return found


def _respond(engine, request, prompt, kind, pieces, thought, call) -> dict | Iterator[dict]:
    """The whole answer, or the iterator of a stream's events, once it is certain that the request fits."""
    read = len(tokens_of(prompt))
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    if read + (limit or 1) > engine.max_model_len:
        message = (
            f"This model's maximum context length is {engine.max_model_len} tokens. However, you requested "
            f"{limit or 1} output tokens and your prompt contains at least {read} input tokens, for a total of at "
            f"least {read + (limit or 1)} tokens. Please reduce the length of the input prompt or the number of "
            "requested output tokens."
        )
        raise Refusal(400, message, "BadRequestError", "input_tokens")
    wanted, limit = limit, min(limit or DEFAULT_TOKENS, engine.max_model_len - read)
    told = [("reasoning", piece) for piece in thought] + [("content", piece) for piece in pieces]
    if wanted and request.get("ignore_eos"):
        told += [("content", " on")] * (limit + 1 - len(told))
    reason = "length" if len(told) > limit else "tool_calls" if call else "stop"
    told = told[:limit]
    count = request.get("n") or 1
    usage = {"prompt_tokens": read, "completion_tokens": len(told) * count, "total_tokens": read + len(told) * count}
    if engine.counts_cached:
        usage["prompt_tokens_details"] = {"cached_tokens": 0, "created_cache_tokens": 0, "multimodal_tokens": None}
    prefix = "cmpl" if kind == "text_completion" else "chatcmpl"
    head = {"id": f"{prefix}-{secrets.token_hex(16)}", "object": kind, "created": int(time.time())}
    head["model"] = request.get("model") or engine.names[0]
    with engine.lock:
        engine.prompt_tokens += read
        engine.generated_tokens += usage["completion_tokens"]
        engine.finished["length" if reason == "length" else "stop"] += count
    if request.get("stream"):
        return _events(engine, request, head, told, reason, usage, call, count)
    with engine.working():
        choices = [_choice(kind, at, told, reason, call) for at in range(count)]
    return head | {"choices": choices, "usage": usage}


def _choice(kind: str, at: int, told: list, reason: str, call: dict | None) -> dict:
    content = "".join(piece for name, piece in told if name == "content")
    if kind == "text_completion":
        return {"index": at, "text": content, "logprobs": None, "finish_reason": reason, "stop_reason": None}
    thought = "".join(piece for name, piece in told if name == "reasoning") or None
    calls = [_call(call, content)] if call else []
    message = {"role": "assistant", "content": None if call else content, "reasoning": thought, "tool_calls": calls}
    return {"index": at, "message": message, "logprobs": None, "finish_reason": reason, "stop_reason": None}


def _call(call: dict, arguments: str) -> dict:
    function = {"name": call.get("name"), "arguments": arguments}
    return {"id": f"chatcmpl-tool-{secrets.token_hex(8)}", "type": "function", "function": function}


def _events(engine, request, head, told, reason, usage, call, count) -> Iterator[dict]:
    """A stream's events, one token each, the usage last where it was asked for."""
    plain = head["object"] == "text_completion"
    head = head if plain else head | {"object": "chat.completion.chunk"}

    def event(at: int, delta: dict, finish: str | None = None) -> dict:
        inner = {"text": delta.get("content", "")} if plain else {"delta": delta}
        return head | {"choices": [{"index": at, **inner, "logprobs": None, "finish_reason": finish}]}

    with engine.working():
        for at in range(count):
            if not plain:
                yield event(at, {"role": "assistant", "content": ""})
            for number, (name, piece) in enumerate(told):
                last = reason if number == len(told) - 1 else None
                delta = (
                    {"tool_calls": [_call(call, piece) | {"index": 0}]} if call and name == "content" else {name: piece}
                )
                yield event(at, delta, last)
        if (request.get("stream_options") or {}).get("include_usage"):
            yield head | {"choices": [], "usage": usage}


def _invalid(param: str, message: str) -> Refusal:
    return Refusal(400, f"1 validation error:\n  {param}: {message}", param=param)
