"""What the stub answers: SGLang's shapes around text that is made of the prompt, so that it is always the same."""

import json
import secrets
import time
from collections.abc import Iterator

DEFAULT_TOKENS = 64  # of an answer whose length nobody limits
WORD = 4  # characters of a prompt that count as one token


class Refusal(Exception):
    """An error answer with its HTTP status."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError"):
        self.status = status
        self.body = {"object": "error", "message": message, "type": kind, "param": None, "code": status}


def models(engine, body: bytes) -> dict:
    """/v1/models: SGLang serves one name."""
    card = {"id": engine.name, "object": "model", "created": engine.created, "owned_by": "sglang"}
    return {"object": "list", "data": [card | {"root": engine.name, "parent": None, "max_model_len": engine.length}]}


def model(engine, name: str) -> dict:
    """/v1/models/NAME."""
    if name != engine.name:
        refusal = Refusal(404, f"The model '{name}' does not exist", "invalid_request_error")
        told = {name: refusal.body[name] for name in ("message", "type")}
        refusal.body = {"error": told | {"param": "model", "code": "model_not_found"}}
        raise refusal
    return models(engine, b"")["data"][0]


def model_info(engine, body: bytes) -> dict:
    """/model_info."""
    return {"model_path": engine.model, "served_model_name": engine.name, "tokenizer_path": engine.model,
            "is_generation": True, "weight_version": "default", "reasoning_parser": engine.reasoning}  # fmt: skip


def server_info(engine, body: bytes) -> dict:
    """/server_info: the arguments, keys among them, as the real server tells everybody whom it lets ask."""
    return {"model_path": engine.model, "served_model_name": engine.name, "context_length": engine.length,
            "api_key": engine.key, "admin_api_key": engine.admin_key, "version": engine.version,
            "internal_states": []}  # fmt: skip


def chat(engine, body: bytes) -> dict | Iterator[dict]:
    """/v1/chat/completions. SGLang does not compare the model's name with its own, and repeats it."""
    asked = _parsed(body)
    messages = asked.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise _invalid("messages", "Field required" if messages is None else "Input should be a valid list")
    if not messages:
        raise Refusal(400, "Messages cannot be empty.")
    if any(not isinstance(each.get("role"), str) for each in messages):
        raise _invalid("messages", "Field required: role")
    call = _tool(asked)
    prompt = json.dumps([(each["role"], _text(each)) for each in messages])[:-1]  # the next turn begins with it
    told = " ".join(_text(messages[-1]).split())
    if call:
        pieces = [json.dumps(dict.fromkeys((call.get("parameters") or {}).get("properties") or {}, "text"))]
    elif (asked.get("response_format") or {}).get("type", "text") != "text":
        pieces = [json.dumps({"answer": told})]
    else:
        pieces = _words(f"This is the stub engine, which has no model. You said: {told}")
    thinks = engine.reasoning and (asked.get("chat_template_kwargs") or {}).get("enable_thinking", True)
    thought = _words("The stub engine thinks.") if thinks else []
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    run = _run(engine, asked, prompt, limit, [("reasoning_content", word) for word in thought]
               + [("content", word) for word in pieces])  # fmt: skip
    head = {"id": secrets.token_hex(16), "object": "chat.completion", "created": int(time.time())}
    head["model"] = asked.get("model") or "default"
    if asked.get("stream"):
        return _events(engine, asked, head | {"object": "chat.completion.chunk"}, run, call)
    text = {name: "".join(piece for kind, piece in run["told"] if kind == name) for name, _ in run["told"]}
    message = {"role": "assistant", "content": None if call else text.get("content", "")}
    message["reasoning_content"] = text.get("reasoning_content")
    if call:
        message["tool_calls"] = [_call(call, text.get("content", ""))]
    reason = "tool_calls" if call else run["reason"]
    choice = {"message": message, "logprobs": None, "finish_reason": reason, "matched_stop": None}
    choices = [{"index": at} | choice for at in range(run["count"])]
    return head | {"choices": choices, "usage": run["usage"], "metadata": {"weight_version": "default"}}


def completion(engine, body: bytes) -> dict | Iterator[dict]:
    """/v1/completions, of one text."""
    asked = _parsed(body)
    prompt = asked.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise _invalid("prompt", "Field required" if prompt is None else "Prompt cannot be empty")
    told = [("content", word) for word in _words(f" The stub engine read: {prompt}")]
    run = _run(engine, asked, prompt, asked.get("max_tokens", 16), told)
    head = {"id": secrets.token_hex(16), "object": "text_completion", "created": int(time.time())}
    head["model"] = asked.get("model") or "default"
    if asked.get("stream"):
        return _events(engine, asked, head, run, None)
    text = "".join(piece for _, piece in run["told"])
    choice = {"text": text, "logprobs": None, "finish_reason": run["reason"], "matched_stop": None}
    return head | {"choices": [{"index": at} | choice for at in range(run["count"])], "usage": run["usage"]}


