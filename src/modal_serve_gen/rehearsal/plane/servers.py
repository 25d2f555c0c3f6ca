"""Servers: what the plane knows of `@app.server` and of classes with `modal.experimental.http_server`.

Neither has inputs for its requests: a container runs its enter methods, says so, and is then asked at its port. How it
says so differs: ContainerServerLifecycleReady (`@app.server` since 1.6), TunnelStart (`@app.server` of 1.5), or
FlashContainerRegister, once a second for as long as the port answers (http_server).
"""

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import Callable

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Container, Function, Plane

MOST_CONTAINERS = 4  # where the app sets no limit: this is one machine
EXIT_GRACE_S = 3  # what exit grace periods are cut to
PROBE_S = 0.1  # how often the port is tried until it answers
HEALTH_S = 1  # and how often then
FAILURES = 3  # so many failures in a row mean that nobody is there any more


def serves(definition: api_pb2.Function) -> bool:
    """Whether requests go straight to the containers' port."""
    return bool(definition.http_config.port)


def ports(definition: api_pb2.Function) -> set[int]:
    """Ports at which Modal will look for what the containers serve, of web functions and of methods too."""
    webhooks = [definition.webhook_config, *(each.webhook_config for each in definition.method_definitions.values())]
    return {each.web_server_port for each in webhooks if each.web_server_port} | (
        {definition.http_config.port} if serves(definition) else set()
    )


def asks_for_token(definition: api_pb2.Function) -> bool:
    """Whether callers need a proxy token. An http_server has no such setting: the SDK calls its URL unauthenticated."""
    return definition.is_server and not definition.http_config.unauthenticated


async def publish(plane: Plane, function: Function, definition: api_pb2.Function) -> None:
    """Give a server its URL, where the SDK looks for it."""
    urls = function.metadata._experimental_flash_urls
    if serves(definition) and not urls:
        urls.append(await plane.open_url(function))
    del definition.flash_service_urls[:]
    definition.flash_service_urls.extend(urls)
    function.broken = ""  # a new definition is a new chance
    if definition.http_config.h2_enabled:
        plane.substitute(f"{function.tag}: HTTP/1.1 in place of HTTP/2")


def wanted(function: Function) -> int:
    """How many containers a server should have now: at least one, and as many as keep to its target."""
    settings = function.definition.autoscaler_settings
    target = (
        getattr(settings, "target_concurrency_float", 0)
        or settings.target_concurrency
        or function.definition.target_concurrent_inputs
    )
    busy = sum(container.requests for container in function.live)
    needed = max(1, settings.min_containers, math.ceil(busy / target) if target else 1)
    return min(needed, settings.max_containers or MOST_CONTAINERS)


def shorten(plane: Plane, function: Function, definition: api_pb2.Function, limit_s: float) -> None:
    """Cut the times that a container of a server takes for its start and its end in `definition`, and say so."""
    http = definition.http_config
    for name, what, limit in (
        ("startup_timeout", "start-up time-out", limit_s),
        ("exit_grace_period", "exit grace period", EXIT_GRACE_S),
    ):
        if (declared := getattr(http, name)) > limit:
            plane.substitute(f"{what} of {function.tag}: {limit:g} s in place of {declared} s")
            setattr(http, name, int(limit))


async def attend(plane: Plane, container: Container, lost: Callable[[Container, str], None]) -> None:
    """See when a server's container answers at its port, and from then on whether it still does.

    `lost` is told of one that does no longer.
    """
    function, failures = container.function, 0
    port = function.definition.http_config.port
    while container.alive and failures < FAILURES:
        if container.entered and await _answers(container, port):
            failures = 0
            if not container.ready:
                container.ready = True
                plane.note(f"ready: {function.tag}")
                container.changed.notify()
        elif container.ready:
            failures += 1
        await container.changed.wait(HEALTH_S if container.ready else PROBE_S)
    if container.alive:
        lost(container, f"no longer answers at port {port}, and was replaced")


