"""Answers of the stub of SGLang: checks of the request, error messages, field names."""

import json
from typing import Any

from engine_stub import answers
from engine_stub.answers import Answer, Generation, Refusal, Shape
from engine_stub.texts import text_of, tokens_of
from sglang import __version__
from sglang.engine import Engine
from starlette.requests import Request

SHAPE = Shape(reasoning="reasoning_content", matched_stop="matched_stop", call_id="call_", complete=True)
WEIGHTS = {"weight_version": "default"}


def refuse(status: int, message: str, kind: str = "BadRequestError") -> Refusal:
    return Refusal(status, {"object": "error", "message": message, "type": kind, "param": None, "code": status})


def invalid(name: str, message: str) -> Refusal:
    return refuse(400, f"1 validation error:\n  {name}: {message}", "Bad Request")


def models(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/v1/models: SGLang serves one name."""
    return {"object": "list", "data": [_card(engine)]}


def model(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/v1/models/NAME."""
    name = request.path_params["model"]
    if name != engine.name:
        message = f"The model '{name}' does not exist"
        error = {"message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found"}
        raise Refusal(404, {"error": error})
    return _card(engine)


def _card(engine: Engine) -> dict[str, Any]:
    return {"id": engine.name, "object": "model", "created": engine.created, "owned_by": "sglang",
            "root": engine.name, "parent": None, "max_model_len": engine.max_model_len}  # fmt: skip


def model_info(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/model_info."""
    return {"model_path": engine.model, "served_model_name": engine.name, "tokenizer_path": engine.model,
            "is_generation": True, **WEIGHTS, "reasoning_parser": engine.reasoning}  # fmt: skip


def server_info(engine: Engine, request: Request, body: bytes) -> dict[str, Any]:
    """/server_info: the arguments including the keys, as the real server shows them to every caller it admits."""
    return {"model_path": engine.model, "served_model_name": engine.name, "context_length": engine.max_model_len,
            "api_key": engine.key, "admin_api_key": engine.admin_key, "version": __version__,
            "internal_states": []}  # fmt: skip


def chat(engine: Engine, request: Request, body: bytes) -> Generation:
    """/v1/chat/completions. SGLang does not compare the model's name with its own, and repeats it."""
    fields = _checked(request, body)
    messages = answers.messages_of(fields, invalid)
    if not messages:
        raise refuse(400, "Messages cannot be empty.")
    function = _function(fields)
    # Without its last bracket, so that the next turn's prompt begins with it.
    prompt = json.dumps([(message["role"], text_of(message)) for message in messages])[:-1]
    pieces = answers.chat_pieces(fields, messages[-1], function, SHAPE.reasoning if engine.reasoning else "")
    limit = fields.get("max_completion_tokens") or fields.get("max_tokens")
    answer = _answer(engine, fields, prompt, "chat.completion", limit, pieces, function)
    return answer.generation(fields, metadata=WEIGHTS)


def completion(engine: Engine, request: Request, body: bytes) -> Generation:
    """/v1/completions, of one text."""
    fields = _checked(request, body)
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise invalid("prompt", "Field required" if prompt is None else "Prompt cannot be empty")
    pieces = answers.text_pieces(prompt)
    return _answer(engine, fields, prompt, "text_completion", fields.get("max_tokens", 16), pieces).generation(fields)


def generate(engine: Engine, request: Request, body: bytes) -> Generation:
    """/generate, SGLang's own API, without streaming."""
    fields = _checked(request, body)
    text = fields.get("text") if isinstance(fields.get("text"), str) else json.dumps(fields.get("input_ids") or [])
    limit = (fields.get("sampling_params") or {}).get("max_new_tokens", 128)
    answer = _answer(engine, fields, text, "text_completion", limit, answers.text_pieces(text))
    reason = {"type": answer.reason, **({"length": limit} if answer.reason == "length" else {})}
    meta = {"id": answer.head["id"], "finish_reason": reason, **answer.usage}
    return Generation({"text": "".join(piece for _, piece in answer.pieces), "meta_info": meta})


def _checked(request: Request, body: bytes) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").lower().partition(";")[0]
    if request.url.path.startswith("/v1/") and content_type != "application/json":
        raise refuse(400, "Unsupported Media Type: Only 'application/json' is allowed", "Bad Request")
    fields = answers.parse(body, invalid)
    answers.check_numbers(fields, least=0, invalid=invalid, out_of_range=lambda _, message: refuse(400, message))
    return fields


def _function(fields: dict[str, Any]) -> dict[str, Any] | None:
    """The function that the answer must call; None if it may answer with text."""
    choice = fields.get("tool_choice")
    if choice in (None, "auto", "none"):
        return None
    if not answers.functions_of(fields):
        how = "required" if choice == "required" else "a specific tool"
        raise refuse(400, f"Tools cannot be empty if tool choice is set to {how}.")
    name, function = answers.chosen_function(fields)
    if function is None:
        raise refuse(400, f"Tool '{name}' not found in tools list.")
    return function


def _answer(
    engine: Engine, fields: dict[str, Any], prompt: str, kind: str, limit: int | None, pieces: list[tuple[str, str]],
    function: dict[str, Any] | None = None,
) -> Answer:  # fmt: skip
    """The answer; refused if the request does not fit into the context."""
    read, length = len(tokens_of(prompt)), engine.max_model_len
    if read >= length:
        raise refuse(400, f"The input ({read} tokens) is longer than the model's context length ({length} tokens).")
    if limit and read + limit > length:
        raise refuse(
            400,
            f"Requested token count exceeds the model's maximum context length of {length} tokens. You "
            f"requested a total of {read + limit} tokens: {read} tokens from the input messages and {limit} tokens for "
            "the completion. Please reduce the number of tokens in the input messages or the completion to fit "
            "within the limit.",
        )
    pieces, reason = answers.truncate(pieces, limit, length - read, fields, function)
    count = fields.get("n") or 1
    written, thoughts = len(pieces), sum(name == SHAPE.reasoning for name, _ in pieces)
    usage = {"prompt_tokens": read, "total_tokens": read + written * count, "completion_tokens": written * count,
             "prompt_tokens_details": None, "completion_tokens_details": None,
             "reasoning_tokens": count * thoughts}  # fmt: skip
    if engine.cache_report:
        cached = len(tokens_of(engine.cached_prefix(prompt)))
        usage["prompt_tokens_details"] = {"cached_tokens": min(cached, read - 1)}  # the last token is always computed
    engine.count(usage)
    head = answers.head(kind, "", fields.get("model") or "default")
    return Answer(SHAPE, head, pieces, reason, usage, count, function)
