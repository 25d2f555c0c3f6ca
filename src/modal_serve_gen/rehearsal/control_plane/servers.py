"""Servers: `@app.server`, and classes with `modal.experimental.http_server`.

Their requests are not inputs: a container runs its enter methods, reports that, and gets requests at its port. The
report is ContainerServerLifecycleReady (`@app.server` since 1.6), TunnelStart (`@app.server` of 1.5; tunnels.py), or
FlashContainerRegister, once a second for as long as the port answers (http_server).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import socket
from collections.abc import Callable

from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.control_plane.events import EventKind, Party
from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Function

MAX_CONTAINERS = 4  # if the app sets no limit: this is one machine
EXIT_GRACE_S = 3  # upper bound on exit grace periods
PROBE_S = 0.1  # interval of attempts to connect until the port answers
HEALTH_S = 1  # interval of health checks after that
CONNECT_S = 10  # limit of one attempt, on a busy machine
FAILURES = 3  # failed checks in a row after which a container is replaced


def serves(definition: api_pb2.Function) -> bool:
    """True if requests go straight to the containers' port."""
    return bool(definition.http_config.port)


def ports(definition: api_pb2.Function) -> set[int]:
    """Ports where Modal expects the containers to serve: of servers, web functions, and web methods."""
    return {webhook.web_server_port for webhook in webhooks(definition) if webhook.web_server_port} | (
        {definition.http_config.port} if serves(definition) else set()
    )


def webhooks(definition: api_pb2.Function) -> list[api_pb2.WebhookConfig]:
    """The web settings of a function and of the methods of a class."""
    return [
        definition.webhook_config,
        *(method.webhook_config for method in definition.method_definitions.values()),
    ]


def requires_token(definition: api_pb2.Function) -> bool:
    """True if callers need a proxy token. An http_server has no such setting: its URL is public."""
    return definition.is_server and not definition.http_config.unauthenticated


async def publish(plane: ControlPlane, function: Function, definition: api_pb2.Function) -> None:
    """Give a server its URL, in the fields that the SDK reads."""
    urls = function.metadata._experimental_flash_urls
    if serves(definition) and not urls:
        urls.append(await plane.open_url(function, ""))
    del definition.flash_service_urls[:]
    definition.flash_service_urls.extend(urls)
    function.broken = ""  # the new definition may work
    if definition.http_config.h2_enabled:
        plane.substitute(f"{function.tag}: HTTP/1.1 instead of HTTP/2")


def needed_containers(function: Function) -> int:
    """Number of containers that a server needs now: at least one, and enough for its target concurrency."""
    settings = function.definition.autoscaler_settings
    target = (
        getattr(settings, "target_concurrency_float", 0)
        or settings.target_concurrency
        or function.definition.target_concurrent_inputs
    )
    busy = sum(container.requests for container in function.live)
    needed = max(1, settings.min_containers, math.ceil(busy / target) if target else 1)
    return min(needed, settings.max_containers or MAX_CONTAINERS)


def shorten(plane: ControlPlane, function: Function, definition: api_pb2.Function, limit_s: float) -> None:
    """Record that the startup timeout is cut to `limit_s`, and cut the exit grace period in `definition`."""
    http = definition.http_config
    if http.startup_timeout > limit_s:
        plane.substitute(f"startup timeout of {function.tag}: {limit_s:g} s instead of {http.startup_timeout} s")
    http.startup_timeout = int(min(http.startup_timeout, limit_s) / load.LEAST_SHARE)
    if http.exit_grace_period > EXIT_GRACE_S:
        plane.substitute(f"exit grace period of {function.tag}: {EXIT_GRACE_S} s instead of {http.exit_grace_period} s")
        http.exit_grace_period = EXIT_GRACE_S


async def monitor(plane: ControlPlane, container: Container, give_up: Callable[[Container, str, Party], None]) -> None:
    """Set a server's container ready when its port answers; from then on, give it up when its port stops answering."""
    function, failures = container.function, 0
    port = function.definition.http_config.port
    while container.alive and failures < FAILURES:
        if container.entered and await _answers(container, port):
            failures = 0
            if not container.ready:
                container.ready = True
                plane.note(EventKind.CONTAINER_READY, function.tag)
                container.changed.notify()
        elif container.ready:
            failures += 1
        await container.changed.wait(HEALTH_S if container.ready else PROBE_S)
    if container.alive:
        give_up(container, f"no longer answers at port {port}, and was replaced", Party.APP)


async def dismiss(container: Container) -> None:
    """Let a container finish its requests, then terminate it, so that its exit methods run.

    The SDK does this itself for a class with http_server, when its input stream ends.
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
    try:
        with container.network.socket() if container.network else socket.socket() as tcp_socket:
            tcp_socket.setblocking(False)
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(tcp_socket, (container.host, port))
    except OSError:  # TimeoutError among them
        return False
    return True


# --- the container's side ---


async def ContainerServerLifecycleReady(
    plane: ControlPlane, request: api_pb2.ContainerServerLifecycleReadyRequest, caller: Container
) -> None:
    enter(caller)


async def FlashContainerRegister(
    plane: ControlPlane, request: api_pb2.FlashContainerRegisterRequest, caller: Container
) -> Fields:
    enter(caller)
    urls = caller.function.metadata._experimental_flash_urls
    return {"url": urls[0] if urls else ""}


async def FlashContainerDeregister(
    plane: ControlPlane, request: api_pb2.FlashContainerDeregisterRequest, caller: Container
) -> None:
    caller.entered = False


def enter(container: Container) -> None:
    """Record that the enter methods of a server's container have ended."""
    if not container.entered:
        container.entered = True
        container.changed.notify()


# --- the caller's side ---


async def FlashContainerList(plane: ControlPlane, request: api_pb2.FlashContainerListRequest) -> Fields:
    function = plane.function(request.function_id)
    port = function.definition.http_config.port
    ready = [container for container in function.live if container.ready and container.entered]
    return {"containers": [{"task_id": container.id, "host": container.host, "port": port} for container in ready]}


async def FunctionGetSchedulingParams(
    plane: ControlPlane, request: api_pb2.FunctionGetSchedulingParamsRequest
) -> Fields:
    configuration = api_pb2.AutoscalerConfiguration()
    configuration.settings.CopyFrom(plane.function(request.function_id).definition.autoscaler_settings)
    return {"autoscaler_configuration": configuration}


async def FunctionUpdateSchedulingParams(
    plane: ControlPlane, request: api_pb2.FunctionUpdateSchedulingParamsRequest
) -> Fields:
    function = plane.function(request.function_id)
    settings = function.definition.autoscaler_settings
    settings.MergeFrom(request.settings)  # unset fields keep their values
    if settings.min_containers:
        plane.start_container(function)
    return {"current_settings": settings}


async def ServerGetTimeRangeStats(plane: ControlPlane, request: api_pb2.ServerGetTimeRangeStatsRequest) -> Fields:
    """Statistics of the entire rehearsal, regardless of the time range."""
    function = plane.function(request.function_id)
    failed = [container for container in function.containers if container.exit_code and not container.stopping]
    return {
        "since": request.since,
        "until": request.until,
        "request_count": sum(function.answered.values()),
        "request_count_by_status_code": [
            {"status_code": status, "count": count} for status, count in sorted(function.answered.items())
        ],
        "container_started_count": len(function.containers),
        "container_error_count": len(failed),
        "container_creating_at_end_count": sum(not container.ready for container in function.live),
        "container_total_count": len(function.live),
    }
