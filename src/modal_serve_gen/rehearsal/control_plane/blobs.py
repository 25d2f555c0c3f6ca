"""Blobs and blocks: data that is too large for RPCs, their files, their URLs on the blob server, and their RPCs."""

from __future__ import annotations

import base64
from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

CHUNK = 2**20  # bytes copied at a time
PART = 64 * 2**20  # bytes; larger blobs are uploaded in parts of this size, in parallel


def blob_path(plane: ControlPlane, blob_id: str) -> Path:
    return plane.folder / "blobs" / blob_id


def content(plane: ControlPlane, chunk: api_pb2.DataChunk) -> bytes:
    """The data of `chunk`, sent inline or, if large, as a blob."""
    return blob_path(plane, chunk.data_blob_id).read_bytes() if chunk.data_blob_id else chunk.data


def block_path(plane: ControlPlane, name: bytes) -> Path:
    return plane.folder / "blocks" / f"block-{name.hex()}"


def range_url(plane: ControlPlane, path: Path, start: int, length: int) -> str:
    """The URL of `length` bytes of the file at `path`, from `start` on."""
    name = base64.urlsafe_b64encode(str(path).encode("utf-8", "surrogateescape")).decode()
    return f"{plane.blob_server_url}/files/{name}/{start}/{length}"


async def BlobCreate(plane: ControlPlane, request: api_pb2.BlobCreateRequest) -> Fields:
    blob_id = plane.new_id("bl")
    path = blob_path(plane, blob_id)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    url = f"{plane.blob_server_url}/blobs/{blob_id}"
    if request.content_length <= PART:
        single = api_pb2.UploadUrlList(items=[url])
        return {"blob_id": blob_id, "blob_ids": [blob_id], "upload_urls": single}
    count = -(-request.content_length // PART)
    parts = api_pb2.MultiPartUpload(
        part_length=PART, upload_urls=[f"{url}/{number}" for number in range(1, count + 1)], completion_url=url
    )
    return {"blob_id": blob_id, "blob_ids": [blob_id], "multiparts": api_pb2.MultiPartUploadList(items=[parts])}


async def BlobGet(plane: ControlPlane, request: api_pb2.BlobGetRequest) -> Fields:
    return {"download_url": f"{plane.blob_server_url}/blobs/{request.blob_id}"}
