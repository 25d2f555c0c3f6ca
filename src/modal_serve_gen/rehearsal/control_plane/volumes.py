"""RPC handlers for Volumes by name: look up, create, commit, reload.

A Volume is a folder that all its containers share directly; commits and reloads have no effect.
"""

from __future__ import annotations

from pathlib import Path

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal import kept
from modal_serve_gen.rehearsal.control_plane import limits
from modal_serve_gen.rehearsal.control_plane.rpc import Fields, compatible
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

SHARED = "Volumes: one folder for all containers, so a missing commit() or reload() is not detected"


async def VolumeGetOrCreate(plane: ControlPlane, request: api_pb2.VolumeGetOrCreateRequest) -> Fields:
    name = request.deployment_name or plane.new_id("anonymous")
    limits.check_name("Volume", name)
    volume_id = next((id for id, known in plane.volumes.items() if known == name), None)
    exists = volume_id is not None or (plane.volumes_folder / name).is_dir()  # from an earlier rehearsal
    if not exists and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
        if plane.known_secrets is not None:  # a generated app, which creates its Volumes
            raise GRPCError(Status.NOT_FOUND, f"Volume '{name}' not found in environment '{plane.environment}'.")
        plane.substitute(f"Volume {name!r}: assumed to exist on Modal, since the app does not create it; empty here")
    if exists and request.object_creation_type == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        raise GRPCError(Status.ALREADY_EXISTS, f"Volume '{name}' already exists.")
    if volume_id is None:
        volume_id = plane.new_id("vo")
        plane.volumes[volume_id] = name
    plane.volume_path(volume_id)
    if _version(plane, name) is None:  # also if an earlier rehearsal ended before it could write one
        kept.write(_version_file(plane, name), str(request.version or api_pb2.VOLUME_FS_VERSION_V1))
    details = metadata(plane, volume_id)
    return {"volume_id": volume_id, "version": details.version, "metadata": details}


async def VolumeGetById(plane: ControlPlane, request: api_pb2.VolumeGetByIdRequest) -> Fields:
    root(plane, request.volume_id)
    return {"volume_id": request.volume_id, "metadata": metadata(plane, request.volume_id)}


def metadata(plane: ControlPlane, volume_id: str) -> api_pb2.VolumeMetadata:
    """Name and version of a Volume; the SDK uploads files according to the version."""
    name = plane.volumes[volume_id]
    version = _version(plane, name) or api_pb2.VOLUME_FS_VERSION_V1
    return compatible(api_pb2.VolumeMetadata, name=name, version=version)


def _version(plane: ControlPlane, name: str) -> int | None:
    """The stored version of a Volume; None if there is none that can be read."""
    try:
        version = int(kept.read(_version_file(plane, name)))
    except (OSError, ValueError):
        return None
    return version if version in api_pb2.VolumeFsVersion.values() else None


def _version_file(plane: ControlPlane, name: str) -> Path:
    return plane.volumes_folder / kept.VERSIONS / name


async def VolumeHeartbeat(plane: ControlPlane, request: api_pb2.VolumeHeartbeatRequest) -> None:
    """Nothing to do: Volumes are kept until the end of the rehearsal."""


async def VolumeCommit(plane: ControlPlane, request: api_pb2.VolumeCommitRequest) -> Fields:
    return {"skip_reload": True}


async def VolumeReload(plane: ControlPlane, request: api_pb2.VolumeReloadRequest) -> None:
    plane.substitute(SHARED)


def writable(plane: ControlPlane, volume_id: str) -> Path:
    """The folder of Volume `volume_id`; refused if the rehearsal makes it full."""
    folder = root(plane, volume_id)
    if plane.full(plane.volumes[volume_id]):
        plane.triggered("volume-full")
        raise GRPCError(Status.RESOURCE_EXHAUSTED, f"No space left in Volume '{plane.volumes[volume_id]}'.")
    return folder


def root(plane: ControlPlane, volume_id: str) -> Path:
    """The folder of Volume `volume_id`."""
    if volume_id not in plane.volumes:
        raise GRPCError(Status.NOT_FOUND, f"Volume {volume_id} not found.")
    return plane.volume_path(volume_id)
