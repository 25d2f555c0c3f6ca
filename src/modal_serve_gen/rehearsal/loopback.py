"""Services on a free port of loopback: the local hub, the blob server, the ingress, and tunnels."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Stop = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Listener:
    """`attach` serves on one more bound socket, and returns how to stop that; `close` ends the service everywhere."""

    port: int
    attach: Callable[[socket.socket], Awaitable[Stop]]
    close: Stop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def serve(application: web.Application, *, handler_cancellation: bool = False) -> Listener:
    """Serve `application` until the listener is closed.

    With `handler_cancellation` a handler is canceled as soon as its client disconnects.
    """
    runner = web.AppRunner(application, handler_cancellation=handler_cancellation, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()

    async def attach(tcp_socket: socket.socket) -> Stop:
        site = web.SockSite(runner, tcp_socket)
        await site.start()
        return site.stop

    return Listener(runner.addresses[0][1], attach, runner.cleanup)


async def serve_streams(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], context: ssl.SSLContext | None
) -> Listener:
    """Serve TCP connections with `handle`, under TLS if there is a `context`."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)

    async def attach(tcp_socket: socket.socket) -> Stop:
        other = await asyncio.start_server(handle, sock=tcp_socket, ssl=context)
        return _closing(other)

    return Listener(server.sockets[0].getsockname()[1], attach, _closing(server))


def _closing(server: asyncio.Server) -> Stop:
    async def close() -> None:
        server.close()

    return close
