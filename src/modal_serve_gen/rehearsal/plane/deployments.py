"""RPC handlers for apps by name: deployed, deployed anew, looked up, listed, stopped."""

import time

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import ends
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import App, Container, Function, Plane

WHO = "rehearsal"


def deployed(plane: Plane, name: str) -> App:
    """The app that is deployed as `name`; GRPCError NOT_FOUND if there is none."""
    names = {app.name: app for app in plane.apps.values() if app.state == api_pb2.APP_STATE_DEPLOYED}
    if name not in names:
        there = ", ".join(names) or "none"
        raise GRPCError(Status.NOT_FOUND, f"no app {name!r} is deployed in this rehearsal; deployed: {there}")
    return names[name]


def publish(plane: Plane, app: App, request) -> None:
    """Take over what an app consists of now; containers of what was deployed before get no new inputs."""
    app.class_ids = dict(request.class_ids)
    app.state = request.app_state
    if app.state != api_pb2.APP_STATE_DEPLOYED:
        return
    for function in app.functions.values():
        plane.retire(function)
    app.name, app.version, app.deployed_at = request.name, app.version + 1, time.time()
    app.history.append(
        reply(
            api_pb2.AppDeploymentHistory,
            app_id=app.id,
            version=app.version,
            client_version=request.client_version,
            deployed_at=app.deployed_at,
            deployed_by=WHO,
            tag=request.deployment_tag,
        )
    )
    kept = set(request.function_ids.values())
    app.functions = {tag: function for tag, function in app.functions.items() if function.id in kept}


def layout(plane: Plane, app: App) -> api_pb2.AppLayout:
    """What an app consists of, as the SDK hydrates it: functions, and classes, each of which is one function."""
    known = [each for each in plane.functions.values() if each.app is app]
    objects = [api_pb2.Object(object_id=each.id, function_handle_metadata=each.metadata) for each in known]
    nothing = api_pb2.ClassHandleMetadata()  # its function says it all
    objects += [api_pb2.Object(object_id=each, class_handle_metadata=nothing) for each in app.class_ids.values()]
    return api_pb2.AppLayout(
        objects=objects,
        function_ids={tag: each.id for tag, each in app.functions.items()},
        class_ids=app.class_ids,
    )


def _lifecycle(app: App) -> api_pb2.AppLifecycle:
    return reply(
        api_pb2.AppLifecycle,
        app_state=app.state,
        created_at=app.created_at,
        created_by=WHO,
        deployed_at=app.deployed_at,
        deployed_by=WHO if app.deployed_at else "",
        version=app.version,
        stopped_at=app.stopped_at,
        stopped_by=WHO if app.stopped_at else "",
    )


def _fill(metadata, plane: Plane, app: App) -> None:
    """What SDKs from 1.6 on show of an app that was looked up."""
    metadata.description, metadata.app_id, metadata.environment_name = app.description, app.id, plane.environment
    metadata.lifecycle.CopyFrom(_lifecycle(app))
    for tag, function in app.functions.items():
        (metadata.servers if function.definition.is_server else metadata.functions)[tag] = function.id


def _app(plane: Plane, app_id: str) -> App:
    if app_id not in plane.apps:
        raise GRPCError(Status.NOT_FOUND, f"App {app_id} not found.")
    return plane.apps[app_id]


# --- apps ---


async def AppGetByDeploymentName(plane: Plane, request, caller: Container | None):
    """The app that is deployed under a name, else the last that was."""
    named = [app for app in plane.apps.values() if app.name == request.name]
    app = next((app for app in named if app.state == api_pb2.APP_STATE_DEPLOYED), named[-1] if named else None)
    now = app is not None and app.state == api_pb2.APP_STATE_DEPLOYED
    return reply(
        answer("AppGetByDeploymentName"),
        app_id=app.id if now else "",
        previous_app_id=app.id if app and not now else "",
        environment_name=plane.environment,
        lifecycle=_lifecycle(app) if app else None,
    )


async def AppGetOrCreate(plane: Plane, request, caller):
    """`App.lookup`: an app that is made here is deployed and empty."""
    try:
        app = deployed(plane, request.app_name)
    except GRPCError:
        if request.object_creation_type != api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
            raise
        app = App(plane.new_id("ap"), request.app_name, name=request.app_name, state=api_pb2.APP_STATE_DEPLOYED)
        plane.apps[app.id] = app
    found = answer("AppGetOrCreate")(app_id=app.id)
    if "handle_metadata" in found.DESCRIPTOR.fields_by_name:
        _fill(found.handle_metadata, plane, app)
    return found


async def AppGetLayout(plane: Plane, request, caller):
    return reply(answer("AppGetLayout"), app_layout=layout(plane, _app(plane, request.app_id)))


async def AppGetLifecycle(plane: Plane, request, caller):
    return reply(answer("AppGetLifecycle"), lifecycle=_lifecycle(_app(plane, request.app_id)))


async def AppDeploymentHistory(plane: Plane, request, caller):
    app = _app(plane, request.app_id)
    return reply(
        answer("AppDeploymentHistory"),
        app_deployment_histories=reversed(app.history),
        production_app_version=app.version,
    )


async def AppList(plane: Plane, request, caller):
    listed = answer("AppList")()
    for app in plane.apps.values():
        running = sum(len(function.live) for function in app.functions.values())
        item = reply(
            type(listed.apps.add()),
            app_id=app.id,
            description=app.description,
            name=app.name,
            state=app.state,
            created_at=app.created_at,
            stopped_at=app.stopped_at,
            n_running_tasks=running,
        )
        listed.apps[-1].CopyFrom(item)
    return listed


async def AppStop(plane: Plane, request, caller):
    await ends.end(plane, _app(plane, request.app_id))
    return Empty()


async def TaskList(plane: Plane, request, caller):
    listed = answer("TaskList")()
    for app in plane.apps.values():
        if request.app_id in ("", app.id):
            for container in (each for function in app.functions.values() for each in function.live):
                since = time.time() - time.monotonic() + container.started_at
                listed.tasks.add(
                    task_id=container.id, app_id=app.id, app_description=app.description,
                    started_at=since, enqueued_at=since,
                )  # fmt: skip
    return listed


# --- what is in them ---


async def FunctionGet(plane: Plane, request, caller):
    app = deployed(plane, request.app_name)
    function = _named(app, request.object_tag)
    return reply(
        answer("FunctionGet"),
        function_id=function.id,
        handle_metadata=function.metadata,
        function=function.data,  # from SDK 1.6 on
    )


async def ClassGet(plane: Plane, request, caller):
    app = deployed(plane, request.app_name)
    if request.object_tag not in app.class_ids:
        raise GRPCError(Status.NOT_FOUND, _missing(app, "class", request.object_tag, app.class_ids))
    return reply(answer("ClassGet"), class_id=app.class_ids[request.object_tag])


def _named(app: App, tag: str) -> Function:
    if tag not in app.functions:
        raise GRPCError(Status.NOT_FOUND, _missing(app, "function", tag, app.functions))
    return app.functions[tag]


def _missing(app: App, what: str, tag: str, names: dict) -> str:
    """Without a full stop: the SDK puts it into a sentence of its own."""
    return f"the deployed app {app.name!r} has no {what} {tag!r}; it has: {', '.join(names) or 'none'}"
