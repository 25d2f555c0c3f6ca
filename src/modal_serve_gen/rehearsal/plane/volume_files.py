"""RPC handlers for the files of Volumes, as clients put, list, read, copy and remove them.

What a client puts appears in the Volume's folder whole or not at all.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import stat
from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.plane import blobs, volumes
from modal_serve_gen.rehearsal.plane.rpc import answer, reply
from modal_serve_gen.rehearsal.plane.state import Plane
from modal_serve_gen.rehearsal.plane.volume_paths import arriving, existing, inside, refusing

BLOCK = 8 * 2**20  # modal/_utils/blob_utils.py: the unit in which files of Volumes travel
LISTED = 1000  # entries per message of a listing
KINDS = {stat.S_IFDIR: 2, stat.S_IFLNK: 3, stat.S_IFIFO: 4, stat.S_IFSOCK: 5}  # FileEntry.FileType; others are files


# --- files on their way in ---


async def VolumePutFiles(plane: Plane, request, caller):
    """Version 1: whole files, which came before as MountPutFile."""
    root = volumes.writable(plane, request.volume_id)
    files = [(_target(root, file.filename, request.disallow_overwrite_existing_files), file) for file in request.files]
    for path, file in files:
        source = plane.folder / "blobs" / file.sha256_hex
        if not source.exists():
            raise GRPCError(Status.FAILED_PRECONDITION, f"The content of {file.filename!r} was not uploaded.")
        with arriving(plane, path, file.mode) as new:
            await asyncio.to_thread(shutil.copyfile, source, new)
    return Empty()


async def VolumePutFiles2(plane: Plane, request, caller):
    """Version 2: lists of blocks. What has not come is asked for; the client then sends it and calls again."""
    root = volumes.writable(plane, request.volume_id)
    files = [(_target(root, file.path, request.disallow_overwrite_existing_files), file) for file in request.files]
    missing, seen = [], set()
    for file_index, file in enumerate(request.files):
        for block_index, block in enumerate(file.blocks):
            digest = block.contents_sha256
            if digest not in seen and not _block(plane, block).exists():
                seen.add(digest)  # once, however often it occurs
                missing.append(
                    answer("VolumePutFiles2").MissingBlock(
                        file_index=file_index,
                        block_index=block_index,
                        put_url=f"{plane.depot_url}/blocks/{digest.hex()}",
                    )
                )
    if missing:
        return answer("VolumePutFiles2")(missing_blocks=missing)
    for path, file in files:
        blocks = [_block(plane, block) for block in file.blocks]
        with arriving(plane, path, file.mode) as new:
            await asyncio.to_thread(_assemble, blocks, file.size, new)
    for file in request.files:
        for block in file.blocks:
            _block(plane, block).unlink(missing_ok=True)
    return answer("VolumePutFiles2")()


def _block(plane: Plane, block) -> Path:
    """Where a block lies that was uploaded; its name is the answer to that upload."""
    return blobs.block_path(plane, block.put_response)


def _assemble(blocks: list[Path], size: int, target: Path) -> None:
    """Blocks come without the zeros at their end."""
    with target.open("wb") as file:
        for number, block in enumerate(blocks):
            file.seek(number * BLOCK)
            with block.open("rb") as content:
                shutil.copyfileobj(content, file, blobs.CHUNK)
        file.truncate(size)


def _target(root: Path, path: str, only_new: bool) -> Path:
    """Where a file of a batch will go; refused before any of them is placed."""
    target = inside(root, path)
    with refusing(path):
        if target.is_dir():
            raise GRPCError(Status.ALREADY_EXISTS, f"{path!r} is a folder in the Volume.")
        if only_new and os.path.lexists(target):
            raise GRPCError(Status.ALREADY_EXISTS, f"{path!r} is in the Volume already, and force is not set.")
    return target


# --- files that are there ---


async def VolumeListFiles(plane: Plane, request, caller):
    async for entries in _listing(plane, request):
        yield answer("VolumeListFiles")(entries=entries)


async def VolumeListFiles2(plane: Plane, request, caller):
    async for entries in _listing(plane, request):
        yield answer("VolumeListFiles2")(entries=entries)


async def _listing(plane: Plane, request):
    root = volumes.root(plane, request.volume_id)
    top = existing(root, request.path)
    entries = await asyncio.to_thread(_entries, root, top, request.recursive)
    if request.max_entries:
        entries = entries[: request.max_entries]
    for start in range(0, len(entries), LISTED):
        yield entries[start : start + LISTED]


def _entries(root: Path, top: Path, recursive: bool) -> list[api_pb2.FileEntry]:
    """What is at `top`, or in it if it is a folder; links are named, not followed."""
    if not top.is_dir():
        paths = [top]
    elif recursive:
        paths = [Path(folder, name) for folder, folders, files in os.walk(top) for name in [*folders, *files]]
    else:
        paths = list(top.iterdir())
    entries = []
    for path in sorted(paths):
        with contextlib.suppress(FileNotFoundError):  # removed since
            known = path.lstat()
            name = os.fsencode(path.relative_to(root)).decode("utf-8", "replace")
            kind = KINDS.get(stat.S_IFMT(known.st_mode), 1)
            entries.append(api_pb2.FileEntry(path=name, type=kind, mtime=int(known.st_mtime), size=known.st_size))
    return entries


async def VolumeGetFile2(plane: Plane, request, caller):
    """Both versions read by this: one URL for each block that the range touches, all zeros included."""
    path = existing(volumes.root(plane, request.volume_id), request.path).resolve()
    if not path.is_file():
        raise GRPCError(Status.INVALID_ARGUMENT, f"{request.path!r} is not a file.")
    size = path.stat().st_size
    start = min(request.start, size)
    end = min(start + request.len, size) if request.len else size
    cuts = [start, *range((start // BLOCK + 1) * BLOCK, end, BLOCK), end]
    urls = [blobs.range_url(plane, path, at, after - at) for at, after in itertools.pairwise(cuts) if at < after]
    return reply(answer("VolumeGetFile2"), get_urls=urls, size=size, start=start, len=end - start)


async def VolumeRemoveFile(plane: Plane, request, caller):
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
    return Empty()


VolumeRemoveFile2 = VolumeRemoveFile


async def VolumeCopyFiles(plane: Plane, request, caller):
    """As cp does: into `dst_path` if that is a folder, else to that name."""
    root = volumes.writable(plane, request.volume_id)
    target = inside(root, request.dst_path)
    if len(request.src_paths) > 1 and not target.is_dir():
        raise GRPCError(Status.INVALID_ARGUMENT, f"{request.dst_path!r} is not a folder.")
    for name in request.src_paths:
        source = existing(root, name)
        goal = target / source.name if target.is_dir() else target
        with refusing(name):
            if source.is_dir():
                if not request.recursive:
                    raise GRPCError(Status.INVALID_ARGUMENT, f"{name!r} is a folder; copy it with recursive=True.")
                await asyncio.to_thread(shutil.copytree, source, goal, symlinks=True, dirs_exist_ok=True)
            else:
                with arriving(plane, goal, source.stat().st_mode & 0o7777) as new:
                    await asyncio.to_thread(shutil.copyfile, source, new)
    return Empty()


VolumeCopyFiles2 = VolumeCopyFiles
