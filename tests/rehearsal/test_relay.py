"""The HTTP ingress of Servers, with a small aiohttp application as the server in the container."""

import asyncio
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen.rehearsal.control_plane import servers
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function
from modal_serve_gen.rehearsal.web import relay
from modal_serve_gen.rehearsal.web.ingress import Ingress
from tests.conftest import LIMIT_S

seen = {}


async def echo(request: web.Request) -> web.Response:
    """Record the request, and return its body."""
    seen["path"], seen["headers"] = request.raw_path, request.headers.copy()
    headers = [("x-a", "1"), ("x-a", "2"), ("location", "/elsewhere")]
    answer = web.Response(status=307, headers=headers, body=await request.read())
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.enable_compression(web.ContentCoding.gzip)
    return answer


async def drip(request: web.Request) -> web.StreamResponse:
    """Send three chunks, each when the test has received the previous one."""
    response = web.StreamResponse()
    await response.prepare(request)
    for number in range(3):
        await response.write(b"%d\n" % number)
        await seen["received"].acquire()
    return response


async def hold(request: web.Request) -> web.StreamResponse:
    """Send one chunk, then nothing until the client disconnects."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"first")
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        seen["disconnected"].set()
        raise
    return response


async def break_off(request: web.Request) -> web.StreamResponse:
    """Send a first chunk, then close the connection."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"half")
    request.transport.close()
    return response


async def take(request: web.Request) -> web.Response:
    """Pass the body on to the test, chunk by chunk."""
    async for data in request.content.iter_any():
        await seen["pieces"].put(data)
    return web.Response(text="all")


def relayed(*, unauthenticated: bool = True, containers: int = 1, limit: int = 0):
    """Run a test with (client, plane, function): a server whose containers are ready; the client uses its URL."""

    def decorate(test):
        async def run() -> None:
            application = web.Application(client_max_size=2**30)
            for handler in (echo, drip, hold, break_off, take):
                application.router.add_route("*", f"/{handler.__name__}", handler)
            runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            plane, function = ControlPlane(Path()), Function("fu-1", App("ap-1", ""), "Server")
            plane.start_container = started.append
            function.definition.is_server = True
            function.definition.max_concurrent_inputs = limit
            function.definition.http_config.port = runner.addresses[0][1]
            function.definition.http_config.unauthenticated = unauthenticated
            for number in range(containers):
                container = Container(f"ta-{number}", function, Path(), number, host="127.0.0.1")
                container.ready = container.entered = True
                function.containers.append(container)
            ingress = Ingress(plane)
            try:
                async with httpx.AsyncClient(base_url=await ingress.open(function), timeout=LIMIT_S) as client:
                    await test(client, plane, function)
            finally:
                await ingress.close()
                await runner.cleanup()

        def run_test() -> None:
            started.clear()
            seen.clear()
            asyncio.run(asyncio.wait_for(run(), LIMIT_S))

        run_test.__name__, run_test.__doc__ = test.__name__, test.__doc__
        return run_test

    return decorate


started: list[Function] = []


@relayed()
async def test_requests_and_answers_are_not_changed(client, plane, function):
    """Raw path, query, headers, redirects and a body of 20 MB are passed on; Modal's token headers are not."""
    body = bytes(range(256)) * 80_000
    answer = await client.put(
        "/echo?x=%2F", content=body, headers={"X-Mine": "yes", "Modal-Secret": "ws-1", "Authorization": "Bearer k"}
    )
    assert (answer.status_code, answer.content == body) == (307, True)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers.get_list("x-a") == ["1", "2"] and answer.headers["location"] == "/elsewhere"
    assert seen["path"] == "/echo?x=%2F"
    assert seen["headers"]["X-Mine"] == "yes" and seen["headers"]["Authorization"] == "Bearer k"
    assert "Modal-Secret" not in seen["headers"]
    assert function.answered == {307: 1}


@relayed()
async def test_an_answer_streams_without_buffering(client, plane, function):
    """Every chunk arrives before the server writes the next one; meanwhile the request counts as running."""
    seen["received"] = asyncio.Semaphore(0)
    pieces = []
    async with client.stream("GET", "/drip") as response:
        async for line in response.aiter_lines():
            pieces.append((line, function.containers[0].requests))
            seen["received"].release()
    assert pieces == [("0", 1), ("1", 1), ("2", 1)]
    assert function.containers[0].requests == 0


