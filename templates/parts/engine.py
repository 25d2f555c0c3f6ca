"""The engine as a child process: started without a shell, watched and stopped; its routes."""

import atexit
import contextlib
import os
import secrets
import subprocess
import threading
import time
import urllib.request

PORT = 8000  # an app defines it itself


def start_engine(command: list[str], **variables: str) -> None:
    """Start the engine and return once it is healthy. If it exits, the container exits too."""
    engine = subprocess.Popen(command, env=os.environ | variables)
    # Exit handlers run in reverse order: terminate, wait, kill.
    atexit.register(engine.kill)
    atexit.register(engine.wait, timeout=20)
    atexit.register(engine.terminate)

    def watch() -> None:
        code = engine.wait()
        if threading.main_thread().is_alive():  # otherwise the container is shutting down
            print(f"The engine exited with code {code}; see the log above.", flush=True)
            os._exit(1)

    while engine.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://localhost:{PORT}/health", timeout=5),
        ):
            threading.Thread(target=watch, daemon=True).start()
            return
        time.sleep(0.2)
    raise RuntimeError(f"The engine exited with code {engine.returncode}; see the log above.")


class Gate:
    """vLLM middleware: /health is open, /v1/ and /metrics take the key, the rest is closed."""

    def __init__(self, app) -> None:
        self.app = app
        self.key = os.environ.get("VLLM_API_KEY", "")

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "/health")  # start-up and shutdown events have no path
        token = dict(scope.get("headers", ())).get(b"authorization", b"")
        authorized = not self.key or secrets.compare_digest(token, f"Bearer {self.key}".encode())
        is_api = path == "/metrics" or path.startswith("/v1/")
        if path != "/health" and not (authorized and is_api):
            scope = {**scope, "path": "/v1/closed"}  # no route: 404, or without the key 401
        await self.app(scope, receive, send)
