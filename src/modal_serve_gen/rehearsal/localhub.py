"""A local Hugging Face Hub: enough of its protocol for the real `huggingface_hub` client, serving miniatures.

Every model is served under its own id, at whatever full revision the app pins. What a file is (its size, its hash) is
the miniature's, so that the app's own verification works on true figures.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

SHA = re.compile(r"[0-9a-f]{40}")
LFS_SUFFIXES = {".safetensors"}  # the Hub keeps weights in LFS and shows their SHA-256; other files have a git hash


@dataclass(frozen=True)
class File:
    path: Path
    size: int
    git_hash: str
    sha256: str | None


@dataclass(frozen=True)
class Repository:
    files: dict[str, File]
    gated: bool


class LocalHub:
    """`miniature(model_id)` gives the folder to serve and whether the model is gated; None: there is no such model.

    What it raises is handed to `trouble`, and the client is told 503.
    """

    def __init__(
        self,
        miniature: Callable[[str], tuple[Path, bool] | None],
        token: str,
        trouble: Callable[[Exception], None] = lambda fault: None,
    ):
        self.miniature, self.token, self.trouble = miniature, token, trouble
        self.repositories: dict[str, Repository | None] = {}
        self.lock = asyncio.Lock()
        self.served: set[tuple[str, str]] = set()  # (model id, revision) that were asked for
        self.runner: web.AppRunner | None = None

    async def start(self) -> str:
        application = web.Application()
        name = r"{owner:[^/{}]+}/{name:[^/{}]+}"
        application.router.add_get(f"/api/models/{name}", self._info)
        application.router.add_get(f"/api/models/{name}/revision/{{revision:[^/]+}}", self._info)
        application.router.add_get(f"/api/models/{name}/tree/{{revision:[^/]+}}", self._tree)
        application.router.add_get(f"/{name}/resolve/{{revision:[^/]+}}/{{path:.+}}", self._file)
        self.runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def close(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()

    async def _repository(self, request: web.Request) -> tuple[str, str, Repository]:
        model = f"{request.match_info['owner']}/{request.match_info['name']}"
        revision = request.match_info.get("revision", "main")
        async with self.lock:
            if model not in self.repositories:
                try:
                    found = await asyncio.to_thread(self.miniature, model)
                    self.repositories[model] = found and await asyncio.to_thread(_read, *found)
                except Exception as fault:
                    self.trouble(fault)
                    raise web.HTTPServiceUnavailable(text=f"the local hub cannot make {model}: {fault}") from fault
        repository = self.repositories[model]
        if repository is None:
            raise _error(web.HTTPNotFound, "RepoNotFound", "Repository not found")
        if repository.gated and request.headers.get("Authorization") != f"Bearer {self.token}":
            message = f"Access to model {model} is restricted. You must have access to it and be authenticated."
            raise _error(web.HTTPUnauthorized, "GatedRepo", message)
        if not SHA.fullmatch(revision):
            if revision != "main":
                raise _error(web.HTTPNotFound, "RevisionNotFound", f"Invalid rev id: {revision}")
            revision = hashlib.sha1(model.encode()).hexdigest()
        self.served.add((model, revision))
        return model, revision, repository

    async def _info(self, request: web.Request) -> web.Response:
        model, revision, repository = await self._repository(request)
        siblings = []
        for name, file in repository.files.items():
            entry = {"rfilename": name}
            if request.query.get("blobs"):
                entry |= {"size": file.size, "blobId": file.git_hash}
                if file.sha256:
                    entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 134}
            siblings.append(entry)
        return web.json_response(
            {
                "id": model, "modelId": model, "sha": revision, "private": False, "disabled": False,
                "gated": "manual" if repository.gated else False, "tags": [], "downloads": 0, "likes": 0,
                "pipeline_tag": "text-generation", "siblings": siblings,
            }
        )  # fmt: skip

    async def _tree(self, request: web.Request) -> web.Response:
        _, _, repository = await self._repository(request)
        rows = []
        for name, file in repository.files.items():
            row = {"type": "file", "path": name, "size": file.size, "oid": file.git_hash}
            if file.sha256:
                row["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": 134}
            rows.append(row)
        return web.json_response(rows)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        _, revision, repository = await self._repository(request)
        file = repository.files.get(request.match_info["path"])
        if file is None:
            raise _error(web.HTTPNotFound, "EntryNotFound", "Entry not found", {"X-Repo-Commit": revision})
        headers = {
            "ETag": f'"{file.sha256 or file.git_hash}"',
            "X-Repo-Commit": revision,
            "X-Linked-Size": str(file.size),
            "X-Linked-Etag": f'"{file.sha256 or file.git_hash}"',
        }
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(file.size)})
        return web.FileResponse(file.path, headers=headers)


def _error(kind: type[web.HTTPException], code: str, message: str, headers: dict | None = None) -> web.HTTPException:
    return kind(text=message, headers={"X-Error-Code": code, "X-Error-Message": message} | (headers or {}))


def _read(folder: Path, gated: bool) -> Repository:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            sha256 = hashlib.sha256(data).hexdigest() if path.suffix in LFS_SUFFIXES else None
            files[path.relative_to(folder).as_posix()] = File(path, len(data), git, sha256)
    return Repository(files, gated)
