"""The RPC service in memory, with the SDK's own client stub, and handlers that need no container process."""

import asyncio
import socket

import pytest
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.testing import ChannelFor
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientStub

from modal_serve_gen.rehearsal.control_plane import apps, calls, deployments, rpc, servers
from modal_serve_gen.rehearsal.control_plane.state import App, Container, ControlPlane, Function


@pytest.fixture
def plane(tmp_path) -> ControlPlane:
    return ControlPlane(tmp_path)


@pytest.fixture
def function(plane) -> Function:
    app = App("ap-1", "app")
    function = Function("fu-1", app, "serve")
    plane.apps[app.id], plane.functions[function.id], app.functions["serve"] = app, function, function
    return function


def container(plane: ControlPlane, function: Function, **fields) -> Container:
    new = Container(plane.new_id("ta"), function, plane.folder, 1, **fields)
    function.containers.append(new)
    return new


def call(plane: ControlPlane, method: str, request, caller: Container | None = None, handlers=None):
    """The service's reply to one request."""

    async def main():
        async with ChannelFor([rpc.Service(plane, handlers or rpc.handlers(), caller)]) as channel:
            return await getattr(ModalClientStub(channel), method)(request)

    return asyncio.run(main())


def test_replies_omit_fields_that_the_protocol_lacks(plane):
    async def WorkspaceNameLookup(plane, request):
        return {"workspace_name": "mine", "of_a_later_protocol": 1}

    handlers = {"WorkspaceNameLookup": WorkspaceNameLookup}
    assert call(plane, "WorkspaceNameLookup", Empty(), handlers=handlers).workspace_name == "mine"
    assert rpc.compatible(api_pb2.TaskLogs, data="text", of_a_later_protocol=1) == api_pb2.TaskLogs(data="text")


def test_a_handler_without_a_result_sends_an_empty_reply(plane, function):
    caller = container(plane, function)
    request = api_pb2.ContainerStopRequest()
    assert call(plane, "ContainerStop", request, caller) == api_pb2.ContainerStopResponse()
    assert caller.stopping and caller.connected


def test_an_unknown_rpc_is_unimplemented_and_recorded_once(plane):
    for _ in range(2):
        with pytest.raises(GRPCError) as refusal:
            call(plane, "SandboxList", api_pb2.SandboxListRequest())
        assert refusal.value.status is Status.UNIMPLEMENTED and "SandboxList (modal.Sandbox)" in refusal.value.message
    assert plane.unimplemented == ["SandboxList"] and not plane.internal_errors


def test_an_error_of_a_handler_is_recorded(plane):
    with pytest.raises(GRPCError) as refusal:
        call(plane, "FunctionGetOutputs", api_pb2.FunctionGetOutputsRequest(function_call_id="fc-9"))
    assert refusal.value.status is Status.INTERNAL and isinstance(plane.internal_errors[0], KeyError)


def test_inputs_keep_their_index_and_go_to_a_container_in_order(plane, function):
    request = api_pb2.FunctionMapRequest(function_id="fu-1", function_call_type=api_pb2.FUNCTION_CALL_TYPE_MAP)
    request.pipelined_inputs.add(idx=0).input.args = b"a"
    started = call(plane, "FunctionMap", request)
    more = api_pb2.FunctionPutInputsRequest(function_call_id=started.function_call_id)
    for idx, args in ((5, b"b"), (2, b"c")):
        more.inputs.add(idx=idx).input.args = args
    put = call(plane, "FunctionPutInputs", more)
    assert [row.idx for row in (*started.pipelined_inputs, *put.inputs)] == [0, 5, 2]

    caller = container(plane, function)
    take = [call(plane, "FunctionGetInputs", api_pb2.FunctionGetInputsRequest(), caller).inputs[0] for _ in range(3)]
    assert [row.input.args for row in take] == [b"a", b"b", b"c"] and caller.ready
    assert {row.function_call_id for row in take} == {started.function_call_id}
    assert list(caller.running) == [row.input_id for row in take]

    outputs = api_pb2.FunctionPutOutputsRequest()
    outputs.outputs.add(input_id=take[1].input_id).result.status = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
    call(plane, "FunctionPutOutputs", outputs, container(plane, function))
    assert not plane.inputs[take[1].input_id].output, "of a container that does not have this input"
    call(plane, "FunctionPutOutputs", outputs, caller)
    ask = api_pb2.FunctionGetOutputsRequest(function_call_id=started.function_call_id, max_values=1)
    finished = call(plane, "FunctionGetOutputs", ask)
    assert ([row.idx for row in finished.outputs], finished.num_unfinished_inputs) == ([5], 2)