def generate(engine, body: bytes) -> dict:
    """/generate, SGLang's own API, without its streams."""
    asked = _parsed(body)
    text = asked.get("text") if isinstance(asked.get("text"), str) else json.dumps(asked.get("input_ids") or [])
    limit = (asked.get("sampling_params") or {}).get("max_new_tokens", 128)
    run = _run(engine, asked, text, limit, [("content", word) for word in _words(f" The stub engine read: {text}")])
    reason = {"type": run["reason"], **({"length": limit} if run["reason"] == "length" else {})}
    meta = {"id": secrets.token_hex(16), "finish_reason": reason, **run["usage"]}
    return {"text": "".join(piece for _, piece in run["told"]), "meta_info": meta}


def _parsed(body: bytes) -> dict:
    try:
        asked = json.loads(body)
    except ValueError as fault:
        raise _invalid("body", f"JSON decode error: {fault}") from None
    if not isinstance(asked, dict):
        raise _invalid("body", "Input should be a valid dictionary")
    for name, most in (("temperature", float("inf")), ("top_p", 1)):
        value = asked.get(name)
        if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
            raise _invalid(name, "Input should be a valid number")
        if value is not None and not 0 <= value <= most:
            raise Refusal(400, f"{name} must be in its range, got {value}.")
    for name in ("max_tokens", "max_completion_tokens", "n"):
        value = asked.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise _invalid(name, "Input should be a valid integer")
        if value is not None and value < 0:
            raise Refusal(400, f"{name} must be at least 0, got {value}.")
    return asked


def _invalid(name: str, message: str) -> Refusal:
    return Refusal(400, f"1 validation error:\n  {name}: {message}", "Bad Request")


def _text(message: dict) -> str:
    content = message.get("content") or ""
    parts = content if isinstance(content, list) else [{"text": str(content)}]
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _words(text: str) -> list[str]:
    """The words of a text, each with the space before it: the tokens of an answer."""
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)]


def _tool(asked: dict) -> dict | None:
    """The function that must be called: the first tool where a call is required, or the named one."""
    choice = asked.get("tool_choice")
    functions = [each.get("function") or {} for each in asked.get("tools") or [] if isinstance(each, dict)]
    if choice in (None, "auto", "none"):
        return None
    if not functions:
        how = "required" if choice == "required" else "a specific tool"
        raise Refusal(400, f"Tools cannot be empty if tool choice is set to {how}.")
    if choice == "required":
        return functions[0]
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    found = next((each for each in functions if each.get("name") == name), None)
    if found is None:
        raise Refusal(400, f"Tool '{name}' not found in tools list.")
    return found


def _call(call: dict, arguments: str) -> dict:
    function = {"name": call.get("name"), "arguments": arguments}
    return {"id": f"call_{secrets.token_hex(12)}", "index": 0, "type": "function", "function": function}


def _run(engine, asked: dict, prompt: str, limit: int | None, told: list[tuple[str, str]]) -> dict:
    """The pieces of an answer, why it ended, and its usage; once it is certain that the request fits."""
    read = -(-len(prompt) // WORD)
    if read >= engine.length:
        told_length = f"The input ({read} tokens) is longer than the model's context length ({engine.length} tokens)."
        raise Refusal(400, told_length)
    if limit and read + limit > engine.length:
        raise Refusal(
            400,
            f"Requested token count exceeds the model's maximum context length of {engine.length} tokens. You "
            f"requested a total of {read + limit} tokens: {read} tokens from the input messages and {limit} tokens for "
            "the completion. Please reduce the number of tokens in the input messages or the completion to fit "
            "within the limit.",
        )
    most = min(DEFAULT_TOKENS if limit is None else limit, engine.length - read)
    if limit and asked.get("ignore_eos"):
        told = told + [("content", " on")] * (limit - len(told))
    count, written = asked.get("n") or 1, len(told[:most])
    usage = {"prompt_tokens": read, "total_tokens": read + written * count, "completion_tokens": written * count,
             "prompt_tokens_details": None, "completion_tokens_details": None,
             "reasoning_tokens": count * sum(kind == "reasoning_content" for kind, _ in told[:most])}  # fmt: skip
    if engine.cache_report:
        cached = min(engine.remembers(prompt) // WORD, read - 1)  # the last token is always computed
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    engine.done(usage)
    return {"told": told[:most], "reason": "length" if len(told) > most else "stop", "usage": usage, "count": count}


def _events(engine, asked: dict, head: dict, run: dict, call: dict | None) -> Iterator[dict]:
    """A stream's events, one token each, the reason in one of its own, the usage last where it was asked for."""
    plain = head["object"] == "text_completion"

    def event(at: int, delta: dict, finish: str | None = None) -> dict:
        inner = {"text": delta.get("content", "")} if plain else {"delta": {"reasoning_content": None} | delta}
        choice = {"index": at, **inner, "logprobs": None, "finish_reason": finish, "matched_stop": None}
        return head | {"choices": [choice]}

    for at in range(run["count"]):
        if not plain:
            yield event(at, {"role": "assistant", "content": ""})
        for kind, piece in run["told"]:
            given = {"tool_calls": [_call(call, piece)]} if call and kind == "content" else {kind: piece}
            yield event(at, given)
        yield event(at, {}, "tool_calls" if call else run["reason"])
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield head | {"choices": [], "usage": run["usage"]}
