"""RPC handlers for classes. A class is one function with methods; each set of parameters and options is an instance."""

from __future__ import annotations

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import limits
from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Function


async def ClassCreate(plane: ControlPlane, request: api_pb2.ClassCreateRequest) -> Fields:
    """Name a class; its one function exists already."""
    return {"class_id": request.existing_class_id or plane.new_id("cs")}


async def FunctionBindParams(plane: ControlPlane, request: api_pb2.FunctionBindParamsRequest) -> Fields:
    """Bind an instance of a class; without parameters and options it is the class's own function.

    The same parameters and options give the same instance, with the same containers.
    """
    function = plane.functions[request.function_id]
    options = request.function_options if request.HasField("function_options") else None
    if request.serialized_params or options is not None:
        settings = options.SerializeToString(deterministic=True) if options is not None else b""
        key = (function.id, request.serialized_params, settings)
        if key not in plane.instances:
            plane.instances[key] = await _instance(plane, function, request.serialized_params, options)
        function = plane.instances[key]
    return {"bound_function_id": function.id, "handle_metadata": function.metadata}


async def _instance(
    plane: ControlPlane, function: Function, params: bytes, options: api_pb2.FunctionOptions | None
) -> Function:
    bound = Function(plane.new_id("fu"), function.app, function.tag, gpus=function.gpus, parameters=params)
    bound.definition.CopyFrom(function.definition)
    bound.data.CopyFrom(function.data)
    bound.metadata.CopyFrom(function.metadata)
    if options is not None:
        limits.check_function(function.tag, options)
        _apply(bound.definition, options)
        limits.check_function(function.tag, bound.definition)
    plane.functions[bound.id] = bound
    for name, method in bound.definition.method_definitions.items():
        if method.webhook_config.type:  # an instance has its own URLs
            url = await plane.open_url(bound, name)
            method.web_url = bound.metadata.method_handle_metadata[name].web_url = url
    return bound


def _apply(definition: api_pb2.Function, options: api_pb2.FunctionOptions) -> None:
    """Apply the changes of `Cls.with_options` that matter on one machine."""
    settings = definition.autoscaler_settings
    for name, value in options.ListFields():
        if name.name == "concurrency_limit":
            settings.max_containers = definition.concurrency_limit = value
        elif name.name == "warm_pool_size":
            settings.min_containers = definition.warm_pool_size = value
        elif name.name in ("timeout_secs", "max_concurrent_inputs", "target_concurrent_inputs"):
            setattr(definition, name.name, value)
        elif name.name in ("retry_policy", "resources"):
            getattr(definition, name.name).CopyFrom(value)
        elif name.name in ("secret_ids", "volume_mounts"):
            if getattr(options, f"replace_{name.name}"):
                definition.ClearField(name.name)  # type: ignore[arg-type]  # the name of any field
            getattr(definition, name.name).extend(value)


async def ContainerCheckpoint(
    plane: ControlPlane, request: api_pb2.ContainerCheckpointRequest, caller: Container
) -> None:
    """Take no snapshot: the same process continues with the steps after a restore."""
    plane.substitute(f"memory snapshot of {caller.function.tag}: not taken; the same process continues")
    partial = caller.folder / "restore.partial"
    partial.write_text("{}")
    partial.rename(caller.folder / "restore")
