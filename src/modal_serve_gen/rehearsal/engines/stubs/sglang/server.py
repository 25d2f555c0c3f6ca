"""A strict fake of SGLang's HTTP server: its routes and who may ask for them. What is answered is in answers.py."""

import asyncio
import contextlib
import functools
import http.client
import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sglang import __version__, answers, models, notes
from sglang.engine import Engine
from sglang.srt.entrypoints.http_server import app

ROUTES = json.loads(Path(__file__).with_name("api_routes.json").read_text(encoding="utf-8"))["routes"]
PATTERNS = {known: re.compile(re.sub(r"{\w+:path}", ".+", known).replace("{", "(?P<").replace("}", ">[^/]+)"))
            for known in ROUTES}  # fmt: skip
DOCUMENTS = ("/openapi.json", "/docs", "/redoc")
LONGEST_BODY = 64 * 2**20
ONE_MODEL = "/v1/models/"
LATER_S = 0.002  # between two pieces of a stream
FINISH_S = 15  # how long requests that run may go on after SIGTERM
ACTIONS = {
    "/v1/models": answers.models,
    "/model_info": answers.model_info,
    "/get_model_info": answers.model_info,
    "/server_info": answers.server_info,
    "/get_server_info": answers.server_info,
    "/v1/chat/completions": answers.chat,
    "/v1/completions": answers.completion,
    "/generate": answers.generate,
}


def serve(options) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. 1 when the real engine would not have come up."""
    try:
        engine = Engine(options)
        listener = _Web(engine.address, type("Handler", (_Handler,), {"engine": engine}))
    except models.Missing as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as fault:
        where = "{}:{}".format(*engine.address)
        print(f"OSError: [Errno {fault.errno}] {os.strerror(fault.errno or 0)}: {where}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=listener.shutdown).start())
    where = "{}:{}".format(*engine.address)
    print(f"INFO: stub of SGLang {__version__}, serving {engine.model} on {where}", file=sys.stderr, flush=True)
    threading.Thread(target=_get_ready, args=(engine,), daemon=True).start()
    listener.serve_forever(poll_interval=0.05)
    listener.socket.close()
    until = time.monotonic() + FINISH_S
    while engine.running and time.monotonic() < until:
        time.sleep(0.02)
    sys.stderr.flush()
    os._exit(0)  # idle keep-alive connections have threads that nobody needs to wait for


def _get_ready(engine: Engine) -> None:
    """Ask for /freeze_gc as the real server does of itself once it is up, and say so where that is refused."""
    host = "127.0.0.1" if engine.address[0] == "0.0.0.0" else engine.address[0]
    key = engine.admin_key or engine.key
    connection = http.client.HTTPConnection(host, engine.address[1], timeout=10)
    try:
        connection.request("POST", "/freeze_gc", headers={"Authorization": f"Bearer {key}"} if key else {})
        status = connection.getresponse().status
    except OSError as fault:
        status = fault
    if status in (401, 404) or not isinstance(status, int):
        print(f"post-warmup freeze_gc failed: {status}", file=sys.stderr, flush=True)
    print("The server is fired up and ready to roll!", file=sys.stderr, flush=True)


@functools.cache
def _chain():
    """The plugins' middleware, each made once."""

    async def chain(scope, receive, send) -> None:
        scope["handed"].append(scope)

    for each in app.middleware:
        chain = each(chain)
    return chain


