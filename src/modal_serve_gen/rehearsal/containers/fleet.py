"""Containers: local processes that run the SDK's own entrypoint, with one unix socket each.

A container gets the app's uploaded source, the image's environment, its Secrets and a folder per Volume; it can import
the bare environment only. It is its own process group, and leftover processes are
found by the mark in their environment.
"""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.containers import startup
from modal_serve_gen.rehearsal.containers.engine_starts import EngineStarts
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.control_plane import apps, calls, servers
from modal_serve_gen.rehearsal.control_plane.events import EventKind, Party
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function

STOP_S = 60  # for an engine to end by itself, before its container is killed
RETIRE_S = 3600  # for the containers of a redeployed app to finish their inputs
LOG_DRAIN_S = 5
FAILED_STARTS = 3  # of a function, in a row and with the same reason, after which none is started any more
CLOSE_S = 30  # for killed processes to end, on a busy machine
IDLE_S = 60  # until an idle container stops, if the app does not set it (modal.com/docs/guide/cold-start)
MAX_CONTAINERS = 4  # of one function, on one machine


class Fleet:
    """Starts, watches and stops the containers of one rehearsal."""

    def __init__(self, plane: ControlPlane, launcher: Launcher):
        self.plane, self.launcher = plane, launcher
        self.engines = EngineStarts(plane, self.crash)
        self.look: Callable[[], None] = lambda: None  # reads what the engines have noted
        self.tasks: set[asyncio.Task[None]] = set()
        self.count = 0

    def ensure(self, function: Function) -> None:
        """Start as many containers as the inputs or requests of `function` need, unless its engine cannot start."""
        if function.refused:
            return calls.fail_queued(function, calls.failure(function.refused))
        if function.app.ending:
            return None
        serves = servers.serves(function.definition)
        needed = servers.needed_containers(function) if serves else _needed_containers(function)
        for _ in range(needed - len(function.live)):
            self.launch(function)

    def launch(self, function: Function) -> Container:
        """Start one more container for `function`."""
        container = self.new_container(function)
        self.plane.note(EventKind.CONTAINER_STARTED, function.tag)
        self._spawn(self._run(container))
        return container

    def new_container(self, function: Function) -> Container:
        """A container of `function` that is not started yet."""
        self.count += 1
        container = Container(self.plane.new_id("ta"), function, self.plane.folder / "c" / str(self.count), self.count)
        container.host, container.inner_host = self.launcher.addresses(container)
        function.containers.append(container)
        return container

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def stop_app(self, app: App) -> None:
        await asyncio.gather(
            *(self.stop(function) for function in self.plane.functions.values() if function.app is app)
        )

    async def stop(self, function: Function) -> None:
        """Stop all containers of `function` by ending their input stream, as Modal does; kill those that do not end."""
        for container in function.containers:
            container.stopping = True
        await self._end(function, list(function.containers), STOP_S)

    def retire(self, function: Function) -> None:
        """Give the present containers of `function` no more inputs; queued inputs go to new containers."""
        old = function.live
        for container in old:
            container.stopping = True
        if function.queue:
            self.ensure(function)
        self._spawn(self._end(function, old, RETIRE_S))

    async def _end(self, function: Function, containers: Sequence[Container], limit_s: float) -> None:
        """Wait for containers that are stopping; kill those still running after `limit_s` seconds."""
        function.queued.notify()
        if servers.serves(function.definition):
            await asyncio.gather(*(servers.dismiss(container) for container in containers))
        for container in containers:
            if not await _ended(container, limit_s):
                self.crash(container)
                await _ended(container, CLOSE_S)

    async def close(self) -> None:
        """Kill everything, and wait for the last output of each container."""
        for function in self.plane.functions.values():
            for container in function.containers:
                container.stopping = True
                self.crash(container)
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=CLOSE_S)
        for task in self.tasks:
            task.cancel()

    def kill(self, container: Container, why: str) -> None:
        """Kill a container that hit a timeout; its inputs fail with `why`, or are retried."""
        result = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT, exception=why)
        for item in list(container.running.values()):
            calls.settle(self.plane, item, result)
        self.crash(container)

    def preempt(self, container: Container) -> None:
        """Interrupt a container: its exit methods run, and its inputs are retried in another one.

        A server first finishes its requests. modal.com/docs/guide/preemption and /servers, read 2026-11.
        """
        function = container.function
        container.stopping = True
        if servers.serves(function.definition):
            self._spawn(self._end(function, [container], STOP_S))
            return
        for item in list(container.running.values()):
            container.running.pop(item.id)
            item.container = None
            if item.call.data_out.chunks:  # a partial response was sent: it breaks off
                calls.finish(item, calls.failure("The container was preempted."))
            else:
                function.queue.appendleft(item)
        self.ensure(function)
        if container.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(container.process.pid, signal.SIGINT)
        self._spawn(self._end(function, [container], STOP_S))

    def crash(self, container: Container) -> None:
        """Kill a container's processes; its inputs are settled when they are gone."""
        container.killed = True
        kill_processes(container)

    async def _run(self, container: Container) -> None:
        """Run a container from its start to its end."""
        server, code = None, -1
        try:
            server, process, outputs = await self.launcher.start(container)
            if container.stopping or container.killed:  # it had no process yet that could be told
                kill_processes(container)
            monitors = [
                asyncio.create_task(startup.watch(container, self.launcher, self._give_up, self.engines.process_ended)),
                asyncio.create_task(self._scale_down(container)),
            ]
            if servers.serves(container.function.definition):
                monitors.append(asyncio.create_task(servers.monitor(self.plane, container, self._give_up)))
            code = await process.wait()
            for monitor in monitors:
                monitor.cancel()
            kill_processes(container)  # the engine may have outlived its container
            for output in outputs:
                await output.drained(LOG_DRAIN_S)
        except Exception as error:
            kill_processes(container)
            if not (container.stopping or container.killed):
                self.plane.internal_errors.append(error)
            container.failure = calls.failure(f"could not start: {error!r}")
        finally:
            if server is not None:
                server.close()
            if container.network:
                await container.network.close()
        container.exit_code = code
        self.look()
        self._settle(container, code)
        container.changed.notify()

    async def _scale_down(self, container: Container) -> None:
        """Stop a container that was idle for its scale-down window, if more run than the minimum."""
        function, idle_since = container.function, None
        settings = function.definition.autoscaler_settings
        window_s = settings.scaledown_window or function.definition.task_idle_timeout_secs or IDLE_S
        while container.alive:
            busy = not container.ready or container.running or container.requests or function.queue
            idle_since = None if busy else idle_since or time.monotonic()
            spare = len(function.live) > settings.min_containers
            if idle_since and spare and time.monotonic() - idle_since >= window_s:
                container.stopping = True
                self._spawn(self._end(function, [container], STOP_S))
                return
            await asyncio.sleep(min(1, window_s / 4))

    def engine_ended(self, container: Container, why: str, party: Party) -> None:
        self._spawn(self.engines.ended(container, why, party))

    def _settle(self, container: Container, code: int) -> None:
        """Answer or retry the inputs of a container that ended, and replace it if inputs are still queued."""
        self.engines.settle(container)
        function = container.function
        failure = container.failure or calls.failure(f"The container of {function.tag} ended with exit code {code}.")
        if code and not (container.stopping or container.failure or container.killed):
            self.plane.note(EventKind.CONTAINER_FAILED, function.tag, *_ending(code))
        if not (container.ready or container.stopping):
            self._stop_if_hopeless(function, failure.exception)
        for item in list(container.running.values()):
            calls.settle(self.plane, item, failure)
        if servers.serves(function.definition) and not container.stopping:
            if not container.ready:
                function.broken = failure.exception
            elif function.definition.autoscaler_settings.min_containers:
                self.ensure(function)
        if (container.stopping or not container.ready) and not function.live:
            calls.fail_queued(function, failure)
        elif function.queue:
            self.ensure(function)

    def _stop_if_hopeless(self, function: Function, why: str) -> None:
        """After some starts in a row that failed in the same way, start no more, and end the command."""
        function.failed_starts.append(why)
        if len(function.failed_starts) >= FAILED_STARTS and len(set(function.failed_starts[-FAILED_STARTS:])) == 1:
            function.refused = function.broken = why
            self.engines.stop()

    def _give_up(self, container: Container, why: str, party: Party) -> None:
        """Kill a container that cannot serve; `why` completes "the container of TAG ..."."""
        text = f"The container of {container.function.tag} {why}."
        self.plane.note(EventKind.CONTAINER_FAILED, container.function.tag, why, party)
        container.failure = calls.failure(text)
        self.log(container, f"{text}\n")
        self.crash(container)

    def log(self, container: Container, text: str) -> None:
        """Add a line of the rehearsal's own to the app's log."""
        apps.log(self.plane, container.function.app, text, api_pb2.FILE_DESCRIPTOR_STDERR, container.id)


def _needed_containers(function: Function) -> int:
    """At least one, and as many as the waiting inputs fill, within the limits of the app and of this machine."""
    definition = function.definition
    capacity = max(1, definition.max_concurrent_inputs)
    busy = sum(len(container.running) for container in function.live)
    maximum = definition.autoscaler_settings.max_containers or definition.concurrency_limit or MAX_CONTAINERS
    return max(1, min(maximum, MAX_CONTAINERS, math.ceil((busy + len(function.queue)) / capacity)))


def _ending(code: int) -> tuple[str, Party]:
    """What to say of a container that ended by itself, and whose fault that is."""
    if code == -signal.SIGKILL:
        return "was killed by this machine, which probably ran out of memory", Party.REHEARSAL
    return f"exited on its own with code {code}", Party.APP


async def _ended(container: Container, limit_s: float) -> bool:
    return await load.until(container.changed, lambda: container.exit_code is not None, limit_s)


def kill_processes(container: Container) -> None:
    """Kill a container's process group, its engine included."""
    if container.process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(container.process.pid, signal.SIGKILL)
