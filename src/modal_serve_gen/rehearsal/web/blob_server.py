"""Serves data that is too large for RPCs over HTTP, as Modal does.

It receives blobs (arguments, results and uploaded files over the SDK's inline limits) and blocks of files for Volumes,
and sends blobs and ranges of files from Volumes. Data streams between a socket and the disk. The URLs have an
unguessable part, since every user of this machine can reach its loopback.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from pathlib import Path

from aiohttp import web

from modal_serve_gen.rehearsal import loopback
from modal_serve_gen.rehearsal.control_plane import blobs
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane

CHANGED = "the file changed while it was being read"


class BlobServer:
    """A loopback HTTP server for the blobs and the Volumes of one control plane."""

    def __init__(self, plane: ControlPlane):
        self.plane = plane
        self.parts: dict[str, dict[int, str]] = {}  # blob id -> number of a part -> MD5 of its data
        self.listener: loopback.Listener | None = None
        self._token = secrets.token_urlsafe(16)

    async def start(self) -> loopback.Listener:
        application = web.Application()
        token = self._token
        application.router.add_put(f"/{token}/blobs/{{blob}}", self._put_blob)
        application.router.add_put(rf"/{token}/blobs/{{blob}}/{{part:\d+}}", self._put_part)
        application.router.add_post(f"/{token}/blobs/{{blob}}", self._complete)
        application.router.add_get(f"/{token}/blobs/{{blob}}", self._get_blob)
        application.router.add_put(f"/{token}/blocks/{{sha256:[0-9a-f]{{64}}}}", self._put_block)
        application.router.add_get(rf"/{token}/files/{{path}}/{{start:\d+}}/{{length:\d+}}", self._get_range)
        self.listener = await loopback.serve(application)
        return self.listener

    @property
    def url(self) -> str:
        """The base URL; '' before the start."""
        return f"{self.listener.url}/{self._token}" if self.listener else ""

    async def close(self) -> None:
        if self.listener is not None:
            await self.listener.close()

    def _blob(self, request: web.Request) -> Path:
        path = blobs.blob_path(self.plane, request.match_info["blob"])
        if not path.exists():
            raise web.HTTPNotFound(text="no such blob")
        return path

    async def _put_blob(self, request: web.Request) -> web.Response:
        digest = hashlib.md5(usedforsecurity=False)
        await _receive(request, self._blob(request), 0, digest)
        return web.Response(headers={"ETag": f'"{digest.hexdigest()}"'})

    async def _put_part(self, request: web.Request) -> web.Response:
        path, number, digest = self._blob(request), int(request.match_info["part"]), hashlib.md5(usedforsecurity=False)
        await _receive(request, path, (number - 1) * blobs.PART, digest)
        self.parts.setdefault(path.name, {})[number] = digest.hexdigest()
        return web.Response(headers={"ETag": f'"{digest.hexdigest()}"'})

    async def _complete(self, request: web.Request) -> web.Response:
        """The client lists the parts that it sent; the ETag is the hash of their hashes, as in object stores."""
        path = self._blob(request)
        listed = re.findall(r'<PartNumber>(\d+)</PartNumber>\s*<ETag>"(\w+)"</ETag>', await request.text())
        if {int(number): etag for number, etag in listed} != self.parts.pop(path.name, {}):
            raise web.HTTPBadRequest(text="the listed parts differ from the received ones")
        hashes = b"".join(bytes.fromhex(etag) for _, etag in listed)
        return web.Response(text=f"{hashlib.md5(hashes, usedforsecurity=False).hexdigest()}-{len(listed)}")

    async def _get_blob(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self._blob(request))

    async def _put_block(self, request: web.Request) -> web.Response:
        """Receive one block of a file; VolumePutFiles2 refers to it by the response."""
        digest, name = hashlib.sha256(), secrets.token_bytes(16)
        path = blobs.block_path(self.plane, name)
        path.parent.mkdir(exist_ok=True)
        await _receive(request, path, 0, digest)
        if digest.hexdigest() != request.match_info["sha256"]:
            path.unlink()
            raise web.HTTPBadRequest(text="the block does not have the SHA-256 of its URL")
        return web.Response(body=name)

    async def _get_range(self, request: web.Request) -> web.StreamResponse:
        path = Path(base64.urlsafe_b64decode(request.match_info["path"]).decode("utf-8", "surrogateescape"))
        start, length = int(request.match_info["start"]), int(request.match_info["length"])
        try:
            file = path.open("rb")
        except OSError as error:
            raise web.HTTPGone(text=CHANGED) from error
        with file:
            file.seek(0, 2)
            if file.tell() < start + length:  # the client would take what is missing for zeros
                raise web.HTTPGone(text=CHANGED)
            file.seek(start)
            response = web.StreamResponse(headers={"Content-Length": str(length)})
            await response.prepare(request)
            while length:
                data = await asyncio.to_thread(file.read, min(length, blobs.CHUNK))
                if not data:
                    if request.transport is not None:
                        request.transport.abort()  # the file was truncated meanwhile
                    break
                length -= len(data)
                await response.write(data)
        return response


async def _receive(request: web.Request, path: Path, offset: int, digest: hashlib._Hash) -> None:
    """Write the body of `request` to `path` from `offset` on, and feed it to `digest`."""
    path.touch()
    with path.open("r+b") as file:
        file.seek(offset)
        async for data in request.content.iter_chunked(blobs.CHUNK):
            digest.update(data)
            await asyncio.to_thread(file.write, data)
