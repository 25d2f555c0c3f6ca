"""RPC handlers for calls: inputs on their way from callers to containers, outputs on their way back."""

import asyncio
import time

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import retries
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Call, Container, Function, Input, Plane, Stream

GET_INPUTS_POLL_S = 20
INTERNAL_FAILURE = api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE


def submit(
    plane: Plane,
    function: Function,
    payload: api_pb2.FunctionInput,
    call: Call | None = None,
    idx: int | None = None,
    works: bool = True,
) -> Input:
    """Queue one input of `function` (in a new call unless one is given) and see that a container will take it."""
    if call is None:
        call = new_call(plane, function, api_pb2.FUNCTION_CALL_TYPE_UNARY, 0)
    item = Input(plane.new_id("in"), call, len(call.inputs) if idx is None else idx, payload, works=works)
    call.inputs[item.id] = item
    plane.inputs[item.id] = item
    function.queue.append(item)
    function.queued.notify()
    plane.start_container(function)
    return item


def new_call(plane: Plane, function: Function, call_type: int, invocation: int) -> Call:
    call = Call(plane.new_id("fc"), function, call_type, invocation)
    plane.calls[call.id] = call
    return call


def settle(
    plane: Plane, item: Input, result: api_pb2.GenericResult, data_format: int = api_pb2.DATA_FORMAT_PICKLE
) -> None:
    """Give `item` the result of one try, or have it tried again where that failed."""
    if item.output is None and not retries.again(plane, item, result):
        finish(item, result, data_format)


