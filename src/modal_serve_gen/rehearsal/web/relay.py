"""The HTTP ingress of servers: requests go straight to a container's port, without a queue.

For a server (`@app.server`, or a class with `modal.experimental.http_server`) bytes stream both ways as they come, an
end on one side ends the other, and there is neither a time limit nor a redirect. While no container is ready the
response is 503, and the request starts a container; the client has to retry.
"""

import asyncio
import hashlib
from collections.abc import Mapping

import aiohttp
import yarl
from aiohttp import web

from modal_serve_gen.rehearsal.control_plane import servers
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Function
from modal_serve_gen.rehearsal.web import proxy_auth
from modal_serve_gen.rehearsal.web.request_record import RequestRecord

# Documentation has both names, in different places and at different times; a request may carry either.
AFFINITY_HEADERS = ("Modal-Session-ID", "Modal-Routing-Affinity-Key")
CONNECT_S = 30  # on a busy machine
DISCONNECTED = (aiohttp.ClientError, ConnectionError, TimeoutError)


class Relay:
    """Passes requests for servers on to their containers."""

    def __init__(self, plane: ControlPlane):
        self.plane = plane
        self.cold = 0  # requests while no container was ready
        # Affinity key -> ids of the containers that got its requests, while there were several.
        self.affinity: dict[str, list[str]] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}  # container id -> its connections

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def answer(self, function: Function, request: web.Request, record: RequestRecord) -> web.StreamResponse:
        """The response to `request`; `record.status` is set as soon as it is known."""
        if servers.requires_token(function.definition) and (refused := proxy_auth.refusal(self.plane, request)):
            return refused  # before scaling: unauthorized requests start no container
        ready = [container for container in function.live if container.ready and container.entered]
        key = next((request.headers[name] for name in AFFINITY_HEADERS if name in request.headers), "")
        container = chosen(ready, key, function.definition.max_concurrent_inputs)
        if container is None:
            return self._unavailable(function, ready)
        if key and len(ready) > 1:
            self.affinity.setdefault(key, []).append(container.id)
        container.requests += 1
        if request.method not in proxy_auth.READING:
            asyncio.get_running_loop().call_soon(self.plane.at_work, container)
        try:
            self.plane.start_container(function)  # one more, if the running ones are over their target
            return await self._relay(container, function.definition.http_config.port, request, record)
        finally:
            container.requests -= 1

    def _unavailable(self, function: Function, ready: list[Container]) -> web.Response:
        if function.broken:
            self.plane.substitute(
                f"a container of {function.tag} that cannot start: 500 with the reason, "
                "where Modal returns 503 and retries"
            )
            return web.Response(status=500, text=f"modal-http: {function.broken}\n")
        self.plane.start_container(function)
        if not ready:
            self.cold += 1
            return web.Response(status=503, text="modal-http: no container of the server is ready\n")
        # Over max_concurrency: the SDK's own docstring (1.6.4) says 429, the guide of 1.6.1's time 503.
        return web.Response(status=429, text="modal-http: the server is at its max_concurrency\n")

    async def _relay(
        self, container: Container, port: int, request: web.Request, record: RequestRecord
    ) -> web.StreamResponse:
        if container.id not in self._sessions:
            socket_factory = container.network.socket if container.network else None
            self._sessions[container.id] = aiohttp.ClientSession(
                # A new connection for each request: the server of an old one may have ended.
                connector=aiohttp.TCPConnector(limit=0, force_close=True, socket_factory=socket_factory),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
        response: web.StreamResponse | None = None
        try:
            async with self._sessions[container.id].request(
                request.method,
                yarl.URL(f"http://{container.host}:{port}{request.raw_path}", encoded=True),  # unchanged
                headers=_without(request.headers, proxy_auth.HOP_BY_HOP | proxy_auth.MODAL_HEADERS),
                data=request.content if request.body_exists else None,
                allow_redirects=False,
            ) as upstream:
                response = web.StreamResponse(status=upstream.status, reason=upstream.reason)
                record.status = upstream.status
                response.headers.extend(_without(upstream.headers, proxy_auth.HOP_BY_HOP))
                await response.prepare(request)
                if upstream.content_type == proxy_auth.STREAM:
                    self.plane.streaming(container)
                async for data in upstream.content.iter_any():
                    await response.write(data)
        except DISCONNECTED:
            if response is None:
                return web.Response(status=503, text="modal-http: the container has ended\n")
            record.break_off(request)
            return response
        await response.write_eof()
        return response


def chosen(ready: list[Container], key: str, limit: int) -> Container | None:
    """The container for a request: the one that `key` ranks highest, or without a key the least busy one; None if all
    are at `limit` (0: no limit). When a container starts or ends, other keys keep theirs (rendezvous hashing).
    """
    free = [container for container in ready if not limit or container.requests < limit]
    if not key:
        return min(free, key=lambda container: container.requests, default=None)
    return max(free, key=lambda container: hashlib.sha256(f"{key}\0{container.id}".encode()).digest(), default=None)


def _without(headers: Mapping[str, str], dropped: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in dropped]
