"""The end of apps: their client disconnects or is lost; a detached app also finishes its calls."""

from __future__ import annotations

import asyncio
import math
import time

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.control_plane.calls import finish
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.state import App, ControlPlane

TERMINATED = api_pb2.GenericResult.GENERIC_STATUS_TERMINATED


async def AppHeartbeat(plane: ControlPlane, request: api_pb2.AppHeartbeatRequest) -> None:
    app = plane.app(request.app_id)
    if app.done:  # not while it ends: its client may be what ended it, and waits
        raise GRPCError(Status.NOT_FOUND, f"App {app.id} was stopped.")
    app.last_heartbeat = time.monotonic()
    if app.watch is None and app.state in (api_pb2.APP_STATE_EPHEMERAL, api_pb2.APP_STATE_DETACHED):
        app.watch = asyncio.create_task(_watch(plane, app))


async def AppClientDisconnect(plane: ControlPlane, request: api_pb2.AppClientDisconnectRequest) -> None:
    app = plane.app(request.app_id)
    plane.note(EventKind.DISCONNECTED)
    if app.state == api_pb2.APP_STATE_DETACHED and _busy(plane, app):
        app.last_heartbeat = -math.inf  # from now on only its calls keep it alive
        return
    if request.reason == api_pb2.APP_DISCONNECT_REASON_ENTRYPOINT_COMPLETED:
        app.last_heartbeat = math.inf  # the client sends none while it waits for this reply
        await plane.completed(app)
    await end(plane, app)


async def end(plane: ControlPlane, app: App) -> None:
    """Stop an app: its containers end, and its pending calls fail."""
    if app.ending:
        return
    app.ending = True
    app.state, app.stopped_at = api_pb2.APP_STATE_STOPPED, time.time()
    stopped = api_pb2.GenericResult(status=TERMINATED, exception=f"The app {app.description} was stopped.")
    for function in [function for function in plane.functions.values() if function.app is app]:
        function.queue.clear()
    await plane.stop_containers(app)
    for item in [item for item in plane.inputs.values() if item.call.function.app is app and item.output is None]:
        finish(item, stopped)
    app.done = True
    app.log_added.notify()


async def _watch(plane: ControlPlane, app: App) -> None:
    """End an app whose client was silent for too long; a detached app only once its calls have ended."""
    while not app.ending:
        await asyncio.sleep(0.5)
        client_lost = time.monotonic() - app.last_heartbeat > plane.heartbeat_limit_s / load.share()
        if client_lost and not (app.state == api_pb2.APP_STATE_DETACHED and _busy(plane, app)):
            await end(plane, app)


def _busy(plane: ControlPlane, app: App) -> bool:
    return any(item.output is None for item in plane.inputs.values() if item.call.function.app is app)
