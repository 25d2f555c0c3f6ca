"""RPC handlers for deployed apps: deploy, redeploy, look up, list, stop."""

from __future__ import annotations

import time
from collections.abc import Iterable

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import shutdown
from modal_serve_gen.rehearsal.control_plane.rpc import reply
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function

USER = "rehearsal"


def deployed(plane: ControlPlane, name: str) -> App:
    """The app that is deployed as `name`. Raises GRPCError NOT_FOUND."""
    names = {app.name: app for app in plane.apps.values() if app.state == api_pb2.APP_STATE_DEPLOYED}
    if name not in names:
        listed = ", ".join(names) or "none"
        raise GRPCError(Status.NOT_FOUND, f"no app {name!r} is deployed in this rehearsal; deployed: {listed}")
    return names[name]


def publish(plane: ControlPlane, app: App, request: api_pb2.AppPublishRequest) -> None:
    """Record the functions and classes of an app; containers of an earlier deployment get no new inputs."""
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
            deployed_by=USER,
            tag=request.deployment_tag,
        )
    )
    function_ids = set(request.function_ids.values())
    app.functions = {tag: function for tag, function in app.functions.items() if function.id in function_ids}


def layout(plane: ControlPlane, app: App) -> api_pb2.AppLayout:
    """The functions and classes of an app, as the SDK hydrates them; each class is one function."""
    objects = [
        api_pb2.Object(object_id=function.id, function_handle_metadata=function.metadata)
        for function in plane.functions.values()
        if function.app is app
    ]
    metadata = api_pb2.ClassHandleMetadata()  # empty: the class's function has it all
    objects += [
        api_pb2.Object(object_id=class_id, class_handle_metadata=metadata) for class_id in app.class_ids.values()
    ]
    return api_pb2.AppLayout(
        objects=objects,
        function_ids={tag: function.id for tag, function in app.functions.items()},
        class_ids=app.class_ids,
    )


def _lifecycle(app: App) -> api_pb2.AppLifecycle:
    return reply(
        api_pb2.AppLifecycle,
        app_state=app.state,
        created_at=app.created_at,
        created_by=USER,
        deployed_at=app.deployed_at,
        deployed_by=USER if app.deployed_at else "",
        version=app.version,
        stopped_at=app.stopped_at,
        stopped_by=USER if app.stopped_at else "",
    )


def _fill(metadata: api_pb2.AppHandleMetadata, plane: ControlPlane, app: App) -> None:
    """Set what SDKs from 1.6 on show of an app that was looked up."""
    metadata.description, metadata.app_id, metadata.environment_name = app.description, app.id, plane.environment
    metadata.lifecycle.CopyFrom(_lifecycle(app))
    for tag, function in app.functions.items():
        (metadata.servers if function.definition.is_server else metadata.functions)[tag] = function.id


# --- apps ---


async def AppGetByDeploymentName(
    plane: ControlPlane, request: api_pb2.AppGetByDeploymentNameRequest, caller: Container | None
) -> api_pb2.AppGetByDeploymentNameResponse:
    """The app that is deployed under a name, or else the last one that was."""
    named = [app for app in plane.apps.values() if app.name == request.name]
    app = next((app for app in named if app.state == api_pb2.APP_STATE_DEPLOYED), named[-1] if named else None)
    return reply(
        api_pb2.AppGetByDeploymentNameResponse,
        app_id=app.id if app and app.state == api_pb2.APP_STATE_DEPLOYED else "",
        previous_app_id=app.id if app and app.state != api_pb2.APP_STATE_DEPLOYED else "",
        environment_name=plane.environment,
        lifecycle=_lifecycle(app) if app else None,
    )


async def AppGetOrCreate(
    plane: ControlPlane, request: api_pb2.AppGetOrCreateRequest, caller: Container | None
) -> api_pb2.AppGetOrCreateResponse:
    """`App.lookup`: an app that is created here is deployed and empty."""
    try:
        app = deployed(plane, request.app_name)
    except GRPCError:
        if request.object_creation_type != api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
            raise
        app = App(plane.new_id("ap"), request.app_name, name=request.app_name, state=api_pb2.APP_STATE_DEPLOYED)
        plane.apps[app.id] = app
    response = api_pb2.AppGetOrCreateResponse(app_id=app.id)
    if "handle_metadata" in response.DESCRIPTOR.fields_by_name:
        _fill(response.handle_metadata, plane, app)
    return response


