"""The HTTP ingress, with scripted containers: authorization, requests, responses, streams."""

import asyncio
from pathlib import Path

import httpx
import pytest
from modal._serialization import deserialize_data_format, serialize_data_format
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import calls
from modal_serve_gen.rehearsal.control_plane.state import App, ControlPlane, Function
from modal_serve_gen.rehearsal.web.ingress import Ingress
from tests.conftest import LIMIT_S

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


def part(text: bytes) -> dict:
    return {"type": "http.response.body", "body": text, "more_body": True}


def send(item, message: dict) -> None:
    """Send an ASGI message from the container."""
    stream = item.call.data_out
    data = serialize_data_format(message, api_pb2.DATA_FORMAT_ASGI)
    stream.put(api_pb2.DataChunk(index=len(stream.chunks) + 1, data_format=api_pb2.DATA_FORMAT_ASGI, data=data))


async def received(item) -> list[dict]:
    """ASGI messages that reach the container, until the end of the request's body or a disconnect."""
    messages = []
    async for chunk in item.call.data_in.read(0):
        messages.append(deserialize_data_format(chunk.data, chunk.data_format, None))
        if not messages[-1].get("more_body"):
            return messages
    return messages


def end(item, status=api_pb2.GenericResult.GENERIC_STATUS_SUCCESS, exception="") -> None:
    calls.finish(item, api_pb2.GenericResult(status=status, exception=exception))


def served(container, *, auth: bool = False, redirect_after_s: float = 150):
    """Run a test with (client, plane, ingress), and the coroutine function `container(item)` for every request."""

    def decorate(test):
        async def run() -> None:
            plane = ControlPlane(Path())
            ingress = Ingress(plane, redirect_after_s)
            function = Function("fu-1", App("ap-1", ""), "serve")
            function.definition.webhook_config.requires_proxy_auth = auth
            tasks = []

            def start(function: Function) -> None:
                while function.queue:
                    tasks.append(asyncio.create_task(container(function.queue.popleft())))

            plane.start_container = start
            url = await ingress.open(function)
            try:
                async with httpx.AsyncClient(base_url=url, timeout=LIMIT_S) as client:
                    await test(client, plane, ingress)
            finally:
                for task in tasks:
                    task.cancel()
                await ingress.close()

        def run_test() -> None:
            asyncio.run(asyncio.wait_for(run(), LIMIT_S))

        run_test.__name__, run_test.__doc__ = test.__name__, test.__doc__
        return run_test

    return decorate


async def hello(item) -> None:
    send(item, START)
    send(item, part(b"hello"))
    end(item)


@served(hello, auth=True)
async def test_a_request_requires_a_valid_token(client, plane, ingress):
    """401 without a valid token, 403 with a token that is not allowed here, 200 with both forms of a valid one."""
    plane.proxy_tokens |= {"wk-good": "ws-1", "wk-other": "ws-2"}
    plane.allowed_tokens.add("wk-good")
    cases = [
        ({}, 401),
        ({"Authorization": "Bearer sk-something"}, 401),
        ({"Authorization": "Bearer wk-good.ws-wrong"}, 401),
        ({"Authorization": "Bearer wk-good."}, 401),
        ({"Authorization": "Bearer wk-unknown."}, 401),
        ({"Modal-Key": "wk-good"}, 401),
        ({"Modal-Key": "wk-good", "Modal-Secret": "ws-2"}, 401),
        ({"Modal-Key": "wk-other", "Modal-Secret": "ws-2"}, 403),
        ({"Modal-Key": "wk-good", "Modal-Secret": "ws-1"}, 200),
        ({"Authorization": "Bearer wk-good.ws-1"}, 200),
    ]
    for headers, status in cases:
        assert (await client.get("/", headers=headers)).status_code == status, headers
    assert len(plane.inputs) == 2


@served(hello, auth=True)
async def test_a_malformed_request_is_refused(client, plane, ingress):
    """It reaches no container, and is no error of the server."""
    for target, header in (
        (b"http://other/v1/models", b"Bearer sk"),
        (b"//v1/models", b"Bearer sk"),
        (b"*", b"Bearer sk"),
        (b"/v1/models", b"Bearer \xff"),
        (b"/v1/models", b"Bearer wk-a.\xff"),
        (b"/v1/models", b"Bearer wk-\xc3\xa9.\xc3\xa9"),
        (b"/%ff/..%2f", b"Bearer sk"),
    ):
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        lines = [b"GET %s HTTP/1.1" % target, b"Host: a", b"Authorization: " + header, b"Connection: close", b"", b""]
        writer.write(b"\r\n".join(lines))
        assert int((await reader.read()).split()[1]) // 100 == 4, (target, header)
        writer.close()
    assert not plane.inputs


