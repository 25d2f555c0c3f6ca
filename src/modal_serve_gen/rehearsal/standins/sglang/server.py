"""A strict fake of SGLang's HTTP server: its routes and who may ask for them, answers without a model."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sglang import __version__
from sglang.srt.entrypoints.http_server import app

ROUTES = json.loads(Path(__file__).with_name("api_routes.json").read_text(encoding="utf-8"))["routes"]
ALWAYS_OPEN = ("/health", "/ready", "/metrics")  # srt/utils/auth.py
LATER_S = 0.002  # between two pieces of a stream


class Engine:
    """What the command line says of the served model."""

    def __init__(self, options, crash_mid_stream: bool):
        def value(flag: str, otherwise: str | None = None) -> str | None:
            values = options.values(flag)
            return values[-1] if values else otherwise

        def on(flag: str) -> bool:
            return any(given.flag == flag for given in options.options)

        self.model = value("--model-path") or (options.positionals or ["?"])[0]
        self.name = value("--served-model-name", self.model)
        self.key, self.admin_key = value("--api-key"), value("--admin-api-key")
        self.metrics, self.cache_report = on("--enable-metrics"), on("--enable-cache-report")
        self.reasoning = value("--reasoning-parser") is not None
        self.log_json = on("--log-requests") and value("--log-requests-format") == "json"
        self.crash_mid_stream = crash_mid_stream
        self.seen: set[str] = set()  # texts of prompts, for what is cached of the next
        host = value("--host", "127.0.0.1")
        if host in ("0.0.0.0", "::") and not os.environ.get("REHEARSAL_OUTER"):
            host = "127.0.0.1"  # outside a rehearsed container nothing may listen beyond this machine
        self.address = socket.gethostbyname(host), int(value("--port", "30000"))

    def allowed(self, method: str, path: str, bearer: str, admin: bool) -> bool:
        """SGLang's own rule: health and metrics are open; an admin key alone guards administration only."""
        if method == "OPTIONS" or path.startswith(ALWAYS_OPEN):
            return True
        wanted = (self.admin_key or self.key) if admin else self.key
        return not wanted or bearer == wanted


def serve(options, *, crash_mid_stream: bool) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    engine = Engine(options, crash_mid_stream)
    if not Path(engine.model).is_dir():
        print(f"OSError: {engine.model} is not a local folder, and the stub asks no hub for one", file=sys.stderr)
        return 1

    class Handler(_Handler):
        pass

    Handler.engine = engine
    try:
        listener = ThreadingHTTPServer(engine.address, Handler)
    except OSError as fault:
        print(f"OSError: [Errno {fault.errno}] {os.strerror(fault.errno or 0)}: {engine.address}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=listener.shutdown).start())
    where = "{}:{}".format(*engine.address)
    print(f"INFO: stub of SGLang {__version__}, serving {engine.model} on {where}", file=sys.stderr, flush=True)
    print("The server is fired up and ready to roll!", file=sys.stderr, flush=True)
    listener.serve_forever(poll_interval=0.05)
    sys.stderr.flush()
    os._exit(0)


def passed(scope: dict) -> tuple[dict | None, int]:
    """The request as the plugins' middleware hands it on, or None and the status that it answers itself."""
    handed: list[dict] = []
    status = [500]

    async def inner(scope, receive, send) -> None:
        handed.append(scope)

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]

    chain = inner
    for each in app.middleware:
        chain = each(chain)
    asyncio.run(chain(scope, None, send))
    return (handed[0], 200) if handed else (None, status[0])


class _Handler(BaseHTTPRequestHandler):
    engine: Engine
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle_one_request()

    def __getattr__(self, name: str):
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *args) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        scope, status = passed({"type": "http", "method": self.command, "path": path, "headers": headers})
        if scope is None:
            return self._say({}, status)
        path = scope["path"]
        route = next(
            (ROUTES[known] for known in ROUTES if re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", known), path)), None
        )
        if route is None:
            return self._say({"detail": "Not Found"}, 404)
        if self.command not in route["methods"]:
            return self._say({"detail": "Method Not Allowed"}, 405)
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if not self.engine.allowed(self.command, path, bearer, route.get("admin", False)):
            return self._say({"error": "Unauthorized"}, 401)
        if path in ("/health", "/health_generate", "/ready"):
            return self._say({}, 200)
        if path == "/v1/models":
            return self._say({"object": "list", "data": [{"id": self.engine.name, "object": "model"}]}, 200)
        if path == "/metrics":
            return self._say({}, 200 if self.engine.metrics else 404)
        if path == "/v1/chat/completions":
            return self._chat(body)
        return self._say({"error": "the stub engine does not answer this route"}, 501)

    def _chat(self, body: bytes) -> None:
        try:
            asked = json.loads(body)
            said = asked["messages"][-1]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            return self._say({"object": "error", "message": "the body is no chat request"}, 400)
        prompt = json.dumps(asked["messages"])
        words = f"This is the stub engine, which has no model. You said: {said}".split(" ")[
            : asked.get("max_tokens", 128)
        ]
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(words)}
        usage["total_tokens"] = sum(usage.values())
        known = max((len(one.split()) for one in self.engine.seen if prompt.startswith(one[:-1])), default=0)
        if self.engine.cache_report:
            usage["prompt_tokens_details"] = {"cached_tokens": known}
        self.engine.seen.add(prompt)
        if self.engine.log_json:
            print(json.dumps({"event": "request.finished", "rid": uuid.uuid4().hex, "meta_info": usage}), flush=True)
        kind = "reasoning_content" if self.engine.reasoning else "content"
        head = {"id": uuid.uuid4().hex, "model": self.engine.name, "created": int(time.time())}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": " ".join(words), "reasoning_content": None, "tool_calls": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return self._say({**head, "object": "chat.completion", "choices": [choice], "usage": usage}, 200)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, word in enumerate(words):
            if self.engine.crash_mid_stream and number == 3:
                os._exit(1)
            delta = {kind if number < len(words) // 2 else "content": word if not number else f" {word}"}
            self._event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            time.sleep(LATER_S)
        self._event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if (asked.get("stream_options") or {}).get("include_usage"):
            self._event({**head, "choices": [], "usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, document: dict) -> None:
        self._chunk(b"data: %s\n\n" % json.dumps(document).encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _say(self, document: dict, status: int) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
