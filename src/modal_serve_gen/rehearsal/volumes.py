"""RPC handlers for Volumes by name: found, made, committed, reloaded.

A Volume is a folder that its containers see directly, at once and all the same; commits and reloads have nothing to do.
"""

from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.rpc import answer, reply
from modal_serve_gen.rehearsal.state import Container, Plane

AT_ONCE = "Volumes: one folder for all containers, so a missing commit() or reload() does not show"


async def VolumeGetOrCreate(plane: Plane, request, caller: Container | None):
    name = request.deployment_name or plane.new_id("anonymous")
    if set(name) == {"."}:  # which the SDK lets pass
        raise GRPCError(Status.INVALID_ARGUMENT, f"{name!r} is no name for a Volume.")
    volume_id = next((known_id for known_id, known in plane.volumes.items() if known == name), None)
    there = volume_id is not None or (plane.volumes_folder / name).is_dir()  # kept from another rehearsal
    if not there and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
        raise GRPCError(Status.NOT_FOUND, f"Volume '{name}' not found in environment '{plane.environment}'.")
    if there and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        raise GRPCError(Status.ALREADY_EXISTS, f"Volume '{name}' already exists.")
    if volume_id is None:
        volume_id = plane.new_id("vo")
        plane.volumes[volume_id] = name
        plane.volume_versions[volume_id] = request.version or api_pb2.VOLUME_FS_VERSION_V1
    plane.volume_path(volume_id)
    return reply(
        answer("VolumeGetOrCreate"),
        volume_id=volume_id,
        version=plane.volume_versions[volume_id],
        metadata=metadata(plane, volume_id),
    )


async def VolumeGetById(plane: Plane, request, caller):
    root(plane, request.volume_id)
    return reply(answer("VolumeGetById"), volume_id=request.volume_id, metadata=metadata(plane, request.volume_id))


def metadata(plane: Plane, volume_id: str) -> api_pb2.VolumeMetadata:
    """What the SDK keeps of a Volume; by the version it chooses how to upload."""
    version = plane.volume_versions.get(volume_id, api_pb2.VOLUME_FS_VERSION_V1)
    return reply(api_pb2.VolumeMetadata, name=plane.volumes[volume_id], version=version)


async def VolumeHeartbeat(plane: Plane, request, caller):
    return Empty()


async def VolumeCommit(plane: Plane, request, caller):
    return reply(answer("VolumeCommit"), skip_reload=True)


async def VolumeReload(plane: Plane, request, caller):
    plane.substitute(AT_ONCE)
    return Empty()


def root(plane: Plane, volume_id: str) -> Path:
    """The folder that is Volume `volume_id`."""
    if volume_id not in plane.volumes:
        raise GRPCError(Status.NOT_FOUND, f"Volume {volume_id} not found.")
    return plane.volume_path(volume_id)
