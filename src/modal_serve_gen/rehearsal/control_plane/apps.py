"""RPC handlers for apps and functions: creation, publication, logs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from grpclib import GRPCError
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import deployments, limits, servers
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import App, ControlPlane, Function

LOG_POLL_S = 55


async def AppCreate(plane: ControlPlane, request: api_pb2.AppCreateRequest) -> Fields:
    app = App(plane.new_id("ap"), request.description, state=request.app_state)
    try:
        limits.check_name("App", request.description)
    except GRPCError as refusal:
        plane.findings.append(f"modal deploy will reject the app: {refusal.message}")
    plane.apps[app.id] = app
    return {"app_id": app.id, "app_page_url": f"rehearsal://{app.id}"}


async def AppPublish(plane: ControlPlane, request: api_pb2.AppPublishRequest) -> Fields:
    app = plane.app(request.app_id)
    if request.name:
        limits.check_name("App", request.name)
    plane.note(EventKind.PUBLISHED)
    deployments.publish(plane, app, request)
    for function in app.functions.values():
        if function.definition.autoscaler_settings.min_containers or function.definition.warm_pool_size:
            plane.start_container(function)
    return {"url": f"rehearsal://{app.id}", "deployed_at": time.time()}


async def AppGetLogs(plane: ControlPlane, request: api_pb2.AppGetLogsRequest) -> AsyncIterator[api_pb2.TaskLogsBatch]:
    app = plane.app(request.app_id)
    position = int(request.last_entry_id.removesuffix("-0") or 0)
    deadline = time.monotonic() + min(request.timeout or LOG_POLL_S, LOG_POLL_S)
    while True:
        while position < len(app.logs):
            yield app.logs[position]
            position += 1
        if app.done:
            yield api_pb2.TaskLogsBatch(app_done=True)
            return
        if not await app.log_added.wait(deadline - time.monotonic()):
            return


def log(
    plane: ControlPlane,
    app: App,
    text: str,
    descriptor: api_pb2.FileDescriptor.ValueType = api_pb2.FILE_DESCRIPTOR_STDOUT,
    task_id: str = "",
) -> None:
    """Append `text` to the app's log stream, as a container's output arrives."""
    item = compatible(api_pb2.TaskLogs, data=text, file_descriptor=descriptor, timestamp=time.time())
    if app.state == api_pb2.APP_STATE_DEPLOYED:  # no client follows its log
        plane.on_log(text)
    app.logs.append(api_pb2.TaskLogsBatch(task_id=task_id, items=[item], entry_id=f"{len(app.logs) + 1}-0"))
    app.log_added.notify()


async def FunctionPrecreate(plane: ControlPlane, request: api_pb2.FunctionPrecreateRequest) -> Fields:
    function = plane.functions.get(request.existing_function_id)
    if function is None:
        function = Function(plane.new_id("fu"), plane.app(request.app_id), request.function_name)
        plane.functions[function.id] = function
        function.app.functions[function.tag] = function
    metadata = function.metadata
    _identify(function, request)
    for name in ("supported_input_formats", "supported_output_formats"):
        if name in metadata.DESCRIPTOR.fields_by_name:
            del getattr(metadata, name)[:]
            getattr(metadata, name).extend(getattr(request, name))
    if request.HasField("function_schema"):
        metadata.function_schema.CopyFrom(request.function_schema)
    if request.webhook_config.type:
        function.definition.webhook_config.CopyFrom(request.webhook_config)
        metadata.web_url = metadata.web_url or await plane.open_url(function, "")
    for name, method in request.method_definitions.items():
        await _describe_method(plane, function, name, method)
    return {"function_id": function.id, "handle_metadata": metadata}


async def _describe_method(
    plane: ControlPlane, function: Function, name: str, method: api_pb2.MethodDefinition
) -> None:
    """Set the handle metadata of a method of a class; a web method has its own URL, which it keeps."""
    metadata = function.metadata.method_handle_metadata[name]
    url = metadata.web_url
    for field, value in method.ListFields():
        _copy(metadata, field, value)
    metadata.is_method, metadata.use_method_name = True, name
    metadata.web_url = url or (await plane.open_url(function, name) if method.webhook_config.type else "")


async def FunctionCreate(plane: ControlPlane, request: api_pb2.FunctionCreateRequest) -> Fields:
    function = plane.functions.get(request.existing_function_id)
    if function is None:  # build functions are not precreated
        function = Function(plane.new_id("fu"), plane.app(request.app_id), "")
        plane.functions[function.id] = function
    ranked = [item.function for item in request.function_data.ranked_functions]
    definition = ranked[0] if ranked else request.function
    for variant in ranked or [definition]:
        limits.check_function(definition.function_name, variant)
    limits.check_function(definition.function_name, request.function_data)
    schedule = request.function_data.schedule if ranked else definition.schedule
    limits.check_schedule(plane, definition.function_name, schedule)
    function.gpus = [gpu for variant in ranked or [definition] if (gpu := limits.gpu_of(variant.resources))]
    function.tag = function.tag or definition.function_name
    definition.web_url = function.metadata.web_url
    for name, method in definition.method_definitions.items():
        method.web_url = function.metadata.method_handle_metadata[name].web_url
    function.definition = definition
    await servers.publish(plane, function, definition)
    _identify(function, definition)

    # The SDK reads its FunctionInfo back from this copy, so it needs every field that both messages share.
    data = function.data = api_pb2.FunctionData()
    if ranked:
        data.CopyFrom(request.function_data)
        data.flash_service_urls.extend(definition.flash_service_urls)
    else:
        for field, value in definition.ListFields():
            _copy(data, field, value)
        data.ranked_functions.append(api_pb2.FunctionData.RankedFunction(rank=0, function=definition))
    return {
        "function_id": function.id,
        "function": definition,
        "function_data": data,
        "handle_metadata": function.metadata,
    }


def _identify(function: Function, request: api_pb2.FunctionPrecreateRequest | api_pb2.Function) -> None:
    """Set the fields of the handle metadata that identify the function."""
    function.metadata.MergeFrom(
        compatible(
            api_pb2.FunctionHandleMetadata,
            function_name=request.function_name,
            function_type=request.function_type,
            definition_id=function.id.replace("fu-", "de-"),
            app_id=function.app.id,
        )
    )


def _copy(target: Message, field: FieldDescriptor, value: object) -> None:
    """Set `field`, of another message, to `value` in `target`, if that has such a field."""
    known = target.DESCRIPTOR.fields_by_name.get(field.name)
    if known and known.type == field.type:
        target.ClearField(field.name)
        target.MergeFrom(type(target)(**{field.name: value}))
