"""The stub's HTTP side: keys, bodies, streams. Its routes are in routes.py, what is answered in answers.py."""

import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from vllm import notes, routes
from vllm.answers import Refusal

GUARDED = ("/v1", "/v2", "/inference", "/cohere")  # the only paths that a key protects, as in vLLM's own middleware
LONGEST_BODY = 64 * 2**20
PACE_S = 0.002  # between two tokens of a stream, so that it is one


@dataclass(frozen=True)
class Request:
    """`path` is decoded; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Response:
    """The body comes in chunks; without a content-length among the headers they are sent as they come."""

    status: int
    headers: list[tuple[str, str]]
    chunks: Iterator[bytes]


def respond(engine, request: Request) -> Response:
    """What the engine's server answers, behind whatever middleware there is."""
    try:
        if request.method != "OPTIONS" and request.path.startswith(GUARDED) and not _key_fits(engine, request.headers):
            return _whole(401, {"error": "Unauthorized"})
        action = routes.find(engine, request.method, request.path)
        result = action(engine, request.body, parse_qs(request.query))
        if isinstance(result, Iterator):
            return Response(200, [("content-type", "text/event-stream; charset=utf-8")], _events(result))
        return _whole(200, result)
    except Refusal as refusal:
        return _whole(refusal.status, refusal.body)


def _key_fits(engine, headers: list[tuple[str, str]]) -> bool:
    given = next((value for name, value in headers if name == "authorization"), "")
    scheme, _, key = given.partition(" ")
    digest = hashlib.sha256(key.encode()).digest()
    fits = [secrets.compare_digest(digest, hashlib.sha256(each.encode()).digest()) for each in engine.keys]
    return not engine.keys or (scheme.lower() == "bearer" and any(fits))


def _whole(status: int, body: object) -> Response:
    """An answer in one piece: JSON, a text with its type, or nothing."""
    if isinstance(body, routes.Text):
        kind, data = body.kind, body.text.encode()
    else:
        kind, data = "application/json", b"" if body is None else json.dumps(body).encode()
    headers = [("content-type", kind)] if data else []
    return Response(status, [*headers, ("content-length", str(len(data)))], iter((data,)))


def _events(events: Iterator[dict]) -> Iterator[bytes]:
    """Server-sent events, one for each token."""
    try:
        for at, event in enumerate(events):
            if at == 3 and notes.strikes("engine-crash-mid-stream"):
                os._exit(1)  # the engine dies, as a process does
            yield f"data: {json.dumps(event)}\n\n".encode()
            time.sleep(PACE_S)
        yield b"data: [DONE]\n\n"
    finally:
        events.close()


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    block_on_close = False

    def server_bind(self):
        """Without the base class's look-up of this machine's name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "", 0

    def handle_error(self, request, client_address):
        """A client that went away is no news."""


class _Unix(_Web):
    address_family = socket.AF_UNIX


def listen(server, address: tuple[str, int] | str, chain=None) -> ThreadingHTTPServer:
    """Bind to host and port, or to the path of a unix socket, and listen; `serve_forever` of what is returned answers.

    `chain` is the app's middleware (middleware.py).
    """
    handler = type("Handler", (Handler,), {"engine": server, "chain": chain})
    return (_Unix if isinstance(address, str) else _Web)(address, handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "uvicorn", ""
    engine, chain = None, None

    def do_GET(self):
        url = urlsplit(self.path)
        try:
            headers = [(name.lower(), value) for name, value in self.headers.items()]
            request = Request(self.command, unquote(url.path), url.query, headers, self._body())
            response = self.chain.run(request) if self.chain else respond(self.engine, request)
        except Refusal as refusal:
            response = _whole(refusal.status, refusal.body)
        self._send(response)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_):
        """No access log: the real engine's is switched by flags that the stub takes without effect."""

    def address_string(self) -> str:
        return "client"  # a unix socket's has no address

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

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        whole = any(name == "content-length" for name, _ in response.headers)
        if not whole:
            self.send_header("Transfer-Encoding", "chunked")
        try:
            self.end_headers()
            for chunk in response.chunks if self.command != "HEAD" else ():
                if chunk:
                    self.wfile.write(chunk if whole else b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    self.wfile.flush()
            if not whole:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            if hasattr(response.chunks, "close"):
                response.chunks.close()
