"""A container's start: its timeout, and servers that listen on the wrong address or port."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.containers import listening, processes
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.control_plane import servers
from modal_serve_gen.rehearsal.control_plane.events import Party
from modal_serve_gen.rehearsal.control_plane.state import Container

CONNECT_S = 300  # until a container's entrypoint calls the control plane
MARGIN_S = 10  # for the app's own code, before Modal begins to wait for a web server
LOCALHOST_S = 5  # a server that listens on localhost for this long is given up
ANSWER_S = 10  # for a server to answer one request
ABANDONED_S = 3  # in which an app would notice that its process has ended
IDLE_SHARE = 0.2  # of a core: an app that works may be about to listen itself
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def watch(
    container: Container,
    launcher: Launcher,
    give_up: Callable[[Container, str, Party], None],
    process_ended: Callable[[Container, int], None],
) -> None:
    """Give up a container that does not become ready in time, or that listens where Modal cannot reach it.

    `process_ended` gets the exit code if the container waits for a process that has ended. Seconds pass slower while
    the machine is busy (load.py).
    """
    declared, margin = timeouts(container.function.definition)
    allowed = min(declared, launcher.limit_s)
    # The timeout is the app's; starting Python does not count.
    await load.until(container.changed, lambda: container.connected or not container.alive, CONNECT_S)
    patience, on_localhost = load.Patience(allowed + margin), load.Patience(LOCALHOST_S)
    abandoned = Abandoned(container)
    while not await container.changed.until(lambda: container.ready or not container.alive, load.TICK_S):
        if (port := only_on_localhost(container)) is None:
            on_localhost = load.Patience(LOCALHOST_S)
        elif on_localhost.over():
            text = f"listens on port {port} on localhost only, where Modal cannot reach it; bind it to 0.0.0.0"
            return give_up(container, text, Party.APP)
        if code := abandoned.exit_code():
            return process_ended(container, code)
        if patience.over():
            text = f"was not ready after its startup timeout of {allowed:g} s"
            if other := await wrong_port(container, launcher.own_ports()):
                return give_up(container, f"{text}; it {other}", Party.APP)
            cut = allowed < declared
            text += f" in the rehearsal, {declared:g} s in the app" if cut else ""
            return give_up(container, text, Party.REHEARSAL if cut else Party.APP)
    return None


class Abandoned:
    """Whether a container only waits for its port, although the process that would listen there has failed."""

    def __init__(self, container: Container):
        self._container, self._patience, self._used = container, load.Patience(ABANDONED_S), 0.0

    def exit_code(self) -> int:
        """The exit code of that process, once nothing has happened for ABANDONED_S seconds; 0 otherwise.

        To be asked every TICK_S seconds.
        """
        container, code = self._container, 0
        if _expected(container) and container.process is not None:
            used, before = processes.cpu_s(container.process.pid), self._used
            self._used = used
            if used - before < IDLE_SHARE * load.TICK_S * load.share():
                code = processes.failed(container.process.pid)
        if not code or container.ready:
            self._patience = load.Patience(ABANDONED_S)
            return 0
        return code if self._patience.over() else 0


def timeouts(definition: api_pb2.Function) -> tuple[float, float]:
    """The startup timeout that the app declares, and the seconds before Modal begins to count them."""
    declared = definition.startup_timeout_secs or definition.timeout_secs or 300
    for_port = max((webhook.web_server_startup_timeout for webhook in servers.webhooks(definition)), default=0)
    return (for_port, MARGIN_S) if 0 < for_port < declared else (declared, 0)


def only_on_localhost(container: Container) -> int | None:
    """The port that Modal expects, if the container listens there on localhost only."""
    expected, (outside, inside) = _expected(container), _sockets(container)
    return expected if expected in inside and expected not in outside else None


async def wrong_port(container: Container, own_ports: set[int]) -> str:
    """Where a web server answers HTTP instead of at the port that Modal expects; '' if nowhere.

    Engines also listen on ports for their own processes, which answer no HTTP. The control plane itself listens on
    `own_ports`.
    """
    expected, (outside, inside) = _expected(container), _sockets(container)
    if not expected or expected in outside | inside:
        return ""
    answering = [port for port in sorted((outside | inside) - own_ports) if await _answers_http(container, port)]
    if not answering:
        return ""
    ports = ", ".join(map(str, answering))
    return f"answers HTTP on port {ports}, but Modal expects port {expected}; use the same port"


def _expected(container: Container) -> int:
    """The port where Modal expects the container to serve; 0 for none."""
    return next(iter(servers.ports(container.function.definition)), 0)


def _sockets(container: Container) -> tuple[set[int], set[int]]:
    """Ports where the container listens: reachable by Modal, and on its localhost."""
    if not container.inner_host or container.process is None:
        return set(), set()
    if container.network:
        sockets, reachable = listening.table(container.process.pid), {container.host, listening.ANY}
    else:
        sockets, reachable = listening.table(), {container.host}
    outside = {port for address, port in sockets if address in reachable}
    return outside, {port for address, port in sockets if address == container.inner_host}


async def _answers_http(container: Container, port: int) -> bool:
    """True if the container answers an HTTP request at `port`."""
    for host in (container.host, container.inner_host):
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                if (await _reply(container, host, port)).startswith(b"HTTP/"):
                    return True
    return False


async def _reply(container: Container, host: str, port: int) -> bytes:
    loop = asyncio.get_running_loop()
    with container.network.socket() if container.network else socket.socket() as tcp_socket:
        tcp_socket.setblocking(False)
        await loop.sock_connect(tcp_socket, (host, port))
        await loop.sock_sendall(tcp_socket, REQUEST)
        return await loop.sock_recv(tcp_socket, 16)
