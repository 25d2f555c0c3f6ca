"""RPC handlers for calls: inputs from callers to containers, and outputs back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

from google.protobuf.message import Message
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import retries
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import Call, Container, ControlPlane, Function, Input

GET_INPUTS_POLL_S = 20
FAILURE = api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE


def submit(
    plane: ControlPlane,
    function: Function,
    payload: api_pb2.FunctionInput,
    call: Call | None = None,
    idx: int = 0,
    works: bool = True,
) -> Input:
    """Queue one input of `function`, by default in a new call, and start a container for it if needed."""
    if call is None:
        call = new_call(plane, function)
    item = Input(plane.new_id("in"), call, idx, payload, works=works)
    call.inputs[item.id] = item
    plane.inputs[item.id] = item
    function.queue.append(item)
    function.queued.notify()
    plane.start_container(function)
    return item


def new_call(
    plane: ControlPlane,
    function: Function,
    call_type: api_pb2.FunctionCallType.ValueType = api_pb2.FUNCTION_CALL_TYPE_UNARY,
    invocation: api_pb2.FunctionCallInvocationType.ValueType = api_pb2.FUNCTION_CALL_INVOCATION_TYPE_UNSPECIFIED,
) -> Call:
    call = Call(plane.new_id("fc"), function, call_type, invocation)
    plane.calls[call.id] = call
    return call


def failure(text: str) -> api_pb2.GenericResult:
    """The result of an input whose container failed."""
    return api_pb2.GenericResult(status=FAILURE, exception=text)


def settle(
    plane: ControlPlane,
    item: Input,
    result: api_pb2.GenericResult,
    data_format: api_pb2.DataFormat.ValueType = api_pb2.DATA_FORMAT_PICKLE,
) -> None:
    """Give `item` the result of one attempt, or retry it if that failed."""
    if item.output is None and not retries.retried(plane, item, result):
        finish(item, result, data_format)


def finish(
    item: Input,
    result: api_pb2.GenericResult,
    data_format: api_pb2.DataFormat.ValueType = api_pb2.DATA_FORMAT_PICKLE,
) -> None:
    """Give `item` its final result, if it has none, and wake its waiters."""
    if item.output is not None:
        return
    item.output = compatible(
        api_pb2.FunctionGetOutputsItem,
        result=result,
        idx=item.idx,
        input_id=item.id,
        data_format=data_format,
        task_id=item.container.id if item.container else "",
    )
    if item.container:
        item.container.running.pop(item.id, None)
    item.call.finished.append(item.output)
    item.call.data_out.close()
    item.call.changed.notify()


def fail_queued(function: Function, result: api_pb2.GenericResult) -> None:
    """Give all queued inputs of `function` the result `result`: no container will take them."""
    while function.queue:
        finish(function.queue.popleft(), result)


# --- the caller's side ---


async def FunctionMap(plane: ControlPlane, request: api_pb2.FunctionMapRequest) -> Fields:
    function = plane.function(request.function_id)
    if function.app.stopped_at:
        raise GRPCError(
            Status.NOT_FOUND, f"App {function.app.description} was stopped, so {function.tag} cannot be called."
        )
    call = new_call(plane, function, request.function_call_type, request.function_call_invocation_type)
    return {
        "function_call_id": call.id,
        "function_call_jwt": "jwt",
        "pipelined_inputs": _put(plane, call, request.pipelined_inputs),
        "max_inputs_outstanding": 1000,
    }


async def FunctionPutInputs(plane: ControlPlane, request: api_pb2.FunctionPutInputsRequest) -> Fields:
    """More inputs of a `.map`."""
    return {"inputs": _put(plane, plane.calls[request.function_call_id], request.inputs)}


def _put(
    plane: ControlPlane, call: Call, items: Iterable[api_pb2.FunctionPutInputsItem]
) -> list[api_pb2.FunctionPutInputsResponseItem]:
    return [
        api_pb2.FunctionPutInputsResponseItem(
            idx=item.idx, input_id=submit(plane, call.function, item.input, call, item.idx).id, input_jwt="jwt"
        )
        for item in items
    ]


async def FunctionFinishInputs(plane: ControlPlane, request: api_pb2.FunctionFinishInputsRequest) -> None:
    """Nothing to do: the client waits for all outputs itself."""


async def FunctionGetCurrentStats(plane: ControlPlane, request: api_pb2.FunctionGetCurrentStatsRequest) -> Fields:
    function = plane.function(request.function_id)
    containers = [container for container in function.containers if container.exit_code is None]
    return {
        "backlog": len(function.queue),
        "num_total_tasks": len(containers),
        "num_running_inputs": sum(len(container.running) for container in containers),
    }


async def FunctionGetOutputs(plane: ControlPlane, request: api_pb2.FunctionGetOutputsRequest) -> Fields:
    call = plane.calls[request.function_call_id]
    # Two ways of paging: by index (`.remote`) or by the last entry seen (`.map`).
    start = int(request.last_entry_id.partition("-")[0] or 0) if request.last_entry_id else 0
    deadline = time.monotonic() + request.timeout
    while len(call.finished) <= start and await call.changed.wait(deadline - time.monotonic()):
        pass
    outputs = call.finished[start : start + request.max_values if request.max_values else None]
    return {
        "outputs": outputs,
        "idxs": [item.idx for item in outputs],
        "last_entry_id": f"{start + len(outputs)}-0",
        "num_unfinished_inputs": len(call.inputs) - len(call.finished),
    }


async def FunctionCallGetDataOut(
    plane: ControlPlane, request: api_pb2.FunctionCallGetDataRequest
) -> AsyncIterator[api_pb2.DataChunk]:
    async for chunk in plane.calls[request.function_call_id].data_out.read(request.last_index):
        yield chunk


# --- the container's side ---


async def ContainerHello(plane: ControlPlane, request: Message) -> None:
    """Nothing to do: a container's end is noticed by its process."""


