"""Make sure that something has run: ask the endpoints of an app that its entrypoint never reached, and stop an
entrypoint that only waits.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from modal_serve_gen.rehearsal import calling, load, probe
from modal_serve_gen.rehearsal.containers import processes
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.state import App, ControlPlane
from modal_serve_gen.rehearsal.web.ingress import Ingress

QUIET_S = 20  # without output, requests and work, after which an entrypoint only waits
PROCESSES = Path("/proc")
CALLS_S = 60  # for all calls with made-up arguments: what takes longer, such as a benchmark, is not waited for
SETTLE_S = 5  # for running requests to end
IDLE_SHARE = 0.1  # of a core: less is no work


class Exercise:
    """`asked` are the endpoints that were asked, and whether they answered; `waited` if the entrypoint only waited.

    `called` are functions that were called with made-up arguments, while `unstarted` names an engine.
    """

    def __init__(
        self, plane: ControlPlane, ingress: Ingress, limit_s: float, unstarted: Callable[[], str],
        emit: Callable[[str], None],
    ):  # fmt: skip
        self.plane, self.ingress, self.limit_s, self.emit = plane, ingress, limit_s, emit
        self.unstarted = unstarted
        self.asked: dict[str, bool] = {}
        self.called: dict[str, calling.Called] = {}
        self.waited = False
        self.lines = 0  # of output

    def unreached(self, app: App) -> list[probe.Endpoint]:
        """The endpoints of `app` that have given no client a successful answer yet."""
        reached = {
            function.tag
            for function in self.plane.functions.values()
            if any(200 <= status < 400 for status in function.answered)
        }
        return [
            endpoint
            for endpoint in probe.endpoints(self.plane)
            if endpoint.function.app is app and endpoint.function.tag not in reached and endpoint.name not in self.asked
        ]

    async def ask(self, app: App) -> None:
        """Request the endpoints of `app` that nobody has reached, and call its functions if no engine runs then."""
        settled = load.Patience(SETTLE_S)
        while self.ingress.running and not settled.over():  # the last response may not have been recorded yet
            await asyncio.sleep(0.02)
        if endpoints := self.unreached(app):
            names = ", ".join(endpoint.name for endpoint in endpoints)
            self.emit(f"The entrypoint did not reach {names}: the rehearsal sends requests there.\n")
            self.plane.substitute(f"{probe.UNREACHED}: {names}")
            self.asked |= await probe.answers(self.plane, endpoints, self.limit_s, self.emit)
        if self.unstarted():
            await self.call()

    async def call(self) -> None:
        """Call functions that nothing has called."""
        self.plane.substitute(calling.SUBSTITUTE)
        callees = calling.uncalled(self.plane)
        limit_s = min(self.limit_s, CALLS_S)
        done = (lambda: not self.unstarted()) if self.unstarted() else (lambda: False)
        self.called |= await calling.call_all(self.plane, callees, limit_s, self._quiet, done, self.emit)

    async def probe(self) -> None:
        """Ask every web endpoint of a deployed app; call its functions if it has none, or if no engine runs."""
        self.plane.substitute(probe.SUBSTITUTE)
        found = probe.endpoints(self.plane)
        self.asked = await probe.answers(self.plane, found, self.limit_s, self.emit)
        if not self.asked or self.unstarted():
            await self.call()

    async def until_idle(self, pid: int) -> None:
        """Return when the app of the command `pid` only waits: ask its unreached endpoints, and wait once more."""
        for _ in range(2):
            await self._quiet(pid)
            for app in [app for app in self.plane.apps.values() if app.functions and not app.ending]:
                await self.ask(app)
        self.waited = True

    async def _quiet(self, *client: int) -> None:
        """Wait for QUIET_S seconds in which a published app does nothing at all; `client` has ids of processes."""
        patience, before, used = load.Patience(QUIET_S), self._activity(), processes.cpu_s(*client, *self._containers())
        while not patience.over():
            await asyncio.sleep(load.TICK_S)
            now, cpu_s = self._activity(), processes.cpu_s(*client, *self._containers())
            if now != before or now[0] or cpu_s - used > IDLE_SHARE * load.TICK_S * load.share():
                patience = load.Patience(QUIET_S)
            before, used = now, cpu_s

    def _containers(self) -> list[int]:
        """Processes of the live containers."""
        functions = self.plane.functions.values()
        return [item.process.pid for function in functions for item in function.live if item.process]

    def _activity(self) -> tuple[int, ...]:
        """Numbers that change with whatever happens; the first is 0 once an app is published and no request waits."""
        plane, requests = self.plane, self.ingress.requests
        published = any(event.kind is EventKind.PUBLISHED for event in plane.events)
        unfinished = sum(item.output is None for item in plane.inputs.values())
        busy = self.ingress.running or any(function.queue for function in plane.functions.values())
        if unfinished and not PROCESSES.exists():  # whether they work is not known
            busy = True
        return int(bool(busy) or not published), len(requests), len(plane.inputs), unfinished, self.lines
