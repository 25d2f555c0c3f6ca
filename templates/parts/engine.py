"""The engine as a child process: started from an argument list, watched, stopped; and what it lets in."""

import atexit
import contextlib
import os
import secrets
import subprocess
import threading
import time
import urllib.request


def start_engine(command: list[str], port: int, **variables: str) -> None:
    """Start the engine and return once it is healthy. If it dies, so does the container: its last words are logged."""
    engine, serving = subprocess.Popen(command, env=os.environ | variables), threading.Event()

    def watch() -> None:
        code = engine.wait()
        if serving.is_set():
            print(f"The engine ended with exit code {code}, and this container with it.", flush=True)
            os._exit(1)

    def stop() -> None:
        serving.clear()
        engine.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(timeout=20)
        engine.kill()

    atexit.register(stop)
    threading.Thread(target=watch, daemon=True).start()
    while engine.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/health", timeout=5):
            return serving.set()
        time.sleep(0.2)
    raise RuntimeError(f"The engine ended with exit code {engine.returncode}; its last words stand above.")


class Gate:
    """ASGI middleware of the engine, whose own check of keys is for /v1 alone: closes all that is not named here."""

    def __init__(self, app) -> None:
        self.app, self.key = app, os.environ.get("VLLM_API_KEY", "").encode()

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", "/health"), dict(scope.get("headers", ())).get(b"authorization", b"")
        known = not self.key or secrets.compare_digest(given, b"Bearer " + self.key)
        if not (path == "/health" or path.startswith("/v1/") or (known and path == "/metrics")):
            scope = {**scope, "path": "/closed"}  # which the engine does not have
        await self.app(scope, receive, send)
