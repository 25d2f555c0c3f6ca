"""The stub's HTTP side: routes, keys, bodies, streams. What is answered is in answers.py."""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from vllm import answers
from vllm.answers import Refusal

GUARDED = ("/v1", "/v2", "/inference", "/cohere")  # the only paths that a key protects, as in vLLM's own middleware
LONGEST_BODY = 64 * 2**20
PACE_S = 0.002  # between two tokens of a stream, so that it is one
# Routes that the real engine has and this stub does not answer.
ABSENT = ("/v1/responses", "/v1/messages", "/v1/chat/completions/batch", "/generative_scoring", "/scale_elastic_ep")


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    block_on_close = False

    def server_bind(self):
        """Without the base class's look-up of this machine's name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """A client that went away is no news."""


def listen(server, host: str, port: int) -> ThreadingHTTPServer:
    """Bind and listen; `serve_forever` of what is returned answers."""
    digests = [hashlib.sha256(key.encode()).digest() for key in server.keys]
    return _Web((host, port), type("Handler", (Handler,), {"engine": server, "digests": digests}))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "uvicorn", ""
    engine, digests = None, ()

    def do_GET(self):
        self._answer()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_):
        """No access log: the real engine's is switched by flags that the stub takes without effect."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        try:
            body = self._body()
            if self.command != "OPTIONS" and url.path.startswith(GUARDED) and not self._key_fits():
                return self._send(401, {"error": "Unauthorized"})
            action = self._route(url.path)
            result = action(self.engine, body, parse_qs(url.query))
            if isinstance(result, Iterator):
                return self._stream(result)
            self._send(200, result)
        except Refusal as refusal:
            self._send(refusal.status, refusal.body)

    def _key_fits(self) -> bool:
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        digest = hashlib.sha256(key.encode()).digest()
        fits = [secrets.compare_digest(digest, each) for each in self.digests]
        return not self.digests or (scheme.lower() == "bearer" and any(fits))

    def _route(self, path: str):
        found = ROUTES.get(path)
        if found is None and self.engine.developer:
            found = DEVELOPER.get(path) or (SLEEP.get(path) if self.engine.sleeping_allowed else None)
        if found is None:
            if path in ABSENT:
                raise Refusal(501, f"vLLM answers {path}; the rehearsal's stub engine does not.")
            raise Refusal(404, "Not Found")
        methods, action = found
        if self.command not in methods:
            raise Refusal(405, "Method Not Allowed")
        return action

    def _body(self) -> bytes:
        """The whole request body, so that the next request on this connection starts where it should."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while size := int(self.rfile.readline().partition(b";")[0] or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if sum(map(len, parts)) > LONGEST_BODY:
                    self._too_long()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self._too_long()
        return self.rfile.read(length) if length else b""

    def _too_long(self) -> None:
        self.close_connection = True
        raise Refusal(413, "the stub engine takes bodies of at most 64 MiB")

    def _send(self, status: int, body: object) -> None:
        kind = "text/plain; version=0.0.4; charset=utf-8" if isinstance(body, str) else "application/json"
        data = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if data:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, events: Iterator[dict]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for at, event in enumerate(events):
                if at == 3 and self.engine.crash_mid_stream:
                    os._exit(1)  # the engine dies, as a process does
                self._chunk(f"data: {json.dumps(event)}\n\n".encode())
                time.sleep(PACE_S)
            self._chunk(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            events.close()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def _health(engine, body, query):
    return None


def _metrics(engine, body, query) -> str:
    label = f'{{engine="0",model_name="{engine.names[0]}"}}'
    rows = [
        ("num_requests_running", "gauge", engine.running),
        ("num_requests_waiting", "gauge", 0),
        ("kv_cache_usage_perc", "gauge", 0.0),
        ("prompt_tokens_total", "counter", engine.prompt_tokens),
        ("generation_tokens_total", "counter", engine.generated_tokens),
    ]
    lines = [f"# TYPE vllm:{name} {kind}\nvllm:{name}{label} {value}\n" for name, kind, value in rows]
    return "".join(lines)


def _sleep(engine, body, query):
    level = query.get("level", ["1"])[0]
    if level not in ("0", "1", "2"):
        raise Refusal(400, "1 validation error:\n  level: Input should be less than or equal to 2", param="level")
    engine.asleep = set() if level == "0" else {"weights", "kv_cache"}
    engine.awake.clear()
    return {"status": "sleeping", "level": int(level)}


def _wake_up(engine, body, query):
    tags = query.get("tags")
    engine.asleep -= set(tags or ("weights", "kv_cache"))
    if not engine.asleep:
        engine.awake.set()
    return {"status": "sleeping" if engine.asleep else "awake", "tags": tags}


def _pause(engine, body, query):
    engine.awake.clear()
    return {"status": "paused"}


def _resume(engine, body, query):
    engine.awake.set()
    return {"status": "resumed"}


GET, POST = ("GET", "HEAD"), ("POST",)
ROUTES = {
    "/health": (GET, _health),
    "/ping": (GET + POST, _health),
    "/version": (GET, lambda engine, body, query: {"version": engine.version}),
    "/load": (GET, lambda engine, body, query: {"server_load": engine.running if engine.counts_load else 0}),
    "/metrics": (GET, _metrics),
    "/v1/models": (GET, answers.models),
    "/v1/chat/completions": (POST, answers.chat),
    "/v1/completions": (POST, answers.completion),
    "/invocations": (POST, answers.invocation),
    "/tokenize": (POST, answers.tokenize),
    "/detokenize": (POST, answers.detokenize),
}
DEVELOPER = {
    "/pause": (POST, _pause),
    "/resume": (POST, _resume),
    "/is_paused": (GET, lambda engine, body, query: {"is_paused": not engine.awake.is_set()}),
    "/reset_prefix_cache": (POST, _health),
    "/server_info": (GET, lambda engine, body, query: {"vllm_config": f"stub of {engine.model}", "vllm_env": {}}),
}
SLEEP = {
    "/sleep": (POST, _sleep),
    "/wake_up": (POST, _wake_up),
    "/is_sleeping": (GET, lambda engine, body, query: {"is_sleeping": bool(engine.asleep)}),
}
