"""RPC handlers for past logs."""

from __future__ import annotations

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

COUNTERS = {  # file descriptor of a log item -> field of a bucket that counts it
    api_pb2.FILE_DESCRIPTOR_STDOUT: "stdout_logs",
    api_pb2.FILE_DESCRIPTOR_STDERR: "stderr_logs",
    api_pb2.FILE_DESCRIPTOR_INFO: "system_logs",
}


async def AppFetchLogs(plane: ControlPlane, request: api_pb2.AppFetchLogsRequest) -> Fields:
    """The newest `limit` entries of a time range, oldest first."""
    batches = _matching(plane, request)
    return {"batches": batches[-request.limit :] if request.limit else batches}


async def AppCountLogs(plane: ControlPlane, request: api_pb2.AppCountLogsRequest) -> Fields:
    buckets: dict[int, api_pb2.AppCountLogsResponse.LogBucket] = {}
    width = request.bucket_secs or 1
    for batch in _matching(plane, request):
        start = int(batch.items[0].timestamp // width) * width
        if start not in buckets:
            buckets[start] = api_pb2.AppCountLogsResponse.LogBucket()
            buckets[start].bucket_start_at.FromSeconds(start)
        field = COUNTERS.get(batch.items[0].file_descriptor, "system_logs")
        setattr(buckets[start], field, getattr(buckets[start], field) + 1)
    return {"app_id": request.app_id, "buckets": list(buckets.values())}


def _matching(
    plane: ControlPlane, request: api_pb2.AppFetchLogsRequest | api_pb2.AppCountLogsRequest
) -> list[api_pb2.TaskLogsBatch]:
    app = plane.app(request.app_id)
    ids = {request.function_id, getattr(request, "parametrized_function_id", "")} - {""}
    tasks = {container.id for id in ids if id in plane.functions for container in plane.functions[id].containers}
    batches = []
    for batch in app.logs:
        item = batch.items[0]  # apps.log puts one into each batch
        matches = (
            (not ids or batch.task_id in tasks)
            and request.task_id in ("", batch.task_id)
            and request.source in (api_pb2.FILE_DESCRIPTOR_UNSPECIFIED, item.file_descriptor)
            and request.search_text in item.data
            and (not request.HasField("since") or item.timestamp >= request.since.ToNanoseconds() / 1e9)
            and (not request.HasField("until") or item.timestamp <= request.until.ToNanoseconds() / 1e9)
        )
        if matches:
            batches.append(batch)
    return batches
