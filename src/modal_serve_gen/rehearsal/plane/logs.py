"""RPC handlers for logs that were written before they are asked for."""

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Plane

DESCRIPTORS = {  # of a log's item -> the field of a bucket that counts it
    api_pb2.FILE_DESCRIPTOR_STDOUT: "stdout_logs",
    api_pb2.FILE_DESCRIPTOR_STDERR: "stderr_logs",
    api_pb2.FILE_DESCRIPTOR_INFO: "system_logs",
}


async def AppFetchLogs(plane: Plane, request, caller):
    """The newest `limit` entries of a time range, oldest first."""
    found = _logged(plane, request)
    return reply(answer("AppFetchLogs"), batches=found[-request.limit :] if request.limit else found)


async def AppCountLogs(plane: Plane, request, caller):
    counted = reply(answer("AppCountLogs"), app_id=request.app_id)
    buckets, width = {}, request.bucket_secs or 1
    for batch in _logged(plane, request):
        start = int(batch.items[0].timestamp // width) * width
        if start not in buckets:
            buckets[start] = counted.buckets.add()
            buckets[start].bucket_start_at.FromSeconds(start)
        field = DESCRIPTORS.get(batch.items[0].file_descriptor, "system_logs")
        setattr(buckets[start], field, getattr(buckets[start], field) + 1)
    return counted


def _logged(plane: Plane, request) -> list[api_pb2.TaskLogsBatch]:
    if request.app_id not in plane.apps:
        raise GRPCError(Status.NOT_FOUND, f"App {request.app_id} not found.")
    ids = {request.function_id, getattr(request, "parametrized_function_id", "")} - {""}
    tasks = {each.id for id in ids if id in plane.functions for each in plane.functions[id].containers}
    found = []
    for batch in plane.apps[request.app_id].logs:
        item = batch.items[0]  # apps.log puts one into each
        wanted = (
            (not ids or batch.task_id in tasks)
            and request.task_id in ("", batch.task_id)
            and request.source in (api_pb2.FILE_DESCRIPTOR_UNSPECIFIED, item.file_descriptor)
            and request.search_text in item.data
            and (not request.HasField("since") or item.timestamp >= request.since.ToNanoseconds() / 1e9)
            and (not request.HasField("until") or item.timestamp <= request.until.ToNanoseconds() / 1e9)
        )
        if wanted:
            found.append(batch)
    return found