async def dismiss(container: Container) -> None:
    """Let the requests of a container that gets no new ones end, then tell it to go: its exit methods run.

    The SDK does that itself for a class with http_server, when its input stream ends.
    """
    if container.ready and not container.function.definition.is_server:
        return
    grace = min(container.function.definition.http_config.exit_grace_period, EXIT_GRACE_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace):
            while container.requests and container.exit_code is None:
                await asyncio.sleep(PROBE_S)
    if container.process is not None and container.exit_code is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(container.process.pid, signal.SIGTERM)


async def _answers(container: Container, port: int) -> bool:
    made = None
    try:
        async with asyncio.timeout(HEALTH_S):
            if container.inside:
                made = container.inside.socket()
                await asyncio.get_running_loop().sock_connect(made, (container.host, port))
                return True
            _, writer = await asyncio.open_connection(container.host, port)
    except OSError:  # TimeoutError among them
        return False
    finally:
        if made:
            made.close()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


# --- the container's side ---


async def ContainerServerLifecycleReady(plane: Plane, request, caller: Container):
    _enter(caller)
    return Empty()


async def TunnelStart(plane: Plane, request, caller: Container):
    if not serves(caller.function.definition):
        raise GRPCError(Status.UNIMPLEMENTED, "the rehearsal's control plane has no tunnels (modal.forward)")
    if caller.function.definition.is_server:
        _enter(caller)
    return reply(answer("TunnelStart"), host=caller.host, port=request.port)


async def TunnelStop(plane: Plane, request, caller: Container):
    return reply(answer("TunnelStop"), exists=True)


async def FlashContainerRegister(plane: Plane, request, caller: Container):
    _enter(caller)
    urls = caller.function.metadata._experimental_flash_urls
    return reply(answer("FlashContainerRegister"), url=urls[0] if urls else "")


async def FlashContainerDeregister(plane: Plane, request, caller: Container):
    caller.entered = False
    return Empty()


def _enter(container: Container) -> None:
    if not container.entered:
        container.entered = True
        container.changed.notify()


# --- the caller's side ---


async def FlashContainerList(plane: Plane, request, caller):
    function = _function(plane, request.function_id)
    listed = answer("FlashContainerList")()
    for each in function.live:
        if each.ready and each.entered:
            listed.containers.add(task_id=each.id, host=each.host, port=function.definition.http_config.port)
    return listed


async def FunctionGetSchedulingParams(plane: Plane, request, caller):
    configuration = api_pb2.AutoscalerConfiguration()
    configuration.settings.CopyFrom(_function(plane, request.function_id).definition.autoscaler_settings)
    return reply(answer("FunctionGetSchedulingParams"), autoscaler_configuration=configuration)


async def FunctionUpdateSchedulingParams(plane: Plane, request, caller):
    function = _function(plane, request.function_id)
    settings = function.definition.autoscaler_settings
    settings.MergeFrom(request.settings)  # what is not named stays
    if settings.min_containers:
        plane.start_container(function)
    return reply(answer("FunctionUpdateSchedulingParams"), current_settings=settings)


async def ServerGetTimeRangeStats(plane: Plane, request, caller):
    """Of the whole rehearsal, whatever the time range."""
    function = _function(plane, request.function_id)
    stats = answer("ServerGetTimeRangeStats")(since=request.since, until=request.until)
    stats.request_count = sum(function.answered.values())
    for status, count in sorted(function.answered.items()):
        stats.request_count_by_status_code.add(status_code=status, count=count)
    stats.container_started_count = len(function.containers)
    stats.container_error_count = sum(bool(each.exit_code) and not each.stopping for each in function.containers)
    stats.container_creating_at_end_count = sum(not each.ready for each in function.live)
    stats.container_total_count = len(function.live)
    return stats


def _function(plane: Plane, function_id: str) -> Function:
    if function_id not in plane.functions:
        raise GRPCError(Status.NOT_FOUND, f"Function {function_id} not found.")
    return plane.functions[function_id]