async def AppGetLayout(
    plane: ControlPlane, request: api_pb2.AppGetLayoutRequest, caller: Container | None
) -> api_pb2.AppGetLayoutResponse:
    return reply(api_pb2.AppGetLayoutResponse, app_layout=layout(plane, plane.app(request.app_id)))


async def AppGetLifecycle(
    plane: ControlPlane, request: api_pb2.AppGetLifecycleRequest, caller: Container | None
) -> api_pb2.AppGetLifecycleResponse:
    return reply(api_pb2.AppGetLifecycleResponse, lifecycle=_lifecycle(plane.app(request.app_id)))


async def AppDeploymentHistory(
    plane: ControlPlane, request: api_pb2.AppDeploymentHistoryRequest, caller: Container | None
) -> api_pb2.AppDeploymentHistoryResponse:
    app = plane.app(request.app_id)
    return reply(
        api_pb2.AppDeploymentHistoryResponse,
        app_deployment_histories=list(reversed(app.history)),
        production_app_version=app.version,
    )


async def AppList(
    plane: ControlPlane, request: api_pb2.AppListRequest, caller: Container | None
) -> api_pb2.AppListResponse:
    response = api_pb2.AppListResponse()
    for app in plane.apps.values():
        running = sum(len(function.live) for function in app.functions.values())
        item = reply(
            api_pb2.AppListResponse.AppListItem,
            app_id=app.id,
            description=app.description,
            name=app.name,
            state=app.state,
            created_at=app.created_at,
            stopped_at=app.stopped_at,
            n_running_tasks=running,
        )
        response.apps.append(item)
    return response


async def AppStop(plane: ControlPlane, request: api_pb2.AppStopRequest, caller: Container | None) -> Empty:
    await shutdown.end(plane, plane.app(request.app_id))
    return Empty()


async def TaskList(
    plane: ControlPlane, request: api_pb2.TaskListRequest, caller: Container | None
) -> api_pb2.TaskListResponse:
    response = api_pb2.TaskListResponse()
    for app in plane.apps.values():
        if request.app_id in ("", app.id):
            for container in (container for function in app.functions.values() for container in function.live):
                since = time.time() - time.monotonic() + container.started_at
                response.tasks.add(
                    task_id=container.id, app_id=app.id, app_description=app.description,
                    started_at=since, enqueued_at=since,
                )  # fmt: skip
    return response


# --- functions and classes ---


async def FunctionGet(
    plane: ControlPlane, request: api_pb2.FunctionGetRequest, caller: Container | None
) -> api_pb2.FunctionGetResponse:
    app = deployed(plane, request.app_name)
    function = _named(app, request.object_tag)
    return reply(
        api_pb2.FunctionGetResponse,
        function_id=function.id,
        handle_metadata=function.metadata,
        function=function.data,  # from SDK 1.6 on
    )


async def ClassGet(
    plane: ControlPlane, request: api_pb2.ClassGetRequest, caller: Container | None
) -> api_pb2.ClassGetResponse:
    app = deployed(plane, request.app_name)
    if request.object_tag not in app.class_ids:
        raise GRPCError(Status.NOT_FOUND, _missing(app, "class", request.object_tag, app.class_ids))
    return reply(api_pb2.ClassGetResponse, class_id=app.class_ids[request.object_tag])


def _named(app: App, tag: str) -> Function:
    if tag not in app.functions:
        raise GRPCError(Status.NOT_FOUND, _missing(app, "function", tag, app.functions))
    return app.functions[tag]


def _missing(app: App, kind: str, tag: str, names: Iterable[str]) -> str:
    """Without a full stop: the SDK completes the sentence."""
    return f"the deployed app {app.name!r} has no {kind} {tag!r}; it has: {', '.join(names) or 'none'}"
