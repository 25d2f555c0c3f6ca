"""The app's own ASGI middleware around the stub, as vLLM puts `--middleware` around its server.

The last that is named is the outermost, and all are outside of the key's check. A function as middleware takes
Starlette's request, which the container's bare environment has not: only classes are run here.
"""

import asyncio
import concurrent.futures
import contextlib
import importlib
import inspect
import queue
import sys
import threading
import traceback
from collections.abc import Iterator

from vllm import command, models, web

WORKERS = 1024  # threads that may wait for a sleeping engine at once
STARTUP_S = 5
FAILED = (500, [("content-type", "text/plain; charset=utf-8"), ("content-length", "21")], b"Internal Server Error")


def load(names: list[str], engine) -> "Chain | None":
    """The middleware of these dotted names; None when there is none that can be run.

    Raises models.Missing with what the engine would say instead of starting.
    """
    found = []
    for name in names:
        module, _, attribute = name.rpartition(".")
        try:
            imported = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as fault:
            if (fault.name or "").partition(".")[0] in ("starlette", "fastapi", "vllm"):
                command.note("left_out", f"the middleware {name}: it needs {fault.name}, which the stub engine has not")
                continue
            raise models.Missing(f"ModuleNotFoundError: {fault} (for --middleware {name})") from None
        except (ImportError, AttributeError, ValueError, SyntaxError) as fault:
            raise models.Missing(f"{type(fault).__name__}: {fault} (for --middleware {name})") from None
        if inspect.isclass(imported):
            found.append(imported)
        elif inspect.iscoroutinefunction(imported):
            command.note("left_out", f"the middleware {name}: the stub engine runs classes only, not functions")
        else:
            raise models.Missing(f"ValueError: Invalid middleware {name}. Must be a function or a class.")
    return Chain(found, engine) if found else None


class Chain:
    """The server with its middleware: one event loop in a thread of its own; the stub's work in others."""

    def __init__(self, classes: list[type], engine):
        self.engine = engine
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(WORKERS))
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.app = self._inner
        for each in classes:
            self.app = each(self.app)
        self._begin()

    def _begin(self) -> None:
        """Tell the middleware of the server's start, as servers do; one that does not want to know is no harm."""

        async def lifespan() -> None:
            started = asyncio.Event()

            async def receive() -> dict:
                if started.is_set():
                    await asyncio.sleep(STARTUP_S)
                return {"type": "lifespan.startup"}

            async def send(message: dict) -> None:
                started.set()

            task = asyncio.ensure_future(self.app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send))
            waiting = asyncio.ensure_future(started.wait())
            await asyncio.wait({task, waiting}, timeout=STARTUP_S, return_when=asyncio.FIRST_COMPLETED)
            for each in (task, waiting):
                each.cancel()
            if task.done() and not task.cancelled() and task.exception():
                print(f"WARNING: the middleware's lifespan failed: {task.exception()!r}", file=sys.stderr, flush=True)

        asyncio.run_coroutine_threadsafe(lifespan(), self.loop).result()

    async def _inner(self, scope: dict, receive, send) -> None:
        """The stub as an ASGI app."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope.get("query_string", b"").decode("latin-1")
        request = web.Request(scope["method"], scope["path"], query, headers, b"".join(parts))
        response = await self.loop.run_in_executor(None, web.respond, self.engine, request)
        start = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": start})
        while (chunk := await self.loop.run_in_executor(None, next, response.chunks, None)) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def run(self, request: web.Request) -> web.Response:
        """Ask through the middleware; what it raises is a 500, as with a real server."""
        messages: queue.Queue = queue.Queue()
        headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": request.method, "scheme": "http", "path": request.path, "root_path": "",
            "raw_path": request.path.encode("utf-8", "surrogateescape"),
            "query_string": request.query.encode("latin-1", "replace"), "client": ("127.0.0.1", 0), "state": {},
            "headers": headers,
        }  # fmt: skip
        bodies = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> dict:
            return bodies.pop() if bodies else {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            messages.put(message)

        async def ask() -> None:
            try:
                await self.app(scope, receive, send)
            except Exception:
                traceback.print_exc()
            finally:
                messages.put(None)

        asked = asyncio.run_coroutine_threadsafe(ask(), self.loop)
        first = messages.get()
        if first is None:
            status, headers, body = FAILED
            return web.Response(status, headers, iter((body,)))
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in first.get("headers", ())
        ]
        return web.Response(first["status"], headers, _chunks(messages, asked))


def _chunks(messages: queue.Queue, asked) -> Iterator[bytes]:
    try:
        while (message := messages.get()) is not None:
            yield message.get("body", b"")
    finally:
        with contextlib.suppress(Exception):
            asked.cancel()
