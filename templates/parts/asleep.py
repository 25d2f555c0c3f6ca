"""The routes that an engine in developer mode exposes."""

import os
import secrets


class Gate:
    """vLLM middleware: all routes for the container's own key, /v1/ and /health for clients."""

    def __init__(self, app) -> None:
        self.app = app
        self.own_key = os.environ.get("OWN_KEY") or secrets.token_hex()
        self.api_key = os.environ.get("VLLM_API_KEY", "")  # vLLM itself checks it below /v1/

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "/health")  # start-up and shutdown events have no path
        token = dict(scope.get("headers", ())).get(b"authorization", b"")
        if not (
            path == "/health"
            or path.startswith("/v1/")
            or secrets.compare_digest(token, f"Bearer {self.own_key}".encode())
            or (path == "/metrics" and not self.api_key)
            or (
                path == "/metrics"
                and secrets.compare_digest(token, f"Bearer {self.api_key}".encode())
            )
        ):
            scope = {**scope, "path": "/closed"}  # a route that vLLM does not have
        await self.app(scope, receive, send)
