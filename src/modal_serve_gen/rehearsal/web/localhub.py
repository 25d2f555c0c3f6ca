"""A local Hugging Face Hub: enough of its protocol for the real `huggingface_hub` client, serving miniatures.

Every model is served under its own id, at any full revision. Sizes and hashes are those of the miniature's files, so
that the app's own verification works. Datasets have generated prompts: in a file for each usual split, and in any other
JSONL file that is requested.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from modal_serve_gen.rehearsal import loopback
from modal_serve_gen.rehearsal.config import ModelRevision

SHA = re.compile(r"[0-9a-f]{40}")
ROWS = 100  # of each file of a dataset
SPLITS = ("train", "validation", "test")
COLUMNS = ("prompt", "text", "question", "instruction", "input", "query", "problem")  # with the same contents here
JSON_LINES = (".jsonl", ".ndjson")
LFS_SUFFIXES = {".safetensors"}  # the Hub keeps weights in LFS and shows their SHA-256; other files have a git hash


@dataclass(frozen=True)
class File:
    content: Path | bytes
    size: int
    git_hash: str
    sha256: str | None


@dataclass(frozen=True)
class Repository:
    files: dict[str, File]
    gated: bool


class LocalHub:
    """`miniature(model_id)` returns the folder to serve, and whether the model is gated; None for an unknown model.
    `accepts(token)` decides whether a token ('' for none) gives access to gated models.

    Exceptions of `miniature` are passed to `on_error`, and the client gets 503. `substitute` records substitutes.
    """

    def __init__(
        self,
        miniature: Callable[[str], tuple[Path, bool] | None],
        accepts: Callable[[str], bool],
        on_error: Callable[[Exception], None] = lambda error: None,
        substitute: Callable[[str], None] = lambda line: None,
        *,
        down: bool = False,
    ):
        self.miniature, self.accepts, self.on_error, self.substitute = miniature, accepts, on_error, substitute
        self.down, self.refused = down, 0  # requests refused while down
        self.repositories: dict[str, Repository | None] = {}
        self.lock = asyncio.Lock()
        self.served: set[ModelRevision] = set()
        self.listener: loopback.Listener | None = None

    async def start(self) -> loopback.Listener:
        application = web.Application()
        name = r"{owner:[^/{}]+}/{name:[^/{}]+}"
        application.router.add_get(f"/api/models/{name}", self._info)
        application.router.add_get(f"/api/models/{name}/revision/{{revision:[^/]+}}", self._info)
        application.router.add_get(f"/api/models/{name}/tree/{{revision:[^/]+}}", self._tree)
        application.router.add_get(f"/{name}/resolve/{{revision:[^/]+}}/{{path:.+}}", self._file)
        dataset = "{dataset:[^/{}]+(?:/[^/{}]+)?}"  # old ones have no owner
        application.router.add_get(f"/api/datasets/{dataset}/revision/{{revision:[^/]+}}", self._info)
        application.router.add_get(f"/api/datasets/{dataset}/tree/{{revision:[^/]+}}", self._tree)
        application.router.add_get(f"/api/datasets/{dataset}/tree/{{revision:[^/]+}}/{{folder:.+}}", self._tree)
        application.router.add_post(f"/api/datasets/{dataset}/paths-info/{{revision:[^/]+}}", self._paths_info)
        application.router.add_get(f"/api/datasets/{dataset}", self._info)
        application.router.add_get(f"/datasets/{dataset}/resolve/{{revision:[^/]+}}/{{path:.+}}", self._file)
        self.listener = await loopback.serve(application)
        return self.listener

    async def close(self) -> None:
        if self.listener is not None:
            await self.listener.close()

    async def _repository(self, request: web.Request) -> tuple[str, str, Repository]:
        """Name, commit and content of the requested repository."""
        if self.down:
            self.refused += 1
            raise web.HTTPServiceUnavailable(text="the Hub is down (a fault that the rehearsal injected)\n")
        if dataset := request.match_info.get("dataset"):
            return dataset, _commit(dataset, request), self._dataset(dataset)
        model = f"{request.match_info['owner']}/{request.match_info['name']}"
        async with self.lock:
            if model not in self.repositories:
                try:
                    source = await asyncio.to_thread(self.miniature, model)
                    self.repositories[model] = await asyncio.to_thread(_read, *source) if source else None
                except Exception as error:
                    self.on_error(error)
                    raise web.HTTPServiceUnavailable(text=f"the local hub cannot make {model}: {error}") from error
        repository = self.repositories[model]
        if repository is None:
            raise _error(web.HTTPNotFound, "RepoNotFound", "Repository not found")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if repository.gated and not self.accepts(token):
            message = f"Access to model {model} is restricted. You must have access to it and be authenticated."
            raise _error(web.HTTPUnauthorized, "GatedRepo", message)
        revision = _commit(model, request)
        self.served.add(ModelRevision(model, revision))
        return model, revision, repository

    def _dataset(self, name: str) -> Repository:
        self.substitute(
            f"dataset {name}: its existence and contents are unknown here; each of its files has {ROWS} generated rows "
            f"with the columns {', '.join(COLUMNS)}"
        )
        return Repository({f"{split}.jsonl": _generated(f"{name} {split}") for split in SPLITS}, False)

    async def _info(self, request: web.Request) -> web.Response:
        """Details of a repository, with those of a model if it is not a dataset."""
        name, revision, repository = await self._repository(request)
        details = {
            "id": name, "sha": revision, "private": False, "disabled": False,
            "gated": "manual" if repository.gated else False, "tags": [], "downloads": 0, "likes": 0,
            "siblings": _siblings(repository, request),
        }  # fmt: skip
        of_model = {} if "dataset" in request.match_info else {"modelId": name, "pipeline_tag": "text-generation"}
        return web.json_response(details | of_model)

    async def _tree(self, request: web.Request) -> web.Response:
        """The contents of a folder: its own files and folders, or (recursive) everything below it."""
        _, _, repository = await self._repository(request)
        top = request.match_info.get("folder", "").strip("/")
        below = {name: file for name, file in repository.files.items() if not top or name.startswith(f"{top}/")}
        if top and not below:
            raise _error(web.HTTPNotFound, "EntryNotFound", f"{top} does not exist")
        if request.query.get("recursive", "").lower() in ("true", "1"):
            return web.json_response([_row(name, file) for name, file in below.items()])
        rows: dict[str, dict[str, Any]] = {}
        for name, file in below.items():
            first, deeper, _ = name.removeprefix(f"{top}/" if top else "").partition("/")
            path = f"{top}/{first}" if top else first
            oid = hashlib.sha1(path.encode()).hexdigest()
            rows[path] = {"type": "directory", "path": path, "size": 0, "oid": oid} if deeper else _row(name, file)
        return web.json_response(list(rows.values()))

    async def _paths_info(self, request: web.Request) -> web.Response:
        """Details of the requested paths of a repository that exist."""
        _, _, repository = await self._repository(request)
        paths = (await request.json())["paths"]
        return web.json_response([_row(name, repository.files[name]) for name in paths if name in repository.files])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, revision, repository = await self._repository(request)
        path = request.match_info["path"]
        file = repository.files.get(path)
        if file is None and "dataset" in request.match_info and path.endswith(JSON_LINES):
            file = _generated(f"{name} {path}")
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
        if isinstance(file.content, bytes):
            return web.Response(body=file.content, headers=headers)
        return web.FileResponse(file.content, headers=headers)


def _commit(name: str, request: web.Request) -> str:
    """The requested commit; main has a fixed one."""
    revision = request.match_info.get("revision", "main")
    if SHA.fullmatch(revision):
        return revision
    if revision != "main":
        raise _error(web.HTTPNotFound, "RevisionNotFound", f"Invalid rev id: {revision}")
    return hashlib.sha1(name.encode()).hexdigest()


def _siblings(repository: Repository, request: web.Request) -> list[dict[str, Any]]:
    siblings = []
    for name, file in repository.files.items():
        entry: dict[str, Any] = {"rfilename": name}
        if request.query.get("blobs"):
            entry |= {"size": file.size, "blobId": file.git_hash}
            if file.sha256:
                entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 134}
        siblings.append(entry)
    return siblings


def _row(name: str, file: File) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "file", "path": name, "size": file.size, "oid": file.git_hash}
    return row | ({"lfs": {"oid": file.sha256, "size": file.size, "pointerSize": 134}} if file.sha256 else {})


def _generated(name: str) -> File:
    """A file of a dataset: JSON rows, which differ by `name`."""
    prompts = [f"In one sentence, what is notable about the number {number} in {name!r}?" for number in range(ROWS)]
    rows = [json.dumps(dict.fromkeys(COLUMNS, prompt), ensure_ascii=False) for prompt in prompts]
    data = "".join(f"{row}\n" for row in rows).encode()
    return File(data, len(data), _git_hash(data), None)


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _error(
    kind: type[web.HTTPException], code: str, message: str, headers: dict[str, str] | None = None
) -> web.HTTPException:
    return kind(text=message, headers={"X-Error-Code": code, "X-Error-Message": message} | (headers or {}))


def _read(folder: Path, gated: bool) -> Repository:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            sha256 = hashlib.sha256(data).hexdigest() if path.suffix in LFS_SUFFIXES else None
            files[path.relative_to(folder).as_posix()] = File(path, len(data), _git_hash(data), sha256)
    return Repository(files, gated)