ContainerHeartbeat = ContainerHello


async def ContainerStop(plane: ControlPlane, request: api_pb2.ContainerStopRequest, caller: Container) -> None:
    """The container takes no more inputs; queued inputs go to other containers."""
    caller.stopping = True
    caller.function.queued.notify()
    if caller.function.queue:
        plane.start_container(caller.function)


async def TaskResult(plane: ControlPlane, request: api_pb2.TaskResultRequest, caller: Container) -> None:
    """The container could not start its service: the queued inputs fail with its reason."""
    caller.failure = request.result
    _note_failure(plane, caller, request.result)
    fail_queued(caller.function, request.result)
    caller.changed.notify()


async def FunctionGetInputs(
    plane: ControlPlane, request: api_pb2.FunctionGetInputsRequest, caller: Container
) -> Fields:
    function = caller.function
    if not caller.ready and not function.definition.http_config.port:  # a server is ready when its port answers
        caller.ready = True
        caller.changed.notify()
        plane.note(EventKind.CONTAINER_READY, function.tag)
    deadline = time.monotonic() + GET_INPUTS_POLL_S
    while not caller.stopping:
        if function.queue:
            return {"inputs": [_take(plane, caller)]}
        if not await function.queued.wait(deadline - time.monotonic()):
            return {}
    return {"inputs": [api_pb2.FunctionGetInputsItem(kill_switch=True)]}


def _take(plane: ControlPlane, container: Container) -> api_pb2.FunctionGetInputsItem:
    """Move the next queued input to `container`."""
    item = container.function.queue.popleft()
    item.container = container
    container.running[item.id] = item
    retries.limit_time(plane, item, container)
    if item.works and not item.payload.final_input:
        asyncio.get_running_loop().call_soon(plane.at_work, container)
    return compatible(
        api_pb2.FunctionGetInputsItem,
        input_id=item.id,
        input=item.payload,
        function_call_id=item.call.id,
        function_call_invocation_type=item.call.invocation,
    )


async def FunctionGetDynamicConcurrency(
    plane: ControlPlane, request: api_pb2.FunctionGetDynamicConcurrencyRequest
) -> Fields:
    return {"concurrency": request.max_concurrency}


async def FunctionCallGetDataIn(
    plane: ControlPlane, request: api_pb2.FunctionCallGetDataRequest
) -> AsyncIterator[api_pb2.DataChunk]:
    async for chunk in plane.calls[request.function_call_id].data_in.read(request.last_index):
        yield chunk


async def FunctionCallPutDataOut(
    plane: ControlPlane, request: api_pb2.FunctionCallPutDataRequest, caller: Container
) -> None:
    call = plane.calls[request.function_call_id]
    if any(item.container is caller for item in call.inputs.values()):  # not an input that was taken from it
        for chunk in request.data_chunks:
            call.data_out.put(chunk)


async def FunctionPutOutputs(
    plane: ControlPlane, request: api_pb2.FunctionPutOutputsRequest, caller: Container
) -> None:
    for output in request.outputs:
        item = plane.inputs.get(output.input_id)
        if item and item.container is caller:  # not an input that was taken from it
            if output.result.status == api_pb2.GenericResult.GENERIC_STATUS_FAILURE:
                _note_failure(plane, caller, output.result)
            settle(plane, item, output.result, output.data_format)


def _note_failure(plane: ControlPlane, container: Container, result: api_pb2.GenericResult) -> None:
    """Code of the app raised an exception."""
    plane.note(EventKind.CODE_RAISED, container.function.tag, result.exception, trace=result.traceback)
