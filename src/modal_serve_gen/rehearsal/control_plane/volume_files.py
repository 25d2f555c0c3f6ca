"""RPC handlers for files in Volumes: upload, list, read, copy, remove.

Uploaded files appear in the Volume's folder atomically.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
from collections.abc import AsyncIterator
from pathlib import Path

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.control_plane import blobs, volumes
from modal_serve_gen.rehearsal.control_plane.rpc import Fields
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.rehearsal.control_plane.volume_paths import arriving, existing, inside, refusing

BLOCK = 8 * 2**20  # bytes of a block of a file (modal/_utils/blob_utils.py)
PAGE = 1000  # entries per message of a listing
KINDS = {
    stat.S_IFDIR: api_pb2.FileEntry.DIRECTORY,
    stat.S_IFLNK: api_pb2.FileEntry.SYMLINK,
    stat.S_IFIFO: api_pb2.FileEntry.FIFO,
    stat.S_IFSOCK: api_pb2.FileEntry.SOCKET,
}  # others are files


# --- uploads ---


async def VolumePutFiles(plane: ControlPlane, request: api_pb2.VolumePutFilesRequest) -> None:
    """Version 1: complete files, which were uploaded before with MountPutFile."""
    root = volumes.writable(plane, request.volume_id)
    files = [(_target(root, file.filename, request.disallow_overwrite_existing_files), file) for file in request.files]
    for path, file in files:
        source = plane.folder / "blobs" / file.sha256_hex
        if not source.exists():
            raise GRPCError(Status.FAILED_PRECONDITION, f"The content of {file.filename!r} was not uploaded.")
        with arriving(plane, path, file.mode) as new:
            await asyncio.to_thread(shutil.copyfile, source, new)


async def VolumePutFiles2(plane: ControlPlane, request: api_pb2.VolumePutFiles2Request) -> Fields:
    """Version 2: lists of blocks. The response names missing blocks; the client uploads them and calls again."""
    root = volumes.writable(plane, request.volume_id)
    files = [(_target(root, file.path, request.disallow_overwrite_existing_files), file) for file in request.files]
    missing, seen = [], set()
    for file_index, file in enumerate(request.files):
        for block_index, block in enumerate(file.blocks):
            digest = block.contents_sha256
            if digest not in seen and not _block(plane, block).exists():
                seen.add(digest)  # a block may occur several times
                missing.append(
                    api_pb2.VolumePutFiles2Response.MissingBlock(
                        file_index=file_index,
                        block_index=block_index,
                        put_url=f"{plane.blob_server_url}/blocks/{digest.hex()}",
                    )
                )
    if missing:
        return {"missing_blocks": missing}
    for path, file in files:
        blocks = [_block(plane, block) for block in file.blocks]
        with arriving(plane, path, file.mode) as new:
            await asyncio.to_thread(_assemble, blocks, file.size, new)
    for file in request.files:
        for block in file.blocks:
            _block(plane, block).unlink(missing_ok=True)
    return {}


def _block(plane: ControlPlane, block: api_pb2.VolumePutFiles2Request.Block) -> Path:
    """The file of an uploaded block; its name was the response to the upload."""
    return blobs.block_path(plane, block.put_response)


def _assemble(blocks: list[Path], size: int, target: Path) -> None:
    """Blocks are uploaded without their trailing zeros."""
    with target.open("wb") as file:
        for number, block in enumerate(blocks):
            file.seek(number * BLOCK)
            with block.open("rb") as content:
                shutil.copyfileobj(content, file, blobs.CHUNK)
        file.truncate(size)


def _target(root: Path, path: str, only_new: bool) -> Path:
    """The destination of a file of a batch; refused before any file is moved."""
    target = inside(root, path)
    with refusing(path):
        if target.is_dir():
            raise GRPCError(Status.ALREADY_EXISTS, f"{path!r} is a folder in the Volume.")
        if only_new and os.path.lexists(target):
            raise GRPCError(Status.ALREADY_EXISTS, f"{path!r} is in the Volume already, and force is not set.")
    return target


# --- existing files ---


async def VolumeListFiles(
    plane: ControlPlane, request: api_pb2.VolumeListFilesRequest
) -> AsyncIterator[api_pb2.VolumeListFilesResponse]:
    async for entries in _listing(plane, request):
        yield api_pb2.VolumeListFilesResponse(entries=entries)


async def VolumeListFiles2(
    plane: ControlPlane, request: api_pb2.VolumeListFiles2Request
) -> AsyncIterator[api_pb2.VolumeListFiles2Response]:
    async for entries in _listing(plane, request):
        yield api_pb2.VolumeListFiles2Response(entries=entries)


async def _listing(
    plane: ControlPlane, request: api_pb2.VolumeListFilesRequest | api_pb2.VolumeListFiles2Request
) -> AsyncIterator[list[api_pb2.FileEntry]]:
    root = volumes.root(plane, request.volume_id)
    top = existing(root, request.path)
    entries = await asyncio.to_thread(_entries, root, top, request.recursive)
    if request.max_entries:
        entries = entries[: request.max_entries]
    for start in range(0, len(entries), PAGE):
        yield entries[start : start + PAGE]


def _entries(root: Path, top: Path, recursive: bool) -> list[api_pb2.FileEntry]:
    """The file `top`, or the contents of the folder `top`; links are listed, not followed."""
    if not top.is_dir():
        paths = [top]
    elif recursive:
        paths = [Path(folder, name) for folder, folders, files in os.walk(top) for name in [*folders, *files]]
    else:
        paths = list(top.iterdir())
    entries = []
    for path in sorted(paths):
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            status = path.lstat()
            name = os.fsencode(path.relative_to(root)).decode("utf-8", "replace")
            kind = KINDS.get(stat.S_IFMT(status.st_mode), api_pb2.FileEntry.FILE)
            entries.append(api_pb2.FileEntry(path=name, type=kind, mtime=int(status.st_mtime), size=status.st_size))
    return entries


async def VolumeGetFile2(plane: ControlPlane, request: api_pb2.VolumeGetFile2Request) -> Fields:
    """Read a file of either version: one URL for each block of the range, with its zeros."""
    path = existing(volumes.root(plane, request.volume_id), request.path).resolve()
    if not path.is_file():
        raise GRPCError(Status.INVALID_ARGUMENT, f"{request.path!r} is not a file.")
    size = path.stat().st_size
    start = min(request.start, size)
    end = min(start + request.len, size) if request.len else size
    cuts = [start, *range((start // BLOCK + 1) * BLOCK, end, BLOCK), end]
    urls = [blobs.range_url(plane, path, at, after - at) for at, after in itertools.pairwise(cuts) if at < after]
    return {"get_urls": urls, "size": size, "start": start, "len": end - start}


async def VolumeRemoveFile(
    plane: ControlPlane, request: api_pb2.VolumeRemoveFileRequest | api_pb2.VolumeRemoveFile2Request
) -> None:
    root = volumes.root(plane, request.volume_id)
    path = existing(root, request.path, followed=False)
    if path == root:
        raise GRPCError(Status.INVALID_ARGUMENT, "The root of a Volume cannot be removed.")
    if path.is_dir() and not path.is_symlink():
        if not request.recursive:
            raise GRPCError(Status.INVALID_ARGUMENT, f"{request.path!r} is a folder; remove it with recursive=True.")
        await asyncio.to_thread(shutil.rmtree, path)
    else:
        path.unlink()


VolumeRemoveFile2 = VolumeRemoveFile


async def VolumeCopyFiles(
    plane: ControlPlane, request: api_pb2.VolumeCopyFilesRequest | api_pb2.VolumeCopyFiles2Request
) -> None:
    """Copy as cp does: into `dst_path` if that is a folder, else to that name."""
    root = volumes.writable(plane, request.volume_id)
    target = inside(root, request.dst_path)

    def copy(source: str | Path, goal: str | Path) -> None:
        with arriving(plane, Path(goal), Path(source).stat().st_mode & 0o7777) as new:
            shutil.copyfile(source, new)

    if len(request.src_paths) > 1 and not target.is_dir():
        raise GRPCError(Status.INVALID_ARGUMENT, f"{request.dst_path!r} is not a folder.")
    for name in request.src_paths:
        source = existing(root, name)
        goal = target / source.name if target.is_dir() else target
        with refusing(name):
            if source.is_dir():
                if not request.recursive:
                    raise GRPCError(Status.INVALID_ARGUMENT, f"{name!r} is a folder; copy it with recursive=True.")
                await asyncio.to_thread(
                    shutil.copytree, source, goal, symlinks=True, dirs_exist_ok=True, copy_function=copy
                )
            else:
                await asyncio.to_thread(copy, source, goal)


VolumeCopyFiles2 = VolumeCopyFiles
