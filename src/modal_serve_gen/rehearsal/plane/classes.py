"""RPC handlers for classes: a class is one function with methods; each set of parameters and options is an instance."""

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import limits
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Container, Function, Plane


async def ClassCreate(plane: Plane, request, caller: Container | None):
    """A class is one function, which is there already; this names it."""
    return reply(answer("ClassCreate"), class_id=request.existing_class_id or plane.new_id("cs"))


async def FunctionBindParams(plane: Plane, request, caller):
    """An instance of a class; one without parameters or options of its own is the class's one function.

    The same parameters and options are the same instance, with the same containers.
    """
    function = plane.functions[request.function_id]
    options = request.function_options if request.HasField("function_options") else None
    if request.serialized_params or options is not None:
        settings = options.SerializeToString(deterministic=True) if options is not None else b""
        key = (function.id, request.serialized_params, settings)
        if key not in plane.instances:
            plane.instances[key] = await _instance(plane, function, request.serialized_params, options)
        function = plane.instances[key]
    return reply(answer("FunctionBindParams"), bound_function_id=function.id, handle_metadata=function.metadata)


async def _instance(plane: Plane, function: Function, params: bytes, options: api_pb2.FunctionOptions | None):
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
        if method.webhook_config.type:  # an instance has URLs of its own
            url = await plane.open_url(bound, name)
            method.web_url = bound.metadata.method_handle_metadata[name].web_url = url
    return bound


def _apply(definition: api_pb2.Function, options: api_pb2.FunctionOptions) -> None:
    """What `Cls.with_options` changes of a definition, as far as it matters on one machine."""
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
                definition.ClearField(name.name)
            getattr(definition, name.name).extend(value)


async def ContainerCheckpoint(plane: Plane, request, caller: Container):
    """Taken in name only: the process that would be stored goes on, and then runs what follows a restore."""
    plane.substitute(f"memory snapshot of {caller.function.tag}: none is taken, the same process goes on")
    plane.note(f"snapshot: {caller.function.tag}")
    partial = caller.folder / "restore.partial"
    partial.write_text("{}")
    partial.rename(caller.folder / "restore")
    return reply(answer("ContainerCheckpoint"))