def passed(scope: dict) -> tuple[dict | None, int, bytes]:
    """The request as the plugins' middleware hands it on, or None with the status and body that it answers itself.

    What middleware would do to the answer, it does not do here.
    """
    handed: list[dict] = []
    status, body = [500], []

    async def send(message: dict) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
        body.append(message.get("body", b""))

    async def receive() -> dict:
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        asyncio.run(_chain()(scope | {"handed": handed}, receive, send))
    except Exception:
        traceback.print_exc()
        return None, 500, b"Internal Server Error"
    return (handed[0], 200, b"") if handed else (None, status[0], b"".join(body))


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    block_on_close = False

    def handle_error(self, request, client_address):
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    engine: Engine
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "uvicorn", ""
    disable_nagle_algorithm = True  # headers and body are written apart

    def log_message(self, *_) -> None:
        """No access log."""

    def do_GET(self) -> None:
        engine = self.engine
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            return self._say({"detail": "the stub engine takes bodies of at most 64 MiB"}, 413)
        body = self.rfile.read(length)
        with engine.lock:
            engine.running += 1
        try:
            self._answer(body)
        except answers.Refusal as refusal:
            self._say(refusal.body, refusal.status)
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            with engine.lock:
                engine.running -= 1

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def _answer(self, body: bytes) -> None:
        engine, url = self.engine, urlsplit(self.path)
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        scope, status, said = passed({
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
            "method": self.command, "path": unquote(url.path), "raw_path": url.path.encode(),
            "query_string": url.query.encode(), "headers": headers, "client": ("127.0.0.1", 0), "state": {},
        })  # fmt: skip
        if scope is None:
            return self._send(status, said, "text/plain")
        path = scope["path"]
        fits = [known for known, pattern in PATTERNS.items() if pattern.fullmatch(path)]
        fits = [known for known in fits if engine.documented or known not in DOCUMENTS]
        admin = any(ROUTES[known].get("admin") for known in fits if self.command in ROUTES[known]["methods"])
        if engine.refuses(self.command, path, self.headers.get("Authorization") or "", admin):
            return self._say({"error": "Unauthorized"}, 401)
        if path in ("/metrics", "/metrics/") and engine.metrics:
            return self._send(200, _metrics(engine), "text/plain; version=0.0.4; charset=utf-8")
        if not fits:
            return self._say({"detail": "Not Found"}, 404)
        if not any(self.command in ROUTES[known]["methods"] for known in fits):
            return self._say({"detail": "Method Not Allowed"}, 405)
        if path in ("/health", "/health_generate", "/ready", "/ping"):
            return self._send(200, b"", "")
        if path in DOCUMENTS:
            return self._say(_openapi(), 200)
        if path.startswith(ONE_MODEL):
            return self._say(answers.model(engine, path.removeprefix(ONE_MODEL)), 200)
        if path not in ACTIONS:
            return self._say({"error": f"SGLang answers {path}; the rehearsal's stub engine does not."}, 501)
        if path.startswith("/v1/") and self.command == "POST" and not self._is_json():
            raise answers.Refusal(400, "Unsupported Media Type: Only 'application/json' is allowed", "Bad Request")
        result = ACTIONS[path](engine, body)
        return self._stream(result) if isinstance(result, Iterator) else self._say(result, 200)

    def _is_json(self) -> bool:
        return (self.headers.get("Content-Type") or "").lower().partition(";")[0] == "application/json"

    def _stream(self, events: Iterator[dict]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.closing(events):
            for number, event in enumerate(events):
                if number == 3 and notes.strikes("engine-crash-mid-stream"):
                    os._exit(1)  # the engine dies, as a process does
                self._chunk(b"data: %s\n\n" % json.dumps(event).encode())
                time.sleep(LATER_S)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _say(self, document: dict, status: int) -> None:
        self._send(status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        if data:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _openapi() -> dict:
    told = {"responses": {"200": {"description": "Successful Response"}}}
    paths = {known: dict.fromkeys(map(str.lower, row["methods"]), told) for known, row in ROUTES.items()}
    return {"openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"}, "paths": paths}


def _metrics(engine: Engine) -> bytes:
    label = f'{{model_name="{engine.name}"}}'
    rows = {
        "num_running_reqs gauge": max(engine.running - 1, 0),  # without the one that asks
        "num_queue_reqs gauge": 0,
        "token_usage gauge": 0.0,
        "prompt_tokens_total counter": engine.totals["prompt_tokens"],
        "generation_tokens_total counter": engine.totals["completion_tokens"],
        "num_requests_total counter": engine.totals["requests"],
    }
    lines = []
    for row, value in rows.items():
        lines += [f"# HELP sglang:{row.split()[0]} As SGLang names it.\n# TYPE sglang:{row}\n",
                  f"sglang:{row.split()[0]}{label} {value}\n"]  # fmt: skip
    return "".join(lines).encode()
