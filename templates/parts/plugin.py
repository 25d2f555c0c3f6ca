"""The routes that SGLang exposes: middleware that its plugin hook puts in front of its server."""

import multiprocessing
import os
import secrets


class Gate:
    """SGLang middleware: /health is open, /v1/ and /metrics take the key, the rest is closed."""

    def __init__(self, app) -> None:
        self.app = app
        self.key = os.environ.get("LLM_API_KEY")  # None: the app has no key
        self.once = {"/freeze_gc"}  # which SGLang requests itself, one time, when it is up

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "/health")  # start-up and shutdown events have no path
        token = dict(scope.get("headers", ())).get(b"authorization", b"")
        expected = f"Bearer {self.key or secrets.token_hex()}"  # an empty key matches nothing
        authorized = self.key is None or secrets.compare_digest(token, expected.encode())
        is_api = path.startswith(("/v1/", "/metrics"))
        if path == "/health" or path in self.once or (authorized and is_api):
            self.once.discard(path)
            return await self.app(scope, receive, send)
        status = 404 if authorized else 401
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def plug_in() -> None:
        """Add the middleware in the server, which is the engine's first process."""
        if multiprocessing.parent_process() is None:
            from sglang.srt.entrypoints.http_server import app

            app.add_middleware(Gate)
