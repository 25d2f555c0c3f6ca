"""The HTTP front of servers: requests go straight to a container's port, and nothing waits in a queue.

A server (`@app.server`, or a class with `modal.experimental.http_server`) is asked directly: bytes stream both ways as
they come, an end on one side ends the other, no time limit, no redirect. While no container is ready the answer is 503,
and the request starts one; a client has to ask again.
"""

import asyncio
import hashlib

import aiohttp
import yarl
from aiohttp import web

from modal_serve_gen.rehearsal.plane import servers
from modal_serve_gen.rehearsal.plane.state import Container, Function, Plane
from modal_serve_gen.rehearsal.web import gate

# Documentation has both names, in different places and at different times; a request may carry either.
AFFINITY_HEADERS = ("Modal-Session-ID", "Modal-Routing-Affinity-Key")
CONNECT_S = 5
GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


class Relay:
    """Passes the requests of servers on to their containers."""

    def __init__(self, plane: Plane):
        self.plane = plane
        self.cold = 0  # requests that came while no container was ready
        self.keyed: dict[
            str, list[str]
        ] = {}  # affinity key -> containers that its requests had, of several to choose from
        self._sessions: dict[str, aiohttp.ClientSession] = {}  # container id -> its connections

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def answer(self, function: Function, request: web.Request, row: dict) -> web.StreamResponse:
        """The answer to `request`; `row["status"]` is set as soon as it is known."""
        if servers.asks_for_token(function.definition) and (refused := gate.refusal(self.plane, request)):
            return refused  # before it counts for scaling: whoever may not ask starts no container
        ready = [container for container in function.live if container.ready and container.entered]
        key = next((request.headers[name] for name in AFFINITY_HEADERS if name in request.headers), "")
        container = chosen(ready, key, function.definition.max_concurrent_inputs)
        if container is None:
            return self._none(function, ready)
        if key and len(ready) > 1:
            self.keyed.setdefault(key, []).append(container.id)
        container.requests += 1
        if request.method not in gate.LOOKS:
            asyncio.get_running_loop().call_soon(self.plane.at_work, container)
        try:
            self.plane.start_container(function)  # one more, should those that run be over their target
            return await self._relay(container, function.definition.http_config.port, request, row)
        finally:
            container.requests -= 1

    def _none(self, function: Function, ready: list[Container]) -> web.Response:
        if function.broken:
            self.plane.substitute(
                f"a container of {function.tag} that cannot start: 500 with its reason, "
                "where Modal answers 503 and keeps trying"
            )
            return web.Response(status=500, text=f"modal-http: {function.broken}\n")
        self.plane.start_container(function)
        if not ready:
            self.cold += 1
            return web.Response(status=503, text="modal-http: no container of the server is ready\n")
        # Over max_concurrency: the SDK's own docstring (1.6.4) says 429, the guide of 1.6.1's time 503.
        return web.Response(status=429, text="modal-http: the server is at its max_concurrency\n")

    async def _relay(self, container: Container, port: int, request: web.Request, row: dict) -> web.StreamResponse:
        if container.id not in self._sessions:
            made = container.inside.socket if container.inside else None
            self._sessions[container.id] = aiohttp.ClientSession(
                # A new connection for each request: an old one may lead to a server that has gone meanwhile.
                connector=aiohttp.TCPConnector(limit=0, force_close=True, socket_factory=made),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
        response: web.StreamResponse | None = None
        try:
            async with self._sessions[container.id].request(
                request.method,
                yarl.URL(f"http://{container.host}:{port}{request.raw_path}", encoded=True),  # as it came
                headers=_kept(request.headers, gate.HOP_BY_HOP | gate.MODAL_HEADERS),
                data=request.content if request.body_exists else None,
                allow_redirects=False,
            ) as upstream:
                response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                row["status"] = upstream.status
                response.headers.extend(_kept(upstream.headers, gate.HOP_BY_HOP))
                await response.prepare(request)
                if upstream.content_type == gate.STREAM:
                    self.plane.streaming(container)
                async for data in upstream.content.iter_any():
                    await response.write(data)
        except GONE:
            if response is None:
                return web.Response(status=503, text="modal-http: the container went away\n")
            row["broken"] = True
            if request.transport is not None:
                request.transport.abort()  # half an answer must not look like a whole one
            return response
        await response.write_eof()
        return response


def chosen(ready: list[Container], key: str, limit: int) -> Container | None:
    """The container for a request: the one that `key` ranks highest, or without a key the one with least to do; None if
    all are at `limit` (0: no limit). With a key the others keep theirs when one comes or goes (rendezvous hashing).
    """
    free = [container for container in ready if not limit or container.requests < limit]
    if not key:
        return min(free, key=lambda container: container.requests, default=None)
    return max(free, key=lambda container: hashlib.sha256(f"{key}\0{container.id}".encode()).digest(), default=None)


def _kept(headers, dropped: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]
