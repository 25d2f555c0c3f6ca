"""The front of servers over real HTTP: a few lines of aiohttp play the container's server."""

import asyncio
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen.rehearsal.plane import servers
from modal_serve_gen.rehearsal.plane.state import App, Container, Function, Plane
from modal_serve_gen.rehearsal.web import relay
from modal_serve_gen.rehearsal.web.front import Front

seen = {}


async def echo(request: web.Request) -> web.Response:
    """What was asked, and the body as it came."""
    seen["path"], seen["headers"] = request.raw_path, request.headers.copy()
    headers = [("x-a", "1"), ("x-a", "2"), ("location", "/elsewhere")]
    answer = web.Response(status=307, headers=headers, body=await request.read())
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.enable_compression(web.ContentCoding.gzip)
    return answer


async def drip(request: web.Request) -> web.StreamResponse:
    """Three pieces; each waits until the test has seen the one before."""
    response = web.StreamResponse()
    await response.prepare(request)
    for number in range(3):
        await response.write(b"%d\n" % number)
        await seen["taken"].acquire()
    return response


async def hold(request: web.Request) -> web.StreamResponse:
    """One piece, and then nothing until the caller goes away."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"first")
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        seen["gone"].set()
        raise
    return response


async def break_off(request: web.Request) -> web.StreamResponse:
    """The first of its pieces."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"half")
    request.transport.close()
    return response


async def take(request: web.Request) -> web.Response:
    """The body piece by piece, told to the test."""
    async for data in request.content.iter_any():
        await seen["pieces"].put(data)
    return web.Response(text="all")


def relayed(*, unauthenticated: bool = True, containers: int = 1, limit: int = 0):
    """Run a test with (client, plane, function): a server function, its containers ready, its URL the client's."""

    def decorate(test):
        async def run() -> None:
            application = web.Application(client_max_size=2**30)
            for handler in (echo, drip, hold, break_off, take):
                application.router.add_route("*", f"/{handler.__name__}", handler)
            runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            plane, function = Plane(Path()), Function("fu-1", App("ap-1", ""), "Server")
            plane.start_container = started.append
            function.definition.is_server = True
            function.definition.max_concurrent_inputs = limit
            function.definition.http_config.port = runner.addresses[0][1]
            function.definition.http_config.unauthenticated = unauthenticated
            for number in range(containers):
                container = Container(f"ta-{number}", function, Path(), number, host="127.0.0.1")
                container.ready = container.entered = True
                function.containers.append(container)
            front = Front(plane)
            try:
                async with httpx.AsyncClient(base_url=await front.open(function), timeout=60) as client:
                    await test(client, plane, function)
            finally:
                await front.close()
                await runner.cleanup()

        def once() -> None:
            started.clear()
            seen.clear()
            asyncio.run(asyncio.wait_for(run(), 30))

        once.__name__, once.__doc__ = test.__name__, test.__doc__
        return once

    return decorate


started: list[Function] = []


@relayed()
async def test_request_and_answer_pass_unchanged(client, plane, function):
    """Raw path, query, headers and a body of 20 MB go through, redirects too; Modal's own token headers do not."""
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
    """Each piece is there before the server writes the next, and the request counts as running meanwhile."""
    seen["taken"] = asyncio.Semaphore(0)
    pieces = []
    async with client.stream("GET", "/drip") as response:
        async for line in response.aiter_lines():
            pieces.append((line, function.containers[0].requests))
            seen["taken"].release()
    assert pieces == [("0", 1), ("1", 1), ("2", 1)]
    assert function.containers[0].requests == 0


@relayed()
async def test_a_body_streams_without_buffering(client, plane, function):
    """The server has the first piece of a body before the caller sends the second."""
    seen["pieces"] = asyncio.Queue()

    async def body():
        for piece in (b"one", b"two"):
            yield piece
            assert await asyncio.wait_for(seen["pieces"].get(), 5) == piece

    assert (await client.post("/take", content=body())).text == "all"


@relayed()
async def test_a_caller_that_goes_away_is_noticed(client, plane, function):
    """The container's server sees its caller leave."""
    seen["gone"] = asyncio.Event()
    async with client.stream("GET", "/hold") as response:
        await anext(response.aiter_bytes())
    await asyncio.wait_for(seen["gone"].wait(), 5)


@relayed()
async def test_half_an_answer_does_not_look_whole(client, plane, function):
    """A server that breaks off breaks its caller's connection off."""
    with pytest.raises(httpx.HTTPError):
        await client.get("/break_off")


@relayed(containers=0)
async def test_without_a_container_it_is_503_and_one_is_started(client, plane, function):
    """Nothing queues: the caller is sent away at once, and what it asked for is on its way."""
    assert (await client.get("/echo")).status_code == 503
    assert started == [function]
    function.broken = "The container of Server ended with exit code 3."
    answer = await client.get("/echo")
    assert answer.status_code == 500 and "exit code 3" in answer.text  # and no further container
    assert started == [function]


@relayed()
async def test_a_container_that_vanished_is_503(client, plane, function):
    """Between a server's death and the health check that finds it, callers get 503 as well."""
    function.definition.http_config.port = 9
    assert (await client.get("/echo")).status_code == 503


@relayed(containers=3)
async def test_only_containers_that_are_ready_are_asked(client, plane, function):
    """Not one that still starts, nor one that is going, nor one that took its name from the register."""
    starting, going, gone = function.containers
    starting.ready = False
    going.stopping = True
    assert (await client.get("/echo")).status_code == 307
    await servers.FlashContainerDeregister(plane, None, gone)
    assert (await client.get("/echo")).status_code == 503


@relayed(limit=1)
async def test_beyond_max_concurrency_it_is_429(client, plane, function):
    """One more than the container may have is refused, and asks for another container."""
    seen["taken"] = asyncio.Semaphore(0)
    async with client.stream("GET", "/drip"):
        started.clear()
        assert (await client.get("/echo")).status_code == 429
        assert started == [function]
        seen["taken"].release()
        seen["taken"].release()
        seen["taken"].release()
    assert (await client.get("/echo")).status_code == 307


@relayed(unauthenticated=False, containers=0)
async def test_a_server_asks_for_a_token(client, plane, function):
    """401 and 403 start no container; with a token the request is let in."""
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
    """What is served by a class with http_server asks for no token: the SDK calls its URL unauthenticated."""
    function.definition.is_server = False
    assert (await client.get("/echo")).status_code == 307


def fleet(size: int) -> list[Container]:
    """`size` containers of one server."""
    function = Function("fu-1", App("ap-1", ""), "Server")
    return [Container(f"ta-{number}", function, Path(), number) for number in range(size)]


@given(st.text(min_size=1), st.integers(2, 8), st.data())
def test_a_key_keeps_its_container_when_others_go(key, size, data):
    """Rendezvous hashing: the order of containers does not matter, and losing another one moves nobody."""
    containers = fleet(size)
    home = relay.chosen(containers, key, 0)
    assert relay.chosen(data.draw(st.permutations(containers)), key, 0) is home
    lost = data.draw(st.sampled_from([each for each in containers if each is not home]))
    assert relay.chosen([each for each in containers if each is not lost], key, 0) is home


def test_keys_spread_and_the_rest_goes_to_the_idle():
    """Many keys use all containers; without a key the idlest one is asked; a full one is passed over."""
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
