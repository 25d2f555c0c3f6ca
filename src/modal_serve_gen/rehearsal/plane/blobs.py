"""Blobs and blocks, which travel past the RPCs: where they lie, under which URLs the depot has them, and their RPCs."""

import base64
from pathlib import Path

from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Plane

CHUNK = 2**20  # bytes that are copied at a time
PART = 64 * 2**20  # bytes; blobs over this size are asked for in such parts, so that large ones can arrive side by side


def blob_path(plane: Plane, blob_id: str) -> Path:
    return plane.folder / "blobs" / blob_id


def content(plane: Plane, chunk: api_pb2.DataChunk) -> bytes:
    """The data of `chunk`, which came inline or, if it was large, as a blob."""
    return blob_path(plane, chunk.data_blob_id).read_bytes() if chunk.data_blob_id else chunk.data


def block_path(plane: Plane, name: bytes) -> Path:
    return plane.folder / "blocks" / f"block-{name.hex()}"


def range_url(plane: Plane, path: Path, start: int, length: int) -> str:
    """Where `length` bytes of the file at `path` can be had, from `start` on."""
    name = base64.urlsafe_b64encode(str(path).encode("utf-8", "surrogateescape")).decode()
    return f"{plane.depot_url}/files/{name}/{start}/{length}"


async def BlobCreate(plane: Plane, request, caller):
    blob_id = plane.new_id("bl")
    path = blob_path(plane, blob_id)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    url = f"{plane.depot_url}/blobs/{blob_id}"
    if request.content_length <= PART:
        single = api_pb2.UploadUrlList(items=[url])
        return reply(answer("BlobCreate"), blob_id=blob_id, blob_ids=[blob_id], upload_urls=single)
    count = -(-request.content_length // PART)
    parts = api_pb2.MultiPartUpload(
        part_length=PART, upload_urls=[f"{url}/{number}" for number in range(1, count + 1)], completion_url=url
    )
    return reply(
        answer("BlobCreate"),
        blob_id=blob_id,
        blob_ids=[blob_id],
        multiparts=api_pb2.MultiPartUploadList(items=[parts]),
    )


async def BlobGet(plane: Plane, request, caller):
    return reply(answer("BlobGet"), download_url=f"{plane.depot_url}/blobs/{request.blob_id}")