seen = {}


async def echo(item) -> None:
    ((scope,), _) = deserialize_data_format(item.payload.args, item.payload.data_format, None)
    body = b"".join(message["body"] for message in await received(item))
    seen["scope"], seen["body"] = scope, body
    send(item, {**START, "status": 418, "headers": [(b"x-a", b"1"), (b"x-a", b"2"), (b"connection", b"close")]})
    send(item, part(body))
    end(item)


@served(echo)
async def test_requests_and_answers_are_not_changed(client, plane, ingress):
    """Method, path, query, headers, a large body and a status are passed on; hop-by-hop and token headers are not."""
    body = bytes(range(256)) * 20_000
    answer = await client.put("/a%20b/c?x=1&y=%2F", content=body, headers={"X-Mine": "yes", "Modal-Secret": "ws-1"})
    assert (answer.status_code, answer.content) == (418, body)
    assert answer.headers.get_list("x-a") == ["1", "2"]
    scope = seen["scope"]
    assert (scope["method"], scope["path"], scope["query_string"]) == ("PUT", "/a b/c", b"x=1&y=%2F")
    names = dict(scope["headers"])
    assert names[b"x-mine"] == b"yes" and b"modal-secret" not in names
    assert seen["body"] == body
    assert ingress.requests[0].status == 418


async def stream_in_steps(item) -> None:
    """Send three chunks, each when the test has received the previous one."""
    send(item, START)
    for number in range(3):
        send(item, part(b"%d\n" % number))
        await seen["received"].acquire()
    end(item)


@served(stream_in_steps)
async def test_a_stream_is_not_buffered(client, plane, ingress):
    """Every chunk arrives before the next one is sent."""
    seen["received"] = asyncio.Semaphore(0)
    lines = []
    async with client.stream("GET", "/") as response:
        async for line in response.aiter_lines():
            assert next(iter(plane.inputs.values())).output is None  # the call is still running
            lines.append(line)
            seen["received"].release()
    assert lines == ["0", "1", "2"]


async def waits_for_disconnect(item) -> None:
    send(item, START)
    send(item, part(b"first"))
    async for chunk in item.call.data_in.read(0):
        if deserialize_data_format(chunk.data, chunk.data_format, None)["type"] == "http.disconnect":
            seen["disconnected"].set()


@served(waits_for_disconnect)
async def test_a_disconnect_reaches_the_container(client, plane, ingress):
    """As an `http.disconnect` event."""
    seen["disconnected"] = asyncio.Event()
    async with client.stream("GET", "/") as response:
        await anext(response.aiter_bytes())
    await asyncio.wait_for(seen["disconnected"].wait(), LIMIT_S)


async def late(item) -> None:
    await seen["redirected"].wait()
    await hello(item)


@served(late, redirect_after_s=0.1)
async def test_a_long_request_is_redirected_to_its_response(client, plane, ingress):
    """303 after the limit, to the same path with the id of the call, which returns its response."""
    seen["redirected"] = asyncio.Event()
    response = await client.post("/x?a=1", content=b"body")
    assert response.status_code == 303
    assert response.headers["location"].startswith("/x?a=1&")
    seen["redirected"].set()
    while response.status_code == 303:  # on a busy machine perhaps more than once
        response = await client.get(response.headers["location"])
    assert (response.status_code, response.text) == (200, "hello")
    assert len(plane.inputs) == 1


async def broken(item) -> None:
    end(item, api_pb2.GenericResult.GENERIC_STATUS_FAILURE, "RuntimeError('no weights')")


@served(broken)
async def test_a_failed_call_is_a_server_error(client, plane, ingress):
    """500 with the error of the container."""
    answer = await client.get("/")
    assert answer.status_code == 500 and "no weights" in answer.text


async def breaks_off(item) -> None:
    send(item, START)
    send(item, part(b"half"))
    end(item, api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE, "died")


@served(breaks_off)
async def test_a_partial_response_does_not_look_complete(client, plane, ingress):
    """If a container dies while it streams, the connection is closed early."""
    with pytest.raises(httpx.HTTPError):
        await client.get("/")


async def stream(item) -> None:
    send(item, START)
    for number in range(3):
        send(item, part(b"%d\n" % number))
        await asyncio.sleep(0)
    end(item)


@served(stream)
async def test_many_streams_are_not_mixed_up(client, plane, ingress):
    """All of 100 concurrent streams are complete."""
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=str(client.base_url), timeout=LIMIT_S, limits=limits) as many:
        answers = await asyncio.gather(*(many.get("/") for _ in range(100)))
    assert {answer.text for answer in answers} == {"0\n1\n2\n"}