def finish(item: Input, result: api_pb2.GenericResult, data_format: int = api_pb2.DATA_FORMAT_PICKLE) -> None:
    """Give `item` its result, once, and wake whoever waits for it."""
    if item.output is not None:
        return
    item.output = reply(
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
    """Answer everything that waits for `function` with `result`: nobody will come to take it."""
    while function.queue:
        finish(function.queue.popleft(), result)


# --- the caller's side ---


async def FunctionMap(plane: Plane, request, caller: Container | None):
    function = _function(plane, request.function_id)
    if function.app.stopped_at:
        raise GRPCError(
            Status.NOT_FOUND, f"App {function.app.description} was stopped; {function.tag} is gone with it."
        )
    call = new_call(plane, function, request.function_call_type, request.function_call_invocation_type)
    pipelined = [
        api_pb2.FunctionPutInputsResponseItem(
            idx=item.idx, input_id=submit(plane, function, item.input, call).id, input_jwt="jwt"
        )
        for item in request.pipelined_inputs
    ]
    return reply(
        answer("FunctionMap"),
        function_call_id=call.id,
        function_call_jwt="jwt",
        pipelined_inputs=pipelined,
        max_inputs_outstanding=1000,
    )


async def FunctionPutInputs(plane: Plane, request, caller):
    """More inputs of a `.map`."""
    call = plane.calls[request.function_call_id]
    items = [
        api_pb2.FunctionPutInputsResponseItem(
            idx=item.idx, input_id=submit(plane, call.function, item.input, call, item.idx).id, input_jwt="jwt"
        )
        for item in request.inputs
    ]
    return reply(answer("FunctionPutInputs"), inputs=items)


async def FunctionFinishInputs(plane: Plane, request, caller):
    return Empty()


async def FunctionGetCurrentStats(plane: Plane, request, caller):
    function = _function(plane, request.function_id)
    there = [each for each in function.containers if each.exit_code is None]
    return reply(
        answer("FunctionGetCurrentStats"),
        backlog=len(function.queue),
        num_total_tasks=len(there),
        num_running_inputs=sum(len(each.running) for each in there),
    )


async def FunctionGetOutputs(plane: Plane, request, caller):
    call = plane.calls[request.function_call_id]
    # Two ways of paging: by index (`.remote`) or by the last entry seen (`.map`).
    start = int(request.last_entry_id.partition("-")[0] or 0) if request.last_entry_id else 0
    deadline = time.monotonic() + request.timeout
    while len(call.finished) <= start and await call.changed.wait(deadline - time.monotonic()):
        pass
    outputs = call.finished[start : start + (request.max_values or None) if request.max_values else None]
    return reply(
        answer("FunctionGetOutputs"),
        outputs=outputs,
        idxs=[item.idx for item in outputs],
        last_entry_id=f"{start + len(outputs)}-0",
        num_unfinished_inputs=len(call.inputs) - len(call.finished),
    )


async def FunctionCallGetDataOut(plane: Plane, request, caller):
    async for chunk in read(plane.calls[request.function_call_id].data_out, request.last_index):
        yield chunk


# --- the container's side ---


async def ContainerHello(plane: Plane, request, caller: Container):
    return Empty()


async def ContainerHeartbeat(plane: Plane, request, caller: Container):
    return reply(answer("ContainerHeartbeat"))


async def ContainerStop(plane: Plane, request, caller: Container):
    """The container asks for no more inputs; what waits goes to others."""
    caller.stopping = True
    caller.function.queued.notify()
    if caller.function.queue:
        plane.start_container(caller.function)
    return reply(answer("ContainerStop"))


async def TaskResult(plane: Plane, request, caller: Container):
    """The container could not start its service: everybody who waits hears why, in its own words."""
    caller.failure = request.result
    fail_queued(caller.function, request.result)
    caller.changed.notify()
    return Empty()


async def FunctionGetInputs(plane: Plane, request, caller: Container):
    function = caller.function
    if not caller.ready and not function.definition.http_config.port:  # a server's container is ready at its port
        caller.ready = True
        caller.changed.notify()
        plane.note(f"ready: {function.tag}")
    deadline = time.monotonic() + GET_INPUTS_POLL_S
    while not caller.stopping:
        if function.queue:
            item = function.queue.popleft()
            item.container = caller
            caller.running[item.id] = item
            retries.limit(plane, item, caller)
            if item.works and not item.payload.final_input:
                asyncio.get_running_loop().call_soon(plane.at_work, caller)
            return reply(
                answer("FunctionGetInputs"),
                inputs=[
                    reply(
                        api_pb2.FunctionGetInputsItem,
                        input_id=item.id,
                        input=item.payload,
                        function_call_id=item.call.id,
                        function_call_invocation_type=item.call.invocation,
                    )
                ],
            )
        if not await function.queued.wait(deadline - time.monotonic()):
            return reply(answer("FunctionGetInputs"))
    return reply(answer("FunctionGetInputs"), inputs=[api_pb2.FunctionGetInputsItem(kill_switch=True)])


async def FunctionGetDynamicConcurrency(plane: Plane, request, caller: Container):
    return reply(answer("FunctionGetDynamicConcurrency"), concurrency=request.max_concurrency)


async def FunctionCallGetDataIn(plane: Plane, request, caller: Container):
    async for chunk in read(plane.calls[request.function_call_id].data_in, request.last_index):
        yield chunk


async def FunctionCallPutDataOut(plane: Plane, request, caller: Container):
    call = plane.calls[request.function_call_id]
    if any(item.container is caller for item in call.inputs.values()):  # not one that was taken from it
        for chunk in request.data_chunks:
            call.data_out.put(chunk)
    return Empty()


async def FunctionPutOutputs(plane: Plane, request, caller: Container):
    for output in request.outputs:
        item = plane.inputs.get(output.input_id)
        if item and item.container is caller:  # not one that was taken from it
            settle(plane, item, output.result, output.data_format)
    return Empty()


async def read(stream: Stream, after: int):
    """Chunks of `stream` with an index above `after`, as they come, until it is closed."""
    position = 0
    while True:
        while position < len(stream.chunks):
            chunk = stream.chunks[position]
            position += 1
            if chunk.index > after:
                yield chunk
        if stream.closed:
            return
        await stream.changed.wait(3600)


def _function(plane: Plane, function_id: str) -> Function:
    if function_id not in plane.functions:
        raise GRPCError(Status.NOT_FOUND, f"Function {function_id} not found.")
    return plane.functions[function_id]
