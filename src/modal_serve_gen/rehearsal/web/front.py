"""The HTTP front: the URL of a web function, as users meet it.

A request without a proxy token is refused before any container starts; one that is let in becomes an input of the
function, so it queues while a container starts, and its body and answer travel as ASGI messages over the same calls
that Modal's own front uses. A request that takes longer than the documented limit is answered 303, to a URL under which
its answer can be fetched.
"""

import asyncio
import contextlib
import time

from aiohttp import web
from modal._serialization import deserialize_data_format, serialize_data_format
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import blobs, calls
from modal_serve_gen.rehearsal.plane.state import Function, Input, Plane
from modal_serve_gen.rehearsal.web import gate, loopback
from modal_serve_gen.rehearsal.web.relay import Relay

REDIRECT_AFTER_S = 150  # modal.com/docs/guide/webhook-timeouts, read 2026-08
CALL_PARAMETER = "__modal_function_call_id"
MAX_BODY = 4 * 2**30  # documented limit of a request body


class Front:
    """One loopback port per web function, per web method of a class, and per server."""

    def __init__(self, plane: Plane, redirect_after_s: float = REDIRECT_AFTER_S):
        self.plane, self.redirect_after_s = plane, redirect_after_s
        self.relay = Relay(plane)
        self.doors: list[loopback.Door] = []
        self.requests: list[dict] = []  # method, path, status, seconds: for the report
        self.pending: dict[str, Input] = {}  # call id -> input whose caller was sent away with a 303

    async def open(self, function: Function, method: str = "") -> str:
        """Serve `function`, or a web method of a class, on a free loopback port; its URL."""
        application = web.Application(client_max_size=MAX_BODY)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(function, method, request)

        application.router.add_route("*", "/{path:.*}", handle)
        # With handler_cancellation a client that goes away is noticed at once, and the container is told.
        door = await loopback.serve(application, handler_cancellation=True)
        self.doors.append(door)
        self.plane.doors.append(door)
        if self.plane.new_door:
            await self.plane.new_door(door)
        return door.url

    async def close(self) -> None:
        await asyncio.gather(*(door.close() for door in self.doors))
        await self.relay.close()

    async def _handle(self, function: Function, method: str, request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        row = {"method": request.method, "path": request.path, "status": 499, "broken": False, "seconds": 0.0}
        self.requests.append(row)
        try:
            if function.app.stopped_at:
                response = web.Response(status=404, text="modal-http: app for invoked web endpoint is stopped\n")
            elif function.definition.http_config.port:
                response = await self.relay.answer(function, request, row)
            else:
                response = await self._answer(function, method, request, row)
            row["status"] = response.status
            return response
        finally:
            function.answered[row["status"]] += 1
            row["seconds"] = round(time.monotonic() - began, 3)

    async def _answer(self, function: Function, method: str, request: web.Request, row: dict) -> web.StreamResponse:
        definition = function.definition
        webhook = (definition.method_definitions[method] if method else definition).webhook_config
        if webhook.requires_proxy_auth and (refused := gate.refusal(self.plane, request)):
            return refused
        waiting = self.pending.pop(request.query.get(CALL_PARAMETER, ""), None)
        item = waiting or calls.submit(
            self.plane,
            function,
            api_pb2.FunctionInput(
                args=serialize_data_format(((_scope(request),), {}), api_pb2.DATA_FORMAT_PICKLE),
                data_format=api_pb2.DATA_FORMAT_PICKLE,
                method_name=method,
            ),
            calls.new_call(self.plane, function, api_pb2.FUNCTION_CALL_TYPE_UNARY, 0),
            works=request.method not in gate.LOOKS,
        )
        pump = None if waiting else asyncio.create_task(_pump(request, item))
        try:
            return await self._respond(request, item, row)
        except (asyncio.CancelledError, ConnectionResetError):
            item.call.data_in.put(_chunk(item, {"type": "http.disconnect"}))
            with contextlib.suppress(ValueError):
                function.queue.remove(item)  # nobody waits for it any more
            raise
        finally:
            if pump is not None and item.call.id not in self.pending:
                pump.cancel()

    async def _respond(self, request: web.Request, item: Input, row: dict) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        messages = calls.read(item.call.data_out, 0)
        deadline = time.monotonic() + self.redirect_after_s
        try:
            while True:
                try:
                    limit = None if response else deadline - time.monotonic()
                    chunk = await asyncio.wait_for(anext(messages), limit)
                except TimeoutError:
                    self.pending[item.call.id] = item
                    where = request.rel_url.update_query({CALL_PARAMETER: item.call.id})
                    return web.Response(status=303, headers={"Location": str(where)})
                except StopAsyncIteration:
                    break
                message = deserialize_data_format(blobs.content(self.plane, chunk), chunk.data_format, None)
                if message["type"] == "http.response.start":
                    response = web.StreamResponse(status=message["status"])
                    row["status"] = response.status  # also for a client that goes away before the end
                    for name, value in message.get("headers", ()):
                        if name.decode("latin-1").lower() not in gate.HOP_BY_HOP:
                            response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
                    await response.prepare(request)
                    if item.container and response.content_type == gate.STREAM:
                        self.plane.streaming(item.container)
                elif message["type"] == "http.response.body" and message.get("body"):
                    await response.write(message["body"])
        finally:
            await messages.aclose()
        failed = item.output is not None and item.output.result.status != api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
        if response is None:
            why = item.output.result.exception if failed else "the function ended without an answer"
            return web.Response(status=500, text=f"modal-http: {why}\n")
        if failed:  # half an answer must not look like a whole one
            row["broken"] = True
            request.transport.abort()
            return response
        await response.write_eof()
        return response


def _scope(request: web.Request) -> dict:
    return {
        "type": "http",
        "http_version": f"{request.version.major}.{request.version.minor}",
        "method": request.method,
        "scheme": "https",
        "path": request.path,
        "root_path": "",
        "query_string": request.rel_url.raw_query_string.encode(),
        "headers": [
            (name.lower(), value)
            for name, value in request.raw_headers
            if name.decode("latin-1").lower() not in gate.HOP_BY_HOP | gate.MODAL_HEADERS
        ],
        "client": (request.remote or "127.0.0.1", 0),
    }


def _chunk(item: Input, message: dict) -> api_pb2.DataChunk:
    return api_pb2.DataChunk(
        index=len(item.call.data_in.chunks) + 1,
        data_format=api_pb2.DATA_FORMAT_ASGI,
        data=serialize_data_format(message, api_pb2.DATA_FORMAT_ASGI),
    )


async def _pump(request: web.Request, item: Input) -> None:
    """Send the request's body on its way, chunk by chunk."""
    with contextlib.suppress(ConnectionResetError):
        async for data in request.content.iter_chunked(256 * 1024):
            item.call.data_in.put(_chunk(item, {"type": "http.request", "body": data, "more_body": True}))
        item.call.data_in.put(_chunk(item, {"type": "http.request", "body": b"", "more_body": False}))