@relayed()
async def test_a_body_streams_without_buffering(client, plane, function):
    """The server receives the first chunk of a body before the client sends the second."""
    seen["pieces"] = asyncio.Queue()

    async def body():
        for piece in (b"one", b"two"):
            yield piece
            assert await asyncio.wait_for(seen["pieces"].get(), LIMIT_S) == piece

    assert (await client.post("/take", content=body())).text == "all"


@relayed()
async def test_a_disconnect_reaches_the_server(client, plane, function):
    """The server in the container detects that its client has disconnected."""
    seen["disconnected"] = asyncio.Event()
    async with client.stream("GET", "/hold") as response:
        await anext(response.aiter_bytes())
    await asyncio.wait_for(seen["disconnected"].wait(), LIMIT_S)


@relayed()
async def test_a_partial_response_does_not_look_complete(client, plane, function):
    """If the server closes its connection early, so does the ingress."""
    with pytest.raises(httpx.HTTPError):
        await client.get("/break_off")


@relayed(containers=0)
async def test_a_request_without_a_container_is_503(client, plane, function):
    """Requests do not queue; a container is started."""
    assert (await client.get("/echo")).status_code == 503
    assert started == [function]
    function.broken = "The container of Server ended with exit code 3."
    answer = await client.get("/echo")
    assert answer.status_code == 500 and "exit code 3" in answer.text  # and no further container
    assert started == [function]


@relayed()
async def test_an_unreachable_container_is_503(client, plane, function):
    """Until a health check detects that the server has ended."""
    function.definition.http_config.port = 9
    assert (await client.get("/echo")).status_code == 503


@relayed(containers=3)
async def test_only_ready_containers_get_requests(client, plane, function):
    """A starting, a stopping or a deregistered container gets none."""
    starting, stopping, deregistered = function.containers
    starting.ready = False
    stopping.stopping = True
    assert (await client.get("/echo")).status_code == 307
    await servers.FlashContainerDeregister(plane, None, deregistered)
    assert (await client.get("/echo")).status_code == 503


@relayed(limit=1)
async def test_a_request_beyond_max_concurrency_is_429(client, plane, function):
    """And another container is started."""
    seen["received"] = asyncio.Semaphore(0)
    async with client.stream("GET", "/drip"):
        started.clear()
        assert (await client.get("/echo")).status_code == 429
        assert started == [function]
        seen["received"].release()
        seen["received"].release()
        seen["received"].release()
    assert (await client.get("/echo")).status_code == 307


@relayed(unauthenticated=False, containers=0)
async def test_a_server_requires_a_token(client, plane, function):
    """401 and 403 start no container; a request with a valid token does."""
    plane.proxy_tokens |= {"wk-good": "ws-1", "wk-other": "ws-2"}
    plane.allowed_tokens.add("wk-good")
    assert (await client.get("/echo")).status_code == 401
    other = {"Modal-Key": "wk-other", "Modal-Secret": "ws-2"}
    assert (await client.get("/echo", headers=other)).status_code == 403
    assert not started
    assert (await client.get("/echo", headers={"Authorization": "Bearer wk-good.ws-1"})).status_code == 503
    assert started == [function]


@relayed(unauthenticated=False)
async def test_an_http_server_is_public(client, plane, function):
    """Its class requires no token."""
    function.definition.is_server = False
    assert (await client.get("/echo")).status_code == 307


def fleet(size: int) -> list[Container]:
    """`size` containers of one server."""
    function = Function("fu-1", App("ap-1", ""), "Server")
    return [Container(f"ta-{number}", function, Path(), number) for number in range(size)]


@given(st.text(min_size=1), st.integers(2, 8), st.data())
def test_a_key_keeps_its_container_when_others_end(key, size, data):
    """Rendezvous hashing does not depend on the order of containers, or on other containers."""
    containers = fleet(size)
    home = relay.chosen(containers, key, 0)
    assert relay.chosen(data.draw(st.permutations(containers)), key, 0) is home
    lost = data.draw(st.sampled_from([container for container in containers if container is not home]))
    assert relay.chosen([container for container in containers if container is not lost], key, 0) is home


def test_requests_without_a_key_go_to_the_least_busy_container():
    """Many keys use all containers; full containers are skipped."""
    containers = fleet(4)
    homes = {relay.chosen(containers, f"conversation {number}", 0).id for number in range(100)}
    assert len(homes) == 4
    for container, requests in zip(containers, (3, 1, 2, 3), strict=True):
        container.requests = requests
    assert relay.chosen(containers, "", 0) is containers[1]
    assert relay.chosen(containers, "", 1) is None
    home = relay.chosen(containers, "a", 0)
    home.requests = 9
    assert relay.chosen(containers, "a", 9) is not home
