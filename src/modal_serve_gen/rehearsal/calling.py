"""Calls of functions and methods that nothing in the app calls, with made-up arguments: as another program would."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from modal._serialization import serialize_data_format, serialize_proto_params
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import load, made_up
from modal_serve_gen.rehearsal.control_plane import calls, classes, servers
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane, Function

SUBSTITUTE = "callers: functions that nothing else called got made-up arguments"
ANSWERED = (api_pb2.GenericResult.GENERIC_STATUS_SUCCESS,)


@dataclass(frozen=True)
class Callee:
    """A function, or a method of a class, that only other programs call."""

    name: str
    function: Function
    method: str = ""

    @property
    def parameters(self) -> Iterable[api_pb2.ClassParameterSpec]:
        definition = self.function.definition
        return (definition.method_definitions[self.method] if self.method else definition).function_schema.arguments


@dataclass(frozen=True)
class Called:
    """How a call with made-up arguments ended: what it raised, '' if nothing, and whether its container started.

    `waited`: it did not return, and did nothing more.
    """

    raised: str
    started: bool
    waited: bool = False


def uncalled(plane: ControlPlane) -> list[Callee]:
    """Functions and methods without a URL that no call reached."""
    called = {(item.call.function.tag, item.payload.method_name) for item in plane.inputs.values()}
    found = []
    for app in plane.apps.values():
        for function in app.functions.values():
            methods = function.definition.method_definitions
            if methods:
                tag = function.tag.removesuffix(".*")
                found += [
                    Callee(f"{tag}.{name}", function, name)
                    for name, method in methods.items()
                    if not method.webhook_config.type and (function.tag, name) not in called
                ]
            elif not serves_web(function) and (function.tag, "") not in called:
                found.append(Callee(function.tag, function))
    return list({callee.name: callee for callee in found}.values())


def serves_web(function: Function) -> bool:
    """True for web functions, classes with web methods, and servers."""
    return servers.serves(function.definition) or any(item.type for item in servers.webhooks(function.definition))


async def call_all(
    plane: ControlPlane, callees: Iterable[Callee], limit_s: float, quiet: Callable[[], Awaitable[None]],
    done: Callable[[], bool], emit: Callable[[str], None],
) -> dict[str, Called]:  # fmt: skip
    """Call those whose arguments can be made up, the ones without a GPU first, within `limit_s` seconds in all.

    `quiet` returns when nothing happens any more; `done` says that no further call is needed.
    """
    ended: dict[str, Called] = {}
    patience = load.Patience(limit_s)
    for callee in sorted(callees, key=lambda callee: bool(callee.function.gpus)):
        if callee.function.refused or patience.over() or done():
            break
        try:
            arguments = made_up.arguments(callee.parameters)
            function = await _instance(plane, callee.function)
        except made_up.Unknowable as error:
            emit(f"{callee.name}: not called, since no argument for {error} can be made up\n")
            continue
        emit(f"{callee.name}: called with made-up arguments\n")
        ended[callee.name] = await _call(plane, function, callee, arguments, patience, quiet, emit)
    return ended


async def _instance(plane: ControlPlane, function: Function) -> Function:
    """The function of an instance, whose required parameters are made up; for other functions, itself."""
    parameters = made_up.arguments(function.definition.class_parameter_info.schema)
    if not parameters:
        return function
    request = api_pb2.FunctionBindParamsRequest(
        function_id=function.id, serialized_params=serialize_proto_params(parameters)
    )
    bound = await classes.FunctionBindParams(plane, request)
    return plane.functions[str(bound["bound_function_id"])]


async def _call(
    plane: ControlPlane, function: Function, callee: Callee, arguments: dict[str, object], patience: load.Patience,
    quiet: Callable[[], Awaitable[None]], emit: Callable[[str], None],
) -> Called:  # fmt: skip
    if function.definition.batch_max_size:  # callers pass one element of each list
        arguments = {name: value[0] if isinstance(value, list) else value for name, value in arguments.items()}
    payload = api_pb2.FunctionInput(
        args=serialize_data_format(((), arguments), api_pb2.DATA_FORMAT_PICKLE),
        data_format=api_pb2.DATA_FORMAT_PICKLE,
        method_name=callee.method,
    )
    started_at = time.monotonic()
    item = calls.submit(plane, function, payload)
    idle = asyncio.ensure_future(quiet())
    output = asyncio.ensure_future(load.until(item.call.changed, lambda: item.output is not None, patience.left_s))
    await asyncio.wait({idle, output}, return_when=asyncio.FIRST_COMPLETED)
    for task in (idle, output):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    patience.over()  # counts the time since it was asked last
    started = any(container.ready for container in function.containers)
    if item.output is None and started:
        emit(f"{callee.name}: {'still runs' if idle.cancelled() else 'only waits'}: not waited for\n")
        if idle.cancelled() and item.container:
            plane.kill(item.container, "no result within the limit of the rehearsal")
        return Called("", started=True, waited=True)
    if item.output is None:
        calls.finish(item, calls.failure("no container started within the limit of the rehearsal"))
    assert item.output is not None
    result = item.output.result
    raised = "" if result.status in ANSWERED else result.exception or "it ended without a result"
    text = f"raised {raised}" if raised else "returned"
    emit(f"{callee.name}: {text} after {time.monotonic() - started_at:.1f} s\n")
    return Called(raised, started)
