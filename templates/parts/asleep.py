"""The routes that an engine in developer mode exposes."""

import os
import secrets


class Gate:
    """vLLM middleware: the container's own key opens all, a client's key /v1/ and /metrics."""

    def __init__(self, app) -> None:
        self.app = app
        self.own_key = os.environ.get("OWN_KEY") or secrets.token_hex()
        self.api_key = os.environ.get("VLLM_API_KEY", "")

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "/health")  # start-up and shutdown events have no path
        token = dict(scope.get("headers", ())).get(b"authorization", b"")
        if not (
            path == "/health"
            or secrets.compare_digest(token, f"Bearer {self.own_key}".encode())
            or (
                (path == "/metrics" or path.startswith("/v1/"))
                and (
                    not self.api_key
                    or secrets.compare_digest(token, f"Bearer {self.api_key}".encode())
                )
            )
        ):
            scope = {**scope, "path": "/v1/closed"}  # no route: 404, or without the key 401
        await self.app(scope, receive, send)
