"""RPC handlers for deployed apps: deploy, redeploy, look up, list, stop."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TypeVar

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import shutdown
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane

USER = "rehearsal"
T = TypeVar("T")


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
        compatible(
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
    return compatible(
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


def _handle_metadata(plane: ControlPlane, app: App) -> api_pb2.AppHandleMetadata:
    """What SDKs from 1.6 on show of an app that was looked up."""
    functions = app.functions.items()
    return api_pb2.AppHandleMetadata(
        description=app.description,
        app_id=app.id,
        environment_name=plane.environment,
        lifecycle=_lifecycle(app),
        servers={tag: function.id for tag, function in functions if function.definition.is_server},
        functions={tag: function.id for tag, function in functions if not function.definition.is_server},
    )


# --- apps ---


async def AppGetByDeploymentName(plane: ControlPlane, request: api_pb2.AppGetByDeploymentNameRequest) -> Fields:
    """The app that is deployed under a name, or else the last one that was."""
    named = [app for app in plane.apps.values() if app.name == request.name]
    app = next((app for app in named if app.state == api_pb2.APP_STATE_DEPLOYED), named[-1] if named else None)
    return {
        "app_id": app.id if app and app.state == api_pb2.APP_STATE_DEPLOYED else "",
        "previous_app_id": app.id if app and app.state != api_pb2.APP_STATE_DEPLOYED else "",
        "environment_name": plane.environment,
        "lifecycle": _lifecycle(app) if app else None,
    }


async def AppGetOrCreate(plane: ControlPlane, request: api_pb2.AppGetOrCreateRequest) -> Fields:
    """`App.lookup`: an app that is created here is deployed and empty."""
    try:
        app = deployed(plane, request.app_name)
    except GRPCError:
        if request.object_creation_type != api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
            raise
        app = App(plane.new_id("ap"), request.app_name, name=request.app_name, state=api_pb2.APP_STATE_DEPLOYED)
        plane.apps[app.id] = app
    fields: dict[str, object] = {"app_id": app.id}
    if "handle_metadata" in api_pb2.AppGetOrCreateResponse.DESCRIPTOR.fields_by_name:
        fields["handle_metadata"] = _handle_metadata(plane, app)
    return fields


async def AppGetLayout(plane: ControlPlane, request: api_pb2.AppGetLayoutRequest) -> Fields:
    return {"app_layout": layout(plane, plane.app(request.app_id))}


async def AppGetLifecycle(plane: ControlPlane, request: api_pb2.AppGetLifecycleRequest) -> Fields:
    return {"lifecycle": _lifecycle(plane.app(request.app_id))}


async def AppDeploymentHistory(plane: ControlPlane, request: api_pb2.AppDeploymentHistoryRequest) -> Fields:
    app = plane.app(request.app_id)
    return {"app_deployment_histories": list(reversed(app.history)), "production_app_version": app.version}


async def AppList(plane: ControlPlane, request: api_pb2.AppListRequest) -> Fields:
    items = [
        compatible(
            api_pb2.AppListResponse.AppListItem,
            app_id=app.id,
            description=app.description,
            name=app.name,
            state=app.state,
            created_at=app.created_at,
            stopped_at=app.stopped_at,
            n_running_tasks=sum(len(function.live) for function in app.functions.values()),
        )
        for app in plane.apps.values()
    ]
    return {"apps": items}


async def AppStop(plane: ControlPlane, request: api_pb2.AppStopRequest) -> None:
    await shutdown.end(plane, plane.app(request.app_id))


async def TaskList(plane: ControlPlane, request: api_pb2.TaskListRequest) -> Fields:
    apps = [app for app in plane.apps.values() if request.app_id in ("", app.id)]
    live = [container for app in apps for function in app.functions.values() for container in function.live]
    return {"tasks": [_task(container) for container in live]}


def _task(container: Container) -> api_pb2.TaskStats:
    app, since = container.function.app, time.time() - time.monotonic() + container.started_at
    return api_pb2.TaskStats(
        task_id=container.id, app_id=app.id, app_description=app.description, started_at=since, enqueued_at=since
    )


# --- functions and classes ---


async def FunctionGet(plane: ControlPlane, request: api_pb2.FunctionGetRequest) -> Fields:
    app = deployed(plane, request.app_name)
    function = _named(app, "function", app.functions, request.object_tag)
    # SDKs from 1.6 on read `function`.
    return {"function_id": function.id, "handle_metadata": function.metadata, "function": function.data}


async def ClassGet(plane: ControlPlane, request: api_pb2.ClassGetRequest) -> Fields:
    app = deployed(plane, request.app_name)
    return {"class_id": _named(app, "class", app.class_ids, request.object_tag)}


def _named(app: App, kind: str, objects: Mapping[str, T], tag: str) -> T:
    if tag not in objects:  # no full stop: the SDK completes the sentence
        names = ", ".join(objects) or "none"
        raise GRPCError(Status.NOT_FOUND, f"the deployed app {app.name!r} has no {kind} {tag!r}; it has: {names}")
    return objects[tag]
