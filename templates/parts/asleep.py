"""What an engine in developer mode lets in."""

import os
import secrets


class Gate:
    """ASGI middleware of the engine: developer mode is for its owner; others have /v1, whose key the engine checks."""

    def __init__(self, app) -> None:
        self.app, self.own, self.key = app, *(os.environ.get(n, "").encode() for n in ("OWN_KEY", "VLLM_API_KEY"))

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", "/health"), dict(scope.get("headers", ())).get(b"authorization", b"")
        owner, guest = (key and secrets.compare_digest(given, b"Bearer " + key) for key in (self.own, self.key))
        known = guest or not self.key
        if not (owner or path == "/health" or path.startswith("/v1/") or (known and path == "/metrics")):
            scope = {**scope, "path": "/closed"}  # which the engine does not have
        await self.app(scope, receive, send)
