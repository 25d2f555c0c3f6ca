"""When an app that nobody deployed ends: its client says so, is gone, or, where it was detached, has no calls left."""

import asyncio
import time

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.calls import finish
from modal_serve_gen.rehearsal.plane.state import App, Container, Plane

TERMINATED = api_pb2.GenericResult.GENERIC_STATUS_TERMINATED


async def AppHeartbeat(plane: Plane, request, caller: Container | None):
    app = _app(plane, request.app_id)
    if app.ending:
        raise GRPCError(Status.NOT_FOUND, f"App {app.id} was stopped.")
    app.seen = time.monotonic()
    if app.watch is None and app.state in (api_pb2.APP_STATE_EPHEMERAL, api_pb2.APP_STATE_DETACHED):
        app.watch = asyncio.create_task(_watch(plane, app))
    return Empty()


async def AppClientDisconnect(plane: Plane, request, caller):
    app = _app(plane, request.app_id)
    plane.note("disconnected")
    if app.state == api_pb2.APP_STATE_DETACHED and _busy(plane, app):
        app.seen = 0.0  # from now on only its calls keep it
        return Empty()
    await end(plane, app)
    return Empty()


async def end(plane: Plane, app: App) -> None:
    """Stop an app: its containers end, and whoever waits for one of its calls hears that."""
    if app.ending:
        return
    app.ending = True
    app.state, app.stopped_at = api_pb2.APP_STATE_STOPPED, time.time()
    gone = api_pb2.GenericResult(status=TERMINATED, exception=f"The app {app.description} was stopped.")
    for function in [each for each in plane.functions.values() if each.app is app]:
        function.queue.clear()
    await plane.stop_containers(app)
    for item in [each for each in plane.inputs.values() if each.call.function.app is app and each.output is None]:
        finish(item, gone)
    app.done = True
    app.log_added.notify()


async def _watch(plane: Plane, app: App) -> None:
    """End an app whose client has not been heard of for too long; a detached one when its calls have ended, too."""
    while not app.ending:
        await asyncio.sleep(0.5)
        lost = time.monotonic() - app.seen > plane.heartbeat_limit_s
        if lost and not (app.state == api_pb2.APP_STATE_DETACHED and _busy(plane, app)):
            plane.note(f"the client of {app.description} is gone")
            await end(plane, app)


def _busy(plane: Plane, app: App) -> bool:
    return any(item.output is None for item in plane.inputs.values() if item.call.function.app is app)


def _app(plane: Plane, app_id: str) -> App:
    if app_id not in plane.apps:
        raise GRPCError(Status.NOT_FOUND, f"App {app_id} not found.")
    return plane.apps[app_id]
