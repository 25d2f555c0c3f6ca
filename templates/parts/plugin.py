"""What lets SGLang in: a gate, put before its server by SGLang's own plugin hook."""

import multiprocessing
import os
import secrets


class Gate:
    """ASGI middleware: /health is open, the API and its metrics want the key, if there is one, the rest is closed."""

    def __init__(self, app) -> None:
        self.app, self.key, self.once = app, os.environ.get("LLM_API_KEY"), {"/freeze_gc": True}

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", "/health"), dict(scope.get("headers", ())).get(b"authorization", b"")
        known = self.key is None or secrets.compare_digest(given, f"Bearer {self.key or secrets.token_hex()}".encode())
        if path == "/health" or self.once.pop(path, False) or (known and path.startswith(("/v1/", "/metrics"))):
            return await self.app(scope, receive, send)  # /freeze_gc is what SGLang asks of itself, once it is up
        await send({"type": "http.response.start", "status": 404 if known else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def plug_in() -> None:  # called by each process of the engine; the first one is the server
        if multiprocessing.parent_process() is None:
            from sglang.srt.entrypoints.http_server import app

            app.add_middleware(Gate)
