"""Folders of a container that are not its own: Volumes, network file systems and buckets."""

from __future__ import annotations

from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.dicts_and_queues import find
from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane


def folders(plane: ControlPlane, definition: api_pb2.Function) -> dict[str, Path]:
    """Path in the container -> folder of this machine. Buckets are empty folders, since nothing here can read them."""
    mounted = {mount.mount_path: plane.volume_path(mount.volume_id) for mount in definition.volume_mounts}
    for mount in definition.shared_volume_mounts:
        mounted[mount.mount_path] = _folder(plane, "network-file-systems", plane.file_systems[mount.shared_volume_id])
    for bucket in definition.cloud_bucket_mounts:
        plane.substitute(f"bucket {bucket.bucket_name} at {bucket.mount_path}: an empty local folder")
        mounted[bucket.mount_path] = _folder(plane, "buckets", bucket.bucket_name)
    return {path.rstrip("/"): folder for path, folder in mounted.items()}


def _folder(plane: ControlPlane, kind: str, name: str) -> Path:
    # A character that is not allowed in a Volume's name.
    path = plane.volumes_folder / f"{kind}~" / name.replace("/", "--")
    path.mkdir(parents=True, exist_ok=True)
    return path


async def SharedVolumeGetOrCreate(plane: ControlPlane, request: api_pb2.SharedVolumeGetOrCreateRequest) -> Fields:
    volume_id = find(plane, "NetworkFileSystem", request, plane.file_systems)
    if not volume_id:
        volume_id = plane.new_id("sv")
        plane.file_systems[volume_id] = request.deployment_name or volume_id
    return {"shared_volume_id": volume_id}


async def SharedVolumeHeartbeat(plane: ControlPlane, request: api_pb2.SharedVolumeHeartbeatRequest) -> None:
    """Nothing to do: file systems are kept until the end of the rehearsal."""


async def ProxyGet(plane: ControlPlane, request: api_pb2.ProxyGetRequest) -> Fields:
    plane.substitute(f"Proxy {request.name!r}: assumed to exist; nothing here passes through one")
    return {"proxy": api_pb2.Proxy(proxy_id=plane.new_id("pr"), name=request.name)}
