"""Tunnels (`modal.forward`): addresses on loopback that lead to a port of a container, with TLS or without it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Coroutine
from typing import Any

from modal_serve_gen.rehearsal import loopback
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Tunnel

CHUNK = 64 * 1024
HEALTH = b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n"
ANSWER_S = 30
PAUSE_S = 0.5


class Tunnels:
    """All tunnels of one rehearsal."""

    def __init__(self, plane: ControlPlane, context: ssl.SSLContext):
        self.plane, self._context = plane, context
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, container: Container, port: int, unencrypted: bool) -> Tunnel:
        """A tunnel to `port` of `container`; with `unencrypted`, also an address without TLS."""
        tunnel = Tunnel(container, port)
        for context in (self._context, None) if unencrypted else (self._context,):
            tunnel.listeners.append(await self._listen(tunnel, context))
        self.plane.tunnels.append(tunnel)
        for listener in tunnel.listeners:
            self.plane.listeners.append(listener)
            await self.plane.listener_added(listener)
        if not unencrypted:  # else it may not be HTTP
            self._watch(_ask(tunnel))
        return tunnel

    def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def close(self) -> None:
        for tunnel in self.plane.tunnels:
            for listener in tunnel.listeners:
                await listener.close()
        for connection in self._connections:
            connection.cancel()

    async def _listen(self, tunnel: Tunnel, context: ssl.SSLContext | None) -> loopback.Listener:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            try:
                await _forward(tunnel, reader, writer)
            finally:
                self._connections.discard(task)

        return await loopback.serve_streams(handle, context)


async def connect(container: Container, port: int) -> socket.socket:
    """A connection to `port` of `container`, on any of its addresses. Raises OSError if nothing listens there."""
    hosts = [host for host in (container.host, container.inner_host) if host]
    for host in hosts:
        tcp_socket = container.network.socket() if container.network else socket.socket()
        tcp_socket.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(tcp_socket, (host, port))
        except OSError:
            tcp_socket.close()
            if host == hosts[-1]:
                raise
        else:
            return tcp_socket
    raise ConnectionRefusedError


async def _ask(tunnel: Tunnel) -> None:
    """Request /health from the port once it answers, as the app's users would through the tunnel."""
    while tunnel.open and tunnel.container.alive and not tunnel.status:
        with contextlib.suppress(OSError, ValueError, IndexError):
            reader, writer = await asyncio.open_connection(sock=await connect(tunnel.container, tunnel.port))
            with contextlib.closing(writer):
                writer.write(HEALTH)
                line = await asyncio.wait_for(reader.readline(), ANSWER_S)
            tunnel.status = int(line.split()[1])
        await asyncio.sleep(PAUSE_S)


async def _forward(tunnel: Tunnel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on bytes in both directions until one side ends."""
    writers = [writer]
    try:
        inner_reader, inner_writer = await asyncio.open_connection(sock=await connect(tunnel.container, tunnel.port))
        writers.append(inner_writer)
        tunnel.connections += 1
        await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))
    except OSError:
        pass  # nothing listens yet, or one side has ended: the other sees the end of its connection
    finally:
        for open_writer in writers:
            open_writer.close()
            with contextlib.suppress(OSError):
                await open_writer.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:  # TLS has no half-closed connections
        writer.close()
