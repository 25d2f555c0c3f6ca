"""The HTTP interfaces of engines that have no stub of their own: OpenAI's, and those of llama.cpp, TGI and Ollama."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine_stub import server
from engine_stub.answers import (
    Answer,
    Generation,
    Refusal,
    Shape,
    chat_pieces,
    check_numbers,
    chosen_function,
    head,
    messages_of,
    parse,
    text_pieces,
    truncate,
)
from engine_stub.other_table import TABLE
from engine_stub.texts import text_of, tokens_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

SHAPE = Shape(reasoning="reasoning_content", matched_stop="stop_reason", call_id="call_", complete=False)
CONTEXT = 8192
SIZE = 32  # of an embedding


@dataclass
class Other:
    """State of the stub."""

    engine: str
    name: str
    load: server.Load = field(default_factory=server.Load)

    def unanswered(self, path: str) -> dict[str, Any]:
        return {"error": f"{self.engine} answers {path}; the rehearsal's stub does not."}


# --- answers ---


def refuse(name: str, message: str) -> Refusal:
    return Refusal(400, {"error": {"message": f"{name}: {message}", "type": "invalid_request_error", "code": 400}})


def chat_answer(fields: dict[str, Any], name: str) -> Answer:
    """The answer to a chat."""
    check_numbers(fields, least=0, invalid=refuse, out_of_range=refuse)
    messages = messages_of(fields, refuse) or [{"role": "user", "content": ""}]
    _, function = chosen_function(fields) if fields.get("tools") else (None, None)
    pieces = chat_pieces(fields, messages[-1], function, "")
    limit = fields.get("max_completion_tokens") or fields.get("max_tokens")
    return _answer(fields, name, "chat.completion", json.dumps(messages), pieces, limit, function)


def completion_answer(fields: dict[str, Any], name: str) -> Answer:
    """The answer to a prompt."""
    check_numbers(fields, least=0, invalid=refuse, out_of_range=refuse)
    prompt = fields.get("prompt") or ""
    prompt = prompt if isinstance(prompt, str) else json.dumps(prompt)
    return _answer(fields, name, "text_completion", prompt, text_pieces(prompt), fields.get("max_tokens"))


def _answer(
    fields: dict[str, Any],
    name: str,
    kind: str,
    prompt: str,
    pieces: list[tuple[str, str]],
    limit: int | None,
    function: dict[str, Any] | None = None,
) -> Answer:
    pieces, reason = truncate(pieces, limit, CONTEXT, fields, function)
    read, written = len(tokens_of(prompt)), len(pieces)
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return Answer(SHAPE, head(kind, "cmpl-", fields.get("model") or name), pieces, reason, usage, 1, function)


def text(fields: dict[str, Any], prompt: str, limit: int | None = None) -> str:
    """An answer to a prompt, as plain text."""
    return "".join(piece for _, piece in truncate(text_pieces(prompt), limit, CONTEXT, fields)[0])


# --- routes ---


def _chat(engine: Other, request: Request, body: bytes) -> Generation:
    fields = parse(body, refuse)
    return chat_answer(fields, engine.name).generation(fields)


def _completion(engine: Other, request: Request, body: bytes) -> Generation:
    fields = parse(body, refuse)
    return completion_answer(fields, engine.name).generation(fields)


def _models(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": engine.name, "object": "model", "created": 0, "owned_by": "rehearsal"}]}


def _embeddings(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    inputs = _inputs(parse(body, refuse))
    data = [{"object": "embedding", "index": index, "embedding": [0.5] * SIZE} for index in range(len(inputs))]
    count = sum(len(tokens_of(str(item))) for item in inputs)
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "data": data, "model": engine.name, "usage": usage}


def _inputs(fields: dict[str, Any]) -> list[Any]:
    value = next((fields[name] for name in ("input", "inputs", "prompt") if name in fields), "")
    return value if isinstance(value, list) else [value]


def _healthy(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"status": "ok"}


def _llama_completion(engine: Other, request: Request, body: bytes) -> Any:
    fields = parse(body, refuse)
    content = text(fields, str(fields.get("prompt") or ""), fields.get("n_predict"))
    if not fields.get("stream"):
        return {"content": content, "stop": True, "model": engine.name}
    return Generation({}, iter([{"content": content, "stop": False}, {"content": "", "stop": True}]))


def _tgi_generate(engine: Other, request: Request, body: bytes) -> Any:
    fields = parse(body, refuse)
    if fields.get("stream"):
        return _tgi_stream(engine, request, body)
    answer = {"generated_text": _tgi_text(fields)}
    return [answer] if request.url.path == "/" else answer


def _tgi_stream(engine: Other, request: Request, body: bytes) -> StreamingResponse:
    whole = _tgi_text(parse(body, refuse))
    events = [{"index": 1, "token": {"id": 1, "text": whole, "special": False}, "generated_text": whole}]
    return StreamingResponse((f"data:{json.dumps(event)}\n\n" for event in events), media_type="text/event-stream")


def _tgi_text(fields: dict[str, Any]) -> str:
    return text(fields, str(fields.get("inputs") or ""), (fields.get("parameters") or {}).get("max_new_tokens"))


def _tgi_info(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"model_id": engine.name, "max_total_tokens": CONTEXT, "router": "rehearsal"}


def _vectors(engine: Other, request: Request, body: bytes) -> list[list[float]]:
    return [[0.5] * SIZE for _ in _inputs(parse(body, refuse))]


def _ollama(make: Callable[[dict[str, Any]], dict[str, Any]]) -> server.Action:
    """A route of Ollama that answers with lines of JSON, unless the request says `"stream": false`."""

    def action(engine: Other, request: Request, body: bytes) -> Response:
        fields = parse(body or b"{}", refuse)
        name = fields.get("model") or fields.get("name") or engine.name
        answer = {"model": name, "created_at": "2026-01-01T00:00:00Z", "done": True, "done_reason": "stop"} | make(
            fields
        )
        if fields.get("stream") is False:
            return JSONResponse(answer)
        lines = [answer | {"done": False}, {key: value for key, value in answer.items() if key != "done_reason"}]
        return StreamingResponse((json.dumps(line) + "\n" for line in lines), media_type="application/x-ndjson")

    return action


def _ollama_chat(fields: dict[str, Any]) -> dict[str, Any]:
    messages = messages_of(fields, refuse) or [{}]
    return {"message": {"role": "assistant", "content": text(fields, text_of(messages[-1]))}}


def _ollama_generate(fields: dict[str, Any]) -> dict[str, Any]:
    return {"response": text(fields, str(fields.get("prompt") or ""))}


def _ollama_done(fields: dict[str, Any]) -> dict[str, Any]:
    return {"status": "success"}


def _ollama_tags(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"models": [{"name": engine.name, "model": engine.name, "size": 0, "digest": "0", "details": {}}]}


def _ollama_show(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"details": {"format": "gguf"}, "model_info": {}, "template": ""}


def _ollama_embed(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    vectors = _vectors(engine, request, body)
    return {"embeddings": vectors, "embedding": vectors[0], "model": engine.name}


def _ollama_root(engine: Other, request: Request, body: bytes) -> Response:
    return PlainTextResponse("Ollama is running")


def _ollama_version(engine: Other, request: Request, body: bytes) -> dict[str, Any]:
    return {"version": "0.0.0-rehearsal"}


METHODS = {
    "/api/delete": ["DELETE"],
    "/health": ["GET", "HEAD"],
    "/api/tags": ["GET", "HEAD"],
    "/": ["GET", "HEAD", "POST"],
}

OPENAI: dict[str, server.Action] = {
    "/v1/chat/completions": _chat,
    "/v1/completions": _completion,
    "/v1/models": _models,
    "/v1/embeddings": _embeddings,
}
APIS: dict[str, dict[str, server.Action]] = {
    "openai": OPENAI | {"/health": _healthy},
    "llama.cpp": {"/completion": _llama_completion, "/chat/completions": _chat, "/models": _models, "/props": _healthy},
    "tgi": {"/generate": _tgi_generate, "/generate_stream": _tgi_stream, "/info": _tgi_info, "/": _tgi_generate},
    "tei": {"/embed": _vectors, "/info": _tgi_info},
    "ollama": {
        "/": _ollama_root,
        "/api/chat": _ollama(_ollama_chat),
        "/api/generate": _ollama(_ollama_generate),
        "/api/tags": _ollama_tags,
        "/api/ps": _ollama_tags,
        "/api/show": _ollama_show,
        "/api/version": _ollama_version,
        "/api/embed": _ollama_embed,
        "/api/embeddings": _ollama_embed,
        **dict.fromkeys(("/api/pull", "/api/create", "/api/copy", "/api/push", "/api/delete"), _ollama(_ollama_done)),
    },
}


def application(engine: str, name: str, key: str = "") -> Starlette:
    """The server of the row `engine` for a model called `name`; with a `key`, all but /health requires it."""
    app, state = Starlette(), Other(engine, name)
    app.state.engine = state
    actions: dict[str, server.Action] = {}
    for api in TABLE["engines"][engine]["apis"]:
        actions |= APIS[api]
    server.add_routes(app, state, {path: METHODS.get(path, ["GET", "POST"]) for path in actions}, actions)
    server.require_keys(app, lambda scope: [] if not key or scope["path"] == "/health" else [key])
    return app
