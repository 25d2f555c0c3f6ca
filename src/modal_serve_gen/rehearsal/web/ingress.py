"""The HTTP ingress: the URL of a web function, as its users see it.

A request without a proxy token is refused before any container starts. An authorized request becomes an input of the
function: it queues while a container starts, and its body and response are sent as ASGI messages over the same RPCs
that Modal's own ingress uses. A request that takes longer than the documented limit is redirected (303) to a URL that
returns its response.
"""

import asyncio
import contextlib
import time
from typing import Any

from aiohttp import web
from modal._serialization import deserialize_data_format, serialize_data_format
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load, loopback
from modal_serve_gen.rehearsal.control_plane import blobs, calls
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Function, Input
from modal_serve_gen.rehearsal.web import proxy_auth
from modal_serve_gen.rehearsal.web.relay import Relay
from modal_serve_gen.rehearsal.web.request_record import RequestRecord

REDIRECT_AFTER_S = 150  # modal.com/docs/guide/webhook-timeouts, read 2026-08
CALL_PARAMETER = "__modal_function_call_id"
MAX_BODY = 4 * 2**30  # documented limit of a request body


class Ingress:
    """One loopback port per web function, per web method of a class, and per server."""

    def __init__(self, plane: ControlPlane, redirect_after_s: float = REDIRECT_AFTER_S):
        self.plane, self.redirect_after_s = plane, redirect_after_s
        self.relay = Relay(plane)
        self.listeners: list[loopback.Listener] = []
        self.requests: list[RequestRecord] = []
        self.running = 0  # requests without a complete response
        self.pending: dict[str, Input] = {}  # call id -> input whose caller was redirected

    async def open(self, function: Function, method: str = "") -> str:
        """Serve `function`, or a web method of a class, on a free loopback port; its URL."""
        application = web.Application(client_max_size=MAX_BODY)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(function, method, request)

        application.router.add_route("*", "/{path:.*}", handle)
        # With handler_cancellation a disconnect of the client is noticed at once, and passed on to the container.
        listener = await loopback.serve(application, handler_cancellation=True)
        self.listeners.append(listener)
        self.plane.listeners.append(listener)
        await self.plane.listener_added(listener)
        return listener.url

    async def close(self) -> None:
        await asyncio.gather(*(listener.close() for listener in self.listeners))
        await self.relay.close()

    async def _handle(self, function: Function, method: str, request: web.Request) -> web.StreamResponse:
        started_at, record = time.monotonic(), RequestRecord(request.method, request.path)
        self.requests.append(record)
        self.running += 1
        try:
            response: web.StreamResponse
            if problem := _malformed(request):
                response = web.Response(status=400, text=f"modal-http: {problem}\n")
            elif function.app.stopped_at:
                response = web.Response(status=404, text="modal-http: app for invoked web endpoint is stopped\n")
            elif function.definition.http_config.port:
                response = await self.relay.answer(function, request, record)
            else:
                response = await self._answer(function, method, request, record)
            record.status = response.status
            return response
        finally:
            self.running -= 1
            function.answered[record.status] += 1
            record.seconds = round(time.monotonic() - started_at, 3)

    async def _answer(
        self, function: Function, method: str, request: web.Request, record: RequestRecord
    ) -> web.StreamResponse:
        definition = function.definition
        webhook = (definition.method_definitions[method] if method else definition).webhook_config
        if webhook.requires_proxy_auth and (refused := proxy_auth.refusal(self.plane, request)):
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
            works=request.method not in proxy_auth.READING,
        )
        pump = None if waiting else asyncio.create_task(_pump(request, item))
        try:
            return await self._respond(request, item, record)
        except (asyncio.CancelledError, ConnectionResetError):
            item.call.data_in.put(_chunk(item, {"type": "http.disconnect"}))
            with contextlib.suppress(ValueError):
                function.queue.remove(item)  # its client has disconnected
            raise
        finally:
            if pump is not None and item.call.id not in self.pending:
                pump.cancel()

    async def _respond(self, request: web.Request, item: Input, record: RequestRecord) -> web.StreamResponse:
        response: web.StreamResponse | None = None
        messages = item.call.data_out.read(0)
        patience = load.Patience(self.redirect_after_s)
        try:
            while True:
                try:
                    chunk = await (anext(messages) if response else load.wait_for(anext(messages), patience))
                except TimeoutError:
                    self.pending[item.call.id] = item
                    location = request.rel_url.update_query({CALL_PARAMETER: item.call.id})
                    return web.Response(status=303, headers={"Location": str(location)})
                except StopAsyncIteration:
                    break
                message = deserialize_data_format(blobs.content(self.plane, chunk), chunk.data_format, None)
                if message["type"] == "http.response.start":
                    response = web.StreamResponse(status=message["status"])
                    record.status = response.status  # also for a client that disconnects before the end
                    for name, value in message.get("headers", ()):
                        if name.decode("latin-1").lower() not in proxy_auth.HOP_BY_HOP:
                            response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
                    await response.prepare(request)
                    if item.container and response.content_type == proxy_auth.STREAM:
                        self.plane.streaming(item.container)
                elif response is not None and message.get("body"):
                    await response.write(message["body"])
        finally:
            await messages.aclose()
        result = item.output.result if item.output else None
        failed = result is not None and result.status != api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
        if response is None:
            why = result.exception if result and failed else "the function ended without a response"
            return web.Response(status=500, text=f"modal-http: {why}\n")
        if failed:
            record.break_off(request)
            return response
        await response.write_eof()
        return response


def _malformed(request: web.Request) -> str:
    """Why a request is refused before anyone reads it; '' if it is well formed.

    Targets with an authority would be read as other paths by the container, and headers have to be text.
    """
    if not request.raw_path.startswith("/") or request.raw_path.startswith("//"):
        return "the target of the request is not a path"
    try:
        for _, value in request.raw_headers:
            value.decode()
    except UnicodeDecodeError:
        return "a header is not UTF-8"
    return ""


def _scope(request: web.Request) -> dict[str, Any]:
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
            if name.decode("latin-1").lower() not in proxy_auth.HOP_BY_HOP | proxy_auth.MODAL_HEADERS
        ],
        "client": (request.remote or "127.0.0.1", 0),
    }


def _chunk(item: Input, message: dict[str, Any]) -> api_pb2.DataChunk:
    return api_pb2.DataChunk(
        index=len(item.call.data_in.chunks) + 1,
        data_format=api_pb2.DATA_FORMAT_ASGI,
        data=serialize_data_format(message, api_pb2.DATA_FORMAT_ASGI),
    )


async def _pump(request: web.Request, item: Input) -> None:
    """Pass on the request's body, chunk by chunk."""
    with contextlib.suppress(ConnectionResetError):
        async for data in request.content.iter_chunked(256 * 1024):
            item.call.data_in.put(_chunk(item, {"type": "http.request", "body": data, "more_body": True}))
        item.call.data_in.put(_chunk(item, {"type": "http.request", "body": b"", "more_body": False}))
