"""RPC handlers for Dicts and Queues, which are kept in memory until the end of the rehearsal."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import limits
from modal_serve_gen.rehearsal.control_plane.data import DictObject, QueueObject
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

MOST_ITEMS = 5000  # of one partition of a Queue (modal.Queue's documentation)


Creation = api_pb2.DictGetOrCreateRequest | api_pb2.QueueGetOrCreateRequest | api_pb2.SharedVolumeGetOrCreateRequest


def find(plane: ControlPlane, kind: str, request: Creation, names: Mapping[str, str]) -> str:
    """The id of the object that `request` names, among `names` by id; '' if it has to be created.

    One that the app expects to exist is assumed to: it may belong to another app of the account.
    """
    name, creation = request.deployment_name, request.object_creation_type
    if not name:
        return ""
    limits.check_name(kind, name)
    known = next((object_id for object_id, known in names.items() if known == name), "")
    if known and creation == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        raise GRPCError(Status.ALREADY_EXISTS, f"{kind} '{name}' already exists.")
    if not known and creation == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
        plane.substitute(f"{kind} {name!r}: assumed to exist on Modal, since the app does not create it; empty here")
    return known


# --- Dicts ---


async def DictGetOrCreate(plane: ControlPlane, request: api_pb2.DictGetOrCreateRequest) -> Fields:
    dict_id = find(plane, "Dict", request, {key: item.name for key, item in plane.dicts.items()})
    if not dict_id:
        dict_id = plane.new_id("di")
        plane.dicts[dict_id] = DictObject(request.deployment_name)
        plane.dicts[dict_id].entries |= {entry.key: entry.value for entry in request.data}
    return await DictGetById(plane, api_pb2.DictGetByIdRequest(dict_id=dict_id))


async def DictGetById(plane: ControlPlane, request: api_pb2.DictGetByIdRequest) -> Fields:
    fields: dict[str, object] = {"dict_id": request.dict_id}
    if hasattr(api_pb2, "DictMetadata"):
        fields["metadata"] = compatible(api_pb2.DictMetadata, name=_dict(plane, request.dict_id).name)
    return fields


def _dict(plane: ControlPlane, dict_id: str) -> DictObject:
    if dict_id not in plane.dicts:
        raise GRPCError(Status.NOT_FOUND, f"Dict {dict_id} not found.")
    return plane.dicts[dict_id]


async def DictHeartbeat(plane: ControlPlane, request: api_pb2.DictHeartbeatRequest) -> None:
    """Nothing to do: Dicts are kept until the end of the rehearsal."""


async def DictDelete(plane: ControlPlane, request: api_pb2.DictDeleteRequest) -> None:
    _dict(plane, request.dict_id)
    del plane.dicts[request.dict_id]


async def DictClear(plane: ControlPlane, request: api_pb2.DictClearRequest) -> None:
    _dict(plane, request.dict_id).entries.clear()


async def DictGet(plane: ControlPlane, request: api_pb2.DictGetRequest) -> Fields:
    value = _dict(plane, request.dict_id).entries.get(request.key)
    return {"found": value is not None, "value": value}


async def DictContains(plane: ControlPlane, request: api_pb2.DictContainsRequest) -> Fields:
    return {"found": request.key in _dict(plane, request.dict_id).entries}


async def DictLen(plane: ControlPlane, request: api_pb2.DictLenRequest) -> Fields:
    return {"len": len(_dict(plane, request.dict_id).entries)}


async def DictUpdate(plane: ControlPlane, request: api_pb2.DictUpdateRequest) -> Fields:
    entries, created = _dict(plane, request.dict_id).entries, False
    for entry in request.updates:
        if entry.key not in entries or not getattr(request, "if_not_exists", False):
            created = created or entry.key not in entries
            entries[entry.key] = entry.value
    return {"created": created}


async def DictPop(plane: ControlPlane, request: api_pb2.DictPopRequest) -> Fields:
    value = _dict(plane, request.dict_id).entries.pop(request.key, None)
    return {"found": value is not None, "value": value}


async def DictContents(plane: ControlPlane, request: api_pb2.DictContentsRequest) -> AsyncIterator[api_pb2.DictEntry]:
    for key, value in list(_dict(plane, request.dict_id).entries.items()):
        yield api_pb2.DictEntry(key=key, value=value if request.values else b"")


# --- Queues ---


async def QueueGetOrCreate(plane: ControlPlane, request: api_pb2.QueueGetOrCreateRequest) -> Fields:
    queue_id = find(plane, "Queue", request, {key: item.name for key, item in plane.queues.items()})
    if not queue_id:
        queue_id = plane.new_id("qu")
        plane.queues[queue_id] = QueueObject(request.deployment_name)
    return await QueueGetById(plane, api_pb2.QueueGetByIdRequest(queue_id=queue_id))


async def QueueGetById(plane: ControlPlane, request: api_pb2.QueueGetByIdRequest) -> Fields:
    fields: dict[str, object] = {"queue_id": request.queue_id}
    if hasattr(api_pb2, "QueueMetadata"):
        fields["metadata"] = compatible(api_pb2.QueueMetadata, name=_queue(plane, request.queue_id).name)
    return fields


def _queue(plane: ControlPlane, queue_id: str) -> QueueObject:
    if queue_id not in plane.queues:
        raise GRPCError(Status.NOT_FOUND, f"Queue {queue_id} not found.")
    return plane.queues[queue_id]


async def QueueHeartbeat(plane: ControlPlane, request: api_pb2.QueueHeartbeatRequest) -> None:
    """Nothing to do: Queues are kept until the end of the rehearsal."""


async def QueueDelete(plane: ControlPlane, request: api_pb2.QueueDeleteRequest) -> None:
    _queue(plane, request.queue_id)
    del plane.queues[request.queue_id]


async def QueueClear(plane: ControlPlane, request: api_pb2.QueueClearRequest) -> None:
    queue = _queue(plane, request.queue_id)
    for partition in list(queue.partitions) if request.all_partitions else [request.partition_key]:
        queue.partitions.pop(partition, None)


async def QueuePut(plane: ControlPlane, request: api_pb2.QueuePutRequest) -> None:
    queue = _queue(plane, request.queue_id)
    if len(queue.partitions.get(request.partition_key, [])) + len(request.values) > MOST_ITEMS:
        raise GRPCError(Status.RESOURCE_EXHAUSTED, f"The Queue is full: {MOST_ITEMS} items in one partition.")
    queue.put(request.partition_key, list(request.values))


async def QueueGet(plane: ControlPlane, request: api_pb2.QueueGetRequest) -> Fields:
    queue, partition = _queue(plane, request.queue_id), request.partition_key
    await queue.changed.until(lambda: bool(queue.partitions.get(partition)), request.timeout)
    return {"values": queue.take(partition, request.n_values)}


async def QueueLen(plane: ControlPlane, request: api_pb2.QueueLenRequest) -> Fields:
    queue = _queue(plane, request.queue_id)
    partitions = queue.partitions.values() if request.total else [queue.partitions.get(request.partition_key, [])]
    return {"len": sum(map(len, partitions))}


async def QueueNextItems(plane: ControlPlane, request: api_pb2.QueueNextItemsRequest) -> Fields:
    """Items after the last one that the client has seen, which stay in the queue."""
    queue, last = _queue(plane, request.queue_id), int(request.last_entry_id or 0)
    deadline = time.monotonic() + request.item_poll_timeout

    def newer() -> list[tuple[int, bytes]]:
        return [item for item in queue.partitions.get(request.partition_key, []) if item[0] > last]

    await queue.changed.until(lambda: bool(newer()), deadline - time.monotonic())
    return {"items": [api_pb2.QueueItem(value=value, entry_id=str(number)) for number, value in newer()]}
