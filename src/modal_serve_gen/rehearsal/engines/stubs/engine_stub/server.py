"""The HTTP server of every stub: a Starlette application over an engine's own routes, served by uvicorn."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol

import uvicorn
from engine_stub import ending, notes
from engine_stub.answers import Generation, Refusal
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_BODY = 64 * 2**20
PACE_S = 0.002  # between two events of a stream
GRACE_S = 30  # for running requests after SIGTERM
CRASH_AT = 3  # events before an injected crash in a stream
Address = tuple[str, int] | str  # host and port, or the path of a unix socket


@dataclass
class Load:
    """Requests that are generating, and whether the engine is awake to serve them."""

    running: int = 0
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.awake.set()

    @contextlib.asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Count a request while it runs; wait while the engine sleeps or is paused."""
        self.running += 1
        try:
            await self.awake.wait()
            yield
        finally:
            self.running -= 1


class Engine(Protocol):
    """Interface of the engines' states."""

    load: Load

    def unanswered(self, path: str) -> dict[str, Any]:
        """The body of the 501 for a route that the real engine answers and the stub does not."""
        ...


# (engine, request, its body) -> a Generation, a Response, None, or a value that is sent as JSON.
Action = Callable[[Any, Request, bytes], Any]


def add_routes(app: Starlette, engine: Engine, table: dict[str, list[str]], actions: dict[str, Action]) -> None:
    """Give `app` the routes of `table` (path -> methods), with FastAPI's answers to unknown paths and wrong methods."""
    for path, methods in table.items():
        route = Route(path, _endpoint(engine, actions.get(path)), methods=methods)
        route.methods = set(methods)  # Starlette adds HEAD to GET, FastAPI does not
        app.router.routes.append(route)

    async def error_response(request: Request, error: Any) -> Response:
        if isinstance(error, Refusal):
            return JSONResponse(error.body, error.status)
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    app.add_exception_handler(Refusal, error_response)
    app.add_exception_handler(HTTPException, error_response)


def _endpoint(engine: Engine, action: Action | None) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if action is None:
            return JSONResponse(engine.unanswered(request.url.path), 501)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LONGEST_BODY:
                raise HTTPException(413, "the stub engine takes bodies of at most 64 MiB")
        result = action(engine, request, bytes(body))
        if isinstance(result, Response):
            return result
        if not isinstance(result, Generation):
            return Response() if result is None else JSONResponse(result)
        if result.events is not None:
            return StreamingResponse(_stream(result.events, engine.load), media_type="text/event-stream")
        async with engine.load.request():
            return JSONResponse(result.body)

    return endpoint


async def _stream(events: Iterator[dict[str, Any]], load: Load) -> AsyncIterator[str]:
    """Server-sent events, one per token."""
    async with load.request():
        for number, event in enumerate(events):
            if number == CRASH_AT and notes.triggered("engine-crash-mid-stream"):
                os._exit(1)  # the connection breaks, as when the engine's process dies
            yield f"data: {json.dumps(event)}\n\n"
            await asyncio.sleep(PACE_S)
        yield "data: [DONE]\n\n"


class _Keys:
    """ASGI middleware: 401 unless the bearer token is one of the keys that `required(scope)` names (none: open)."""

    def __init__(self, app: ASGIApp, required: Callable[[Scope], list[str]]):
        self.app, self.required = app, required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "OPTIONS" and (keys := self.required(scope)):
            scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            matches = [secrets.compare_digest(token.encode(), key.encode()) for key in keys]
            if scheme.lower() != "bearer" or not any(matches):
                return await JSONResponse({"error": "Unauthorized"}, 401)(scope, receive, send)
        await self.app(scope, receive, send)


def require_keys(app: Starlette, required: Callable[[Scope], list[str]]) -> None:
    """Check keys inside of all other middleware, also of middleware that is added later."""
    app.user_middleware.append(Middleware(_Keys, required=required))


def openapi(table: dict[str, list[str]]) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    described = {"responses": {"200": {"description": "Successful Response"}}}
    paths = {path: dict.fromkeys(map(str.lower, methods), described) for path, methods in table.items()}
    return {"openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"}, "paths": paths}


def metrics(prefix: str, label: str, rows: list[tuple[str, str, dict[str, float]]]) -> Response:
    """Prometheus text. A row is a name, its kind, and values by the labels that follow `label`."""
    lines = []
    for name, kind, values in rows:
        lines.append(f"# HELP {prefix}:{name} As the engine names it.\n# TYPE {prefix}:{name} {kind}\n")
        lines += [f"{prefix}:{name}{{{label}{more}}} {value}\n" for more, value in values.items()]
    return Response("".join(lines), media_type="text/plain; version=0.0.4")


class _Server(uvicorn.Server):
    """uvicorn, which does not wait for requests to a sleeping engine when it ends."""

    load: Load

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.force_exit = self.force_exit or not self.load.awake.is_set()


def serve(app: Starlette, load: Load, address: Address, title: str, ready: Callable[[], None] = lambda: None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. `ready` is called once connections are accepted."""
    where = address if isinstance(address, str) else f"{address[0]}:{address[1]}"
    try:
        listener = _listen(address)
    except OSError as error:
        print(f"OSError: [Errno {error.errno}] {os.strerror(error.errno or 0)}: {where}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))  # uvicorn raises the signal again after its own shutdown
    print(f"INFO: {title} on {where}", file=sys.stderr, flush=True)
    ending.settle()
    ready()
    config = uvicorn.Config(
        app, loop="asyncio", http="h11", ws="none", log_level="warning", access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    server = _Server(config)
    server.load = load
    server.run(sockets=[listener])
    return 0


def _listen(address: Address) -> socket.socket:
    if isinstance(address, str):
        listener = socket.socket(socket.AF_UNIX)
    else:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(2048)
    return listener
