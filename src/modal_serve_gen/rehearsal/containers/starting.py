"""A container's start: how long it may take, and where a server listens in vain meanwhile."""

import time
from collections.abc import Callable

from modal_serve_gen.rehearsal.containers import listening
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.plane import servers
from modal_serve_gen.rehearsal.plane.state import Container

ASTRAY_S = 15  # a server that listens elsewhere for so long will not come to the right port


async def limit(container: Container, launcher: Launcher, give_up: Callable[[Container, str], None]) -> None:
    """Give a container up that does not become ready in time, or that listens where Modal does not look."""
    definition = container.function.definition
    declared = definition.startup_timeout_secs or definition.timeout_secs or 300
    allowed = min(declared, launcher.limit_s)
    # A margin leaves the SDK the first word: its own time-out for the web server names what to do.
    deadline, astray_since = time.monotonic() + allowed + 3, None
    while not await container.changed.until(lambda: container.ready or not container.alive, 1):
        where = astray(container, launcher.doors())
        astray_since = (astray_since or time.monotonic()) if where else None
        if astray_since and time.monotonic() - astray_since > ASTRAY_S:
            return give_up(container, where)
        if time.monotonic() > deadline:
            text = f"was not ready after its start-up time-out of {allowed:g} s"
            text += f" ({declared} s in the app)" if allowed < declared else ""
            return give_up(container, f"{text}; {where}" if where else text)


def astray(container: Container, doors: set[int]) -> str:
    """Where a web server listens in vain, as the end of a sentence; '' if it does not, or is not a web server.

    At the ports of `doors` the plane itself listens.
    """
    wanted = next(iter(servers.ports(container.function.definition)), 0)
    if not wanted or not container.inner_host:
        return ""
    if container.inside:
        heard, reached = listening.table(container.process.pid), (container.host, listening.ANY)
    else:
        heard, reached = listening.table(), (container.host,)
    outside = {port for address, port in heard if address in reached}
    inside = {port for address, port in heard if address == container.inner_host}
    if wanted in outside:
        return ""
    if wanted in inside:
        return f"listens at port {wanted} on localhost only, where Modal cannot reach it; bind it to 0.0.0.0"
    places = ", ".join(map(str, sorted((outside | inside) - doors)))
    return f"listens at port {places}, but Modal is told {wanted}; make them the same" if places else ""
