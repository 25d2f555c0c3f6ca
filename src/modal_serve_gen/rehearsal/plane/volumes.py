"""RPC handlers for Volumes by name: found, made, committed, reloaded.

A Volume is a folder that its containers see directly, at once and all the same; commits and reloads have nothing to do.
"""

from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import limits
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Container, Plane

AT_ONCE = "Volumes: one folder for all containers, so a missing commit() or reload() does not show"


async def VolumeGetOrCreate(plane: Plane, request, caller: Container | None):
    name = request.deployment_name or plane.new_id("anonymous")
    limits.check_name("Volume", name)
    volume_id = next((known_id for known_id, known in plane.volumes.items() if known == name), None)
    there = volume_id is not None or (plane.volumes_folder / name).is_dir()  # kept from another rehearsal
    if not there and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
        raise GRPCError(Status.NOT_FOUND, f"Volume '{name}' not found in environment '{plane.environment}'.")
    if there and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        raise GRPCError(Status.ALREADY_EXISTS, f"Volume '{name}' already exists.")
    if volume_id is None:
        volume_id = plane.new_id("vo")
        plane.volumes[volume_id] = name
    plane.volume_path(volume_id)
    if not there:
        _version_file(plane, name).parent.mkdir(exist_ok=True)
        _version_file(plane, name).write_text(str(request.version or api_pb2.VOLUME_FS_VERSION_V1))
    known = metadata(plane, volume_id)
    return reply(answer("VolumeGetOrCreate"), volume_id=volume_id, version=known.version, metadata=known)


async def VolumeGetById(plane: Plane, request, caller):
    root(plane, request.volume_id)
    return reply(answer("VolumeGetById"), volume_id=request.volume_id, metadata=metadata(plane, request.volume_id))


def metadata(plane: Plane, volume_id: str) -> api_pb2.VolumeMetadata:
    """What the SDK keeps of a Volume; by the version it chooses how to upload."""
    name, version = plane.volumes[volume_id], api_pb2.VOLUME_FS_VERSION_V1
    if (file := _version_file(plane, name)).exists():
        version = int(file.read_text())
    return reply(api_pb2.VolumeMetadata, name=name, version=version)


def _version_file(plane: Plane, name: str) -> Path:
    return plane.volumes_folder / "versions~" / name  # a character that no Volume's name may have


async def VolumeHeartbeat(plane: Plane, request, caller):
    return Empty()


async def VolumeCommit(plane: Plane, request, caller):
    return reply(answer("VolumeCommit"), skip_reload=True)


async def VolumeReload(plane: Plane, request, caller):
    plane.substitute(AT_ONCE)
    return Empty()


def writable(plane: Plane, volume_id: str) -> Path:
    """The folder that is Volume `volume_id`, unless the rehearsal says that nothing more fits into it."""
    folder = root(plane, volume_id)
    if plane.full(plane.volumes[volume_id]):
        plane.struck("volume-full")
        raise GRPCError(Status.RESOURCE_EXHAUSTED, f"No space left in Volume '{plane.volumes[volume_id]}'.")
    return folder


def root(plane: Plane, volume_id: str) -> Path:
    """The folder that is Volume `volume_id`."""
    if volume_id not in plane.volumes:
        raise GRPCError(Status.NOT_FOUND, f"Volume {volume_id} not found.")
    return plane.volume_path(volume_id)