def test_a_stopping_container_takes_no_inputs(plane, function):
    calls.submit(plane, function, api_pb2.FunctionInput())
    (item,) = call(
        plane, "FunctionGetInputs", api_pb2.FunctionGetInputsRequest(), container(plane, function, stopping=True)
    ).inputs
    assert item.kill_switch and len(function.queue) == 1


def test_health_checks_and_final_inputs_do_not_count_as_work(plane, function):
    """Faults are injected while a container works, not in a health check or at the end of a build function."""
    busy = []
    plane.at_work = busy.append
    caller = container(plane, function)
    for payload, works in (
        (api_pb2.FunctionInput(), False),
        (api_pb2.FunctionInput(final_input=True), True),
        (api_pb2.FunctionInput(), True),
    ):
        calls.submit(plane, function, payload, works=works)
        call(plane, "FunctionGetInputs", api_pb2.FunctionGetInputsRequest(), caller)
    assert busy == [caller]


def test_a_function_is_described_in_the_fields_that_the_sdk_reads(plane, function):
    definition = api_pb2.Function(function_name="serve", function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION)
    definition.secret_ids.append("st-1")
    definition.method_definitions["chat"].function_name = "Model.chat"
    definition.autoscaler_settings.max_containers = 3
    request = api_pb2.FunctionCreateRequest(app_id="ap-1", function=definition, existing_function_id="fu-1")
    for _ in range(2):  # the second time it is deployed again
        reply = call(plane, "FunctionCreate", request)
    assert reply.handle_metadata.function_name == "serve"
    assert (reply.handle_metadata.definition_id, reply.handle_metadata.app_id) == ("de-1", "ap-1")
    assert reply.handle_metadata.function_type == definition.function_type
    data = reply.function_data
    assert list(data.method_definitions) == ["chat"] and data.method_definitions["chat"].function_name == "Model.chat"
    assert data.autoscaler_settings.max_containers == 3
    assert list(data.ranked_functions[0].function.secret_ids) == ["st-1"]


def test_a_method_keeps_its_url_and_its_lists_do_not_grow(plane, function):
    urls = iter(("http://one", "http://two"))

    async def open_url(function, method):
        return next(urls)

    plane.open_url = open_url
    request = api_pb2.FunctionPrecreateRequest(app_id="ap-1", function_name="Model", existing_function_id="fu-1")
    method = request.method_definitions["chat"]
    method.webhook_config.type = api_pb2.WEBHOOK_TYPE_FUNCTION
    method.supported_output_formats.append(api_pb2.DATA_FORMAT_ASGI)
    for _ in range(2):
        described = call(plane, "FunctionPrecreate", request).handle_metadata.method_handle_metadata["chat"]
        assert (described.web_url, described.use_method_name, described.is_method) == ("http://one", "chat", True)
        assert list(described.supported_output_formats) == [api_pb2.DATA_FORMAT_ASGI]


def test_a_missing_object_is_refused_with_the_existing_names(plane, function):
    function.app.name, function.app.state = "app", api_pb2.APP_STATE_DEPLOYED
    assert call(plane, "FunctionGet", api_pb2.FunctionGetRequest(app_name="app", object_tag="serve")).function_id
    for method, request, message in (
        ("FunctionGet", api_pb2.FunctionGetRequest(app_name="app", object_tag="x"), "no function 'x'; it has: serve"),
        ("ClassGet", api_pb2.ClassGetRequest(app_name="app", object_tag="x"), "no class 'x'; it has: none"),
    ):
        with pytest.raises(GRPCError, match=message) as refusal:
            call(plane, method, request)
        assert refusal.value.status is Status.NOT_FOUND


def test_apps_and_their_containers_are_listed(plane, function):
    live = container(plane, function)
    container(plane, function, exit_code=0)
    other = plane.apps["ap-2"] = App("ap-2", "other")
    assert [(app.app_id, app.n_running_tasks) for app in call(plane, "AppList", api_pb2.AppListRequest()).apps] == [
        ("ap-1", 1),
        ("ap-2", 0),
    ]
    for app_id, tasks in (("", [live.id]), ("ap-1", [live.id]), (other.id, [])):
        listed = call(plane, "TaskList", api_pb2.TaskListRequest(app_id=app_id)).tasks
        assert [task.task_id for task in listed] == tasks


