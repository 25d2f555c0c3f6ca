"""An HTTP stub for engines that have no stub of their own, and their commands that answer and end.

`python -m engine_stub.other NAME ARGV...` reads what it needs of the command line and of the variables of the row NAME
in others.json, and checks nothing else.
"""

import json
import os
import socket
import sys
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
from engine_stub.command import inject_start_faults, listening_host
from engine_stub.notes import note
from engine_stub.texts import text_of, tokens_of
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

ROWS = json.loads(Path(__file__).with_name("others.json").read_text(encoding="utf-8"))["engines"]
SHAPE = Shape(reasoning="reasoning_content", matched_stop="stop_reason", call_id="call_", complete=False)
CONTEXT = 8192
SIZE = 32  # of an embedding


@dataclass(frozen=True)
class Settings:
    """What a command line says: the model, its name in requests, the address, and a key ('' for none)."""

    model: str
    name: str
    host: str
    port: int
    key: str


@dataclass
class Other:
    """State of the stub."""

    engine: str
    name: str
    load: server.Load = field(default_factory=server.Load)

    def unanswered(self, path: str) -> dict[str, Any]:
        return {"error": f"{self.engine} answers {path}; the rehearsal's stub does not."}


def main(name: str, argv: Sequence[str]) -> int:
    """Run the command of the row `name`; its exit code."""
    row = ROWS[name]
    words = list(argv)
    if words[:1] and words[0] in row.get("commands", {}):
        if row["commands"][words[0]]:
            print("".join(piece for _, piece in text_pieces(words[-1])).strip())
        return 0
    if any(word in ("-h", "--help", "--version") for word in words):
        print(f"{name}: the rehearsal's stub")
        return 0
    for expected in row.get("arguments", ()):
        if words[:1] == [expected]:
            words.pop(0)
    try:
        settings = read(row, words)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    note("other", name)
    if row.get("prompt"):
        print("".join(piece for _, piece in text_pieces(_value(words, row["prompt"]) or "")).strip())
        return 0
    inject_start_faults("the engine could not start")
    app = application(name, settings)
    host = socket.gethostbyname(listening_host(settings.host))
    return server.serve(app, app.state.engine.load, (host, settings.port), f"stub in place of {name}")


def read(row: dict[str, Any], words: Sequence[str]) -> Settings:
    """What the command line says. Raises ValueError for a port that is no number."""
    variables = {key: os.environ.get(name, "") for key, name in row.get("variables", {}).items()}
    address = urllib.parse.urlsplit(
        f"//{variables.get('address', '').partition('//')[2] or variables.get('address', '')}"
    )
    model = _value(words, row.get("model", ())) or variables.get("model", "")
    if not model and row.get("positional"):
        model = next(iter(_positionals(words)), "")
    file = _value(words, row.get("local_file", ())) or (model if model.startswith("/") else "")
    if file and not Path(file).exists():
        note("changed", f"the model {file}: not in this rehearsal, so assumed to be there on Modal")
    port = _value(words, row.get("port", ())) or variables.get("port") or address.port or row.get("default_port", 0)
    if not str(port).isdigit():
        raise ValueError(f"the port {port!r} is no number")
    return Settings(
        model,
        _value(words, row.get("name_flags", ())) or model or "model",
        _value(words, row.get("host", ())) or variables.get("host") or address.hostname or row.get("default_host", ""),
        int(port),
        _value(words, row.get("key", ())) or variables.get("key", ""),
    )


def _value(words: Sequence[str], names: Sequence[str]) -> str:
    """The last value of a flag with one of `names`, as `--flag value` or `--flag=value`; underscores are dashes."""
    spelled = {name.replace("_", "-") for name in names}
    found = ""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") in spelled:
            found = value if equals else words[position + 1] if position + 1 < len(words) else ""
    return found


def _positionals(words: Sequence[str]) -> Iterator[str]:
    """Words that are neither a flag nor directly after one."""
    after_flag = False
    for word in words:
        if word.startswith("-"):
            after_flag = "=" not in word
        elif after_flag:
            after_flag = False
        else:
            yield word


def application(engine: str, settings: Settings) -> Starlette:
    """The server of the row `engine`."""
    app, state = Starlette(), Other(engine, settings.name)
    app.state.engine = state
    actions: dict[str, server.Action] = {}
    for api in ROWS[engine]["apis"]:
        actions |= APIS[api]
    server.add_routes(app, state, {path: METHODS.get(path, ["GET", "POST"]) for path in actions}, actions)
    server.require_keys(app, lambda scope: [] if not settings.key or scope["path"] == "/health" else [settings.key])
    return app


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
