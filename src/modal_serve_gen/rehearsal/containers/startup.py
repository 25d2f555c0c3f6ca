"""A container's start: its timeout, and servers that listen on the wrong address or port."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from modal_serve_gen.rehearsal.containers import listening
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.control_plane import servers
from modal_serve_gen.rehearsal.control_plane.state import Container

CONNECT_S = 300  # until a container's entrypoint calls the control plane, on a busy machine
MARGIN_S = 10  # lets the SDK report first: its own timeout for a web server tells what to do
LOCALHOST_S = 5  # a server that listens on localhost for this long is given up


async def watch(container: Container, launcher: Launcher, give_up: Callable[[Container, str], None]) -> None:
    """Give up a container that does not become ready in time, or that listens where Modal cannot reach it."""
    definition = container.function.definition
    declared = definition.startup_timeout_secs or definition.timeout_secs or 300
    allowed = min(declared, launcher.limit_s)
    # The timeout is the app's; starting Python on a busy machine does not count.
    await container.changed.until(lambda: container.connected or not container.alive, CONNECT_S)
    deadline, unreachable_since = time.monotonic() + allowed + MARGIN_S, None
    while not await container.changed.until(lambda: container.ready or not container.alive, 1):
        where = unreachable(container, launcher.own_ports())
        unreachable_since = (unreachable_since or time.monotonic()) if where else None
        patience_s = LOCALHOST_S if where and where.localhost else launcher.other_port_s
        if where and unreachable_since and time.monotonic() - unreachable_since > patience_s:
            return give_up(container, where.text)
        if time.monotonic() > deadline:
            text = f"was not ready after its startup timeout of {allowed:g} s"
            text += f" ({declared} s in the app)" if allowed < declared else ""
            return give_up(container, f"{text}; {where.text}" if where else text)
    return None


@dataclass(frozen=True)
class Unreachable:
    """Where a server listens but cannot be reached: `text` completes "the container of TAG ..."."""

    text: str
    localhost: bool  # on the right port, but on localhost


def unreachable(container: Container, own_ports: set[int]) -> Unreachable | None:
    """Where a web server listens but cannot be reached; None if it can, or is not a web server.

    The control plane itself listens on `own_ports`.
    """
    expected = next(iter(servers.ports(container.function.definition)), 0)
    if not expected or not container.inner_host or container.process is None:
        return None
    if container.network:
        sockets, reachable = listening.table(container.process.pid), {container.host, listening.ANY}
    else:
        sockets, reachable = listening.table(), {container.host}
    outside = {port for address, port in sockets if address in reachable}
    inside = {port for address, port in sockets if address == container.inner_host}
    if expected in outside:
        return None
    if expected in inside:
        text = f"listens on port {expected} on localhost only, where Modal cannot reach it; bind it to 0.0.0.0"
        return Unreachable(text, True)
    ports = ", ".join(map(str, sorted((outside | inside) - own_ports)))
    text = f"listens on port {ports}, but Modal expects port {expected}; use the same port"
    return Unreachable(text, False) if ports else None
