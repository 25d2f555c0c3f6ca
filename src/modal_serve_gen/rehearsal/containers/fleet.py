"""Containers: local processes that run the SDK's own entrypoint, one unix socket each.

A container gets the app's uploaded source, the image's environment, its Secrets and a folder per Volume; it sees the
bare environment and nothing else of this machine's Python. It is a process group of its own, and whatever it leaves
behind is found by the mark in its environment.
"""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import Coroutine

from modal._serialization import serialize_data_format
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.containers import starting
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.plane import apps, calls, servers
from modal_serve_gen.rehearsal.plane.state import App, Container, Function, Image, Plane

STOP_S = 20  # an engine has this long to end by itself before its container is killed
RETIRE_S = 3600  # and one whose app was deployed anew, for the inputs that it has
LOG_DRAIN_S = 3
IDLE_S = 60  # until an idle container stops, where the app does not say (modal.com/docs/guide/cold-start)
MOST_CONTAINERS = 4  # of one function, on one machine
FAILURE = api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE


class Containers:
    """Starts, watches and stops the containers of one rehearsal, each of them by means of `launcher`."""

    def __init__(self, plane: Plane, launcher: Launcher):
        self.plane, self.launcher = plane, launcher
        self.tasks: set[asyncio.Task] = set()
        self.count = 0

    def ensure(self, function: Function) -> None:
        """Start a container for `function` unless one is there to take its inputs."""
        if servers.serves(function.definition):
            for _ in range(servers.wanted(function) - len(function.live)):
                self.launch(function)
        elif not function.app.ending:
            for _ in range(self._wanted(function) - len(function.live)):
                self.launch(function)

    def _wanted(self, function: Function) -> int:
        """One container, and as many more as the waiting inputs fill, within what the app and this machine allow."""
        definition = function.definition
        places = max(1, definition.max_concurrent_inputs)
        busy = sum(len(container.running) for container in function.live)
        most = definition.autoscaler_settings.max_containers or definition.concurrency_limit or MOST_CONTAINERS
        return max(1, min(most, MOST_CONTAINERS, math.ceil((busy + len(function.queue)) / places)))

    def launch(self, function: Function) -> Container:
        """Start one more container for `function`."""
        self.count += 1
        container = Container(self.plane.new_id("ta"), function, self.plane.folder / "c" / str(self.count), self.count)
        container.host, container.inner_host = self.launcher.addresses(container)
        function.containers.append(container)
        self.plane.note(f"container: {function.tag}")
        self._later(self._run(container))
        return container

    def _later(self, work: Coroutine) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def build(self, image: Image) -> None:
        """Execute the build function of `image` and give the image its result."""
        function = image.build
        payload = image.build_input or api_pb2.FunctionInput(
            args=serialize_data_format(((), {}), api_pb2.DATA_FORMAT_PICKLE), data_format=api_pb2.DATA_FORMAT_PICKLE
        )
        payload.final_input = True  # the entrypoint ends by itself after this one
        self.plane.note(f"build: {function.tag}")
        item = calls.submit(self.plane, function, payload)
        limit = min(function.definition.timeout_secs or 3600, 1800)
        if not await item.call.changed.until(lambda: item.output is not None, limit):
            text = f"The build function {function.tag} did not end within {limit} s."
            calls.finish(item, api_pb2.GenericResult(status=FAILURE, exception=text))
        await self.stop(function)
        self.plane.note(f"built: {function.tag}")
        image.result = item.output.result
        if image.result.status == FAILURE:  # which the SDK knows for calls, not for images
            image.result.status = api_pb2.GenericResult.GENERIC_STATUS_FAILURE
        image.changed.notify()

    async def stop_app(self, app: App) -> None:
        await asyncio.gather(*(self.stop(each) for each in list(self.plane.functions.values()) if each.app is app))

    async def stop(self, function: Function) -> None:
        """End all containers of `function`: first as Modal does, by ending their input stream, then by force."""
        for container in function.containers:
            container.stopping = True
        await self._end(function, list(function.containers), STOP_S)

    def retire(self, function: Function) -> None:
        """Give the containers that `function` has now no more inputs; what waits goes to new ones."""
        old = function.live
        for container in old:
            container.stopping = True
        if function.queue:
            self.ensure(function)
        self._later(self._end(function, old, RETIRE_S))

    async def _end(self, function: Function, containers: list[Container], limit_s: float) -> None:
        """Wait for containers that are told to stop; after `limit_s` seconds, end them by force."""
        function.queued.notify()
        if servers.serves(function.definition):
            await asyncio.gather(*(servers.dismiss(container) for container in containers))
        for container in containers:
            if not await container.changed.until(lambda c=container: c.exit_code is not None, limit_s):
                self.crash(container)
                await container.changed.until(lambda c=container: c.exit_code is not None, 5)

    async def close(self) -> None:
        """End everything at once and wait for the last word of each container."""
        for function in self.plane.functions.values():
            for container in function.containers:
                container.stopping = True
                self.crash(container)
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=10)
        for task in self.tasks:
            task.cancel()

    def kill(self, container: Container, why: str) -> None:
        """End a container by force; its inputs fail with `why`, or are tried again."""
        result = api_pb2.GenericResult(status=api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT, exception=why)
        for item in list(container.running.values()):
            calls.settle(self.plane, item, result)
        self.crash(container)

    def preempt(self, container: Container) -> None:
        """Interrupt a container: its exit methods run, and what it was working on starts anew in another.

        A server lets its requests end first. modal.com/docs/guide/preemption and /servers, read 2026-11.
        """
        function = container.function
        container.stopping = True
        if servers.serves(function.definition):
            self._later(self._end(function, [container], STOP_S))
            return
        for item in list(container.running.values()):
            container.running.pop(item.id)
            item.container = None
            if item.call.data_out.chunks:  # half an answer is out: it breaks off there
                calls.finish(item, api_pb2.GenericResult(status=FAILURE, exception="The container was preempted."))
            else:
                function.queue.appendleft(item)
        self.ensure(function)
        if container.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(container.process.pid, signal.SIGINT)
        self._later(self._end(function, [container], STOP_S))

    def crash(self, container: Container) -> None:
        """End a container's processes by force; what it was working on is dealt with when they are gone."""
        container.killed = True
        self._kill(container)

    def _kill(self, container: Container) -> None:
        if container.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(container.process.pid, signal.SIGKILL)

    async def _run(self, container: Container) -> None:
        server = None
        try:
            server, outputs = await self.launcher.start(container)
            watchdogs = [asyncio.create_task(starting.limit(container, self.launcher, self._give_up))]
            watchdogs.append(asyncio.create_task(self._rest(container)))
            if servers.serves(container.function.definition):
                watchdogs.append(asyncio.create_task(servers.attend(self.plane, container, self._give_up)))
            code = await container.process.wait()
            for watchdog in watchdogs:
                watchdog.cancel()
            self._kill(container)  # the engine, should it have outlived its container
            for output in outputs:
                await output.drained(LOG_DRAIN_S)
        except Exception as fault:
            code = -1
            self._kill(container)
            if not (container.stopping or container.killed):
                self.plane.troubles.append(fault)
            container.failure = api_pb2.GenericResult(status=FAILURE, exception=f"could not start: {fault!r}")
        finally:
            if server is not None:
                server.close()
            if container.inside:
                await container.inside.close()
        container.exit_code = code
        self._bury(container, code)
        container.changed.notify()

    async def _rest(self, container: Container) -> None:
        """End a container that has had nothing to do for its scale-down window, if more run than have to."""
        function, idle_since = container.function, None
        settings = function.definition.autoscaler_settings
        window_s = settings.scaledown_window or function.definition.task_idle_timeout_secs or IDLE_S
        while container.alive:
            busy = not container.ready or container.running or container.requests or function.queue
            idle_since = None if busy else idle_since or time.monotonic()
            spare = len(function.live) > settings.min_containers
            if idle_since and spare and time.monotonic() - idle_since >= window_s:
                container.stopping = True
                self._later(self._end(function, [container], STOP_S))
                return
            await asyncio.sleep(min(1, window_s / 4))

    def _bury(self, container: Container, code: int) -> None:
        """Answer whoever waited for this container, and replace it if inputs are still queued."""
        function = container.function
        died = f"The container of {function.tag} ended with exit code {code}."
        failure = container.failure or api_pb2.GenericResult(status=FAILURE, exception=died)
        if code and not (container.stopping or container.failure or container.killed):
            self.plane.note(f"a container of {function.tag} ended by itself, with exit code {code}")
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

    def _give_up(self, container: Container, why: str) -> None:
        text = f"The container of {container.function.tag} {why}."
        self.plane.note(f"a container of {container.function.tag} {why}")
        container.failure = api_pb2.GenericResult(status=FAILURE, exception=text)
        self.say(container, f"{text}\n")
        self.crash(container)

    def say(self, container: Container, text: str) -> None:
        """A line of the rehearsal's own in the app's log."""
        apps.log(self.plane, container.function.app, text, api_pb2.FILE_DESCRIPTOR_STDERR, container.id)
