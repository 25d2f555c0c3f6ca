"""A fake Hugging Face Hub on loopback, with the part of its protocol that the real client needs for model metadata."""

import contextlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

MOST_POURED = 2**30  # the end of an endless body, so that a test ends
SHA = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repo:
    """One model repository: its metadata, and how the Hub responds to requests for it."""

    files: dict[str, int] = field(default_factory=dict)  # name -> bytes
    config: bytes = b"{}"
    gated: str | bool = False
    open_to: str | None = None  # the token that a gated or private repository accepts
    private: bool = False
    task: str | None = "text-generation"
    library: str | None = "transformers"
    license: str = "apache-2.0"
    elements: dict[str, int] = field(default_factory=dict)  # by dtype, as in the safetensors headers
    revisions: tuple[str, ...] = ("main", SHA)
    status: int | None = None  # answer everything with this status
    body: bytes | None = None  # answer the description with these bytes
    delay_s: float = 0
    endless: str = ""  # "description" or "document": its body never ends
    encoding: str = ""  # Content-Encoding of the document


class Hub:
    """A running fake Hub: its address, its repositories, and the requests that it received."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.seen: list[tuple[str, str, str | None]] = []  # method, path, authorization
        self.url = ""
        self.poured = 0  # bytes of endless bodies


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def pour(self) -> None:
            """A body without end, and without a length; counts what the client takes."""
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.close_connection = True
            with contextlib.suppress(OSError):
                while hub.poured < MOST_POURED:
                    self.wfile.write(b"[" * 2**16)
                    hub.poured += 2**16

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            token = self.headers.get("Authorization")
            hub.seen.append((self.command, path, token))
            if path.startswith("/api/models/"):
                name, _, revision = path.removeprefix("/api/models/").partition("/revision/")
                self.describe(name, revision or "main", token)
            else:
                name, _, rest = path.lstrip("/").partition("/resolve/")
                self.deliver(name, rest.partition("/")[2], token)

        def repo(self, name: str, token: str | None) -> Repo | None:
            """The repository, or None if an error has been sent."""
            repo = hub.repos.get(name)
            if repo is not None:
                time.sleep(repo.delay_s)
                if repo.status:
                    self.answer(repo.status, b"no")
                    return None
            if repo is None or (repo.private and token != f"Bearer {repo.open_to}"):
                self.answer(401, b"{}", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
                return None
            return repo

        def describe(self, name: str, revision: str, token: str | None) -> None:
            repo = self.repo(name, token)
            if repo is None:
                return
            if repo.endless == "description":
                return self.pour()
            if repo.body is not None:
                return self.answer(200, repo.body, Content_Type="application/json")
            if revision not in repo.revisions:
                return self.answer(404, b"{}", X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev")
            document = {
                "id": name,
                "sha": SHA,
                "gated": repo.gated,
                "private": repo.private,
                "pipeline_tag": repo.task,
                "library_name": repo.library,
                "cardData": {"license": repo.license},
                "siblings": [{"rfilename": file, "size": size} for file, size in repo.files.items()],
                "tags": [],
            }
            if repo.elements:
                document["safetensors"] = {"parameters": repo.elements, "total": sum(repo.elements.values())}
            self.answer(200, json.dumps(document).encode(), Content_Type="application/json")

        def deliver(self, name: str, file: str, token: str | None) -> None:
            repo = self.repo(name, token)
            if repo is None:
                return
            if repo.gated and token != f"Bearer {repo.open_to}":
                status = 403 if token else 401
                return self.answer(status, b"{}", X_Error_Code="GatedRepo", X_Error_Message="Access is restricted")
            if repo.endless == "document" and self.command == "GET":
                return self.pour()
            if file not in ("config.json", "adapter_config.json"):
                return self.answer(404, b"{}", X_Error_Code="EntryNotFound")
            more = {"Content_Encoding": repo.encoding} if repo.encoding else {}
            self.answer(200, repo.config, X_Repo_Commit=SHA, ETag='"abc"', Content_Type="application/json", **more)

    return Handler


@contextmanager
def running():
    """A Hub that serves until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