def test_logs_are_counted_by_time_and_kind(plane, function):
    for descriptor in (api_pb2.FILE_DESCRIPTOR_STDOUT, api_pb2.FILE_DESCRIPTOR_STDOUT, api_pb2.FILE_DESCRIPTOR_STDERR):
        apps.log(plane, function.app, "text", descriptor)
    for batch, timestamp in zip(function.app.logs, (10, 19, 20), strict=True):
        batch.items[0].timestamp = timestamp
    reply = call(plane, "AppCountLogs", api_pb2.AppCountLogsRequest(app_id="ap-1", bucket_secs=10))
    rows = [(row.bucket_start_at.seconds, row.stdout_logs, row.stderr_logs) for row in reply.buckets]
    assert (reply.app_id, rows) == ("ap-1", [(10, 2, 0), (20, 0, 1)])


def test_statistics_of_a_server(plane, function):
    """A container that was stopped does not count as an error, whatever its exit code."""
    function.answered.update({200: 3, 503: 1})
    for fields in ({"exit_code": 1}, {"exit_code": 1, "stopping": True}, {"exit_code": 0}, {"ready": True}, {}):
        container(plane, function, **fields)
    reply = call(plane, "ServerGetTimeRangeStats", api_pb2.ServerGetTimeRangeStatsRequest(function_id="fu-1"))
    assert reply.request_count == 4
    assert [(row.status_code, row.count) for row in reply.request_count_by_status_code] == [(200, 3), (503, 1)]
    assert (reply.container_started_count, reply.container_error_count) == (5, 1)
    assert (reply.container_creating_at_end_count, reply.container_total_count) == (1, 2)


def test_only_containers_that_serve_are_listed(plane, function):
    function.definition.http_config.port = 8000
    serving = container(plane, function, ready=True, entered=True, host="127.9.9.2")
    container(plane, function, ready=True)
    container(plane, function, entered=True)
    (row,) = call(plane, "FlashContainerList", api_pb2.FlashContainerListRequest(function_id="fu-1")).containers
    assert (row.task_id, row.host, row.port) == (serving.id, "127.9.9.2", 8000)


def test_an_app_is_looked_up_by_name_or_created(plane, function):
    function.app.name, function.app.state = "app", api_pb2.APP_STATE_DEPLOYED
    server = function.app.functions["api"] = Function("fu-2", function.app, "api")
    server.definition.is_server = True
    reply = call(plane, "AppGetOrCreate", api_pb2.AppGetOrCreateRequest(app_name="app"))
    assert reply.app_id == "ap-1"
    assert (dict(reply.handle_metadata.functions), dict(reply.handle_metadata.servers)) == (
        {"serve": "fu-1"},
        {"api": "fu-2"},
    )
    assert reply.handle_metadata.lifecycle.app_state == api_pb2.APP_STATE_DEPLOYED
    with pytest.raises(GRPCError, match="no app 'new' is deployed"):
        call(plane, "AppGetOrCreate", api_pb2.AppGetOrCreateRequest(app_name="new"))
    creation = api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING
    request = api_pb2.AppGetOrCreateRequest(app_name="new", object_creation_type=creation)
    created = call(plane, "AppGetOrCreate", request).app_id
    assert deployments.deployed(plane, "new").id == created == call(plane, "AppGetOrCreate", request).app_id


def test_a_server_answers_once_its_port_accepts_connections(plane, function):
    server = container(plane, function, host="127.0.0.1")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert not asyncio.run(servers._answers(server, port))
        listener.listen()
        assert asyncio.run(servers._answers(server, port))


def test_a_client_may_send_heartbeats_until_its_app_has_ended(plane, function):
    """It waits while the containers stop; errors of its heartbeats would be printed over the app's last lines."""
    function.app.ending = True
    call(plane, "AppHeartbeat", api_pb2.AppHeartbeatRequest(app_id="ap-1"))
    function.app.done = True
    with pytest.raises(GRPCError) as refusal:
        call(plane, "AppHeartbeat", api_pb2.AppHeartbeatRequest(app_id="ap-1"))
    assert refusal.value.status == Status.NOT_FOUND
