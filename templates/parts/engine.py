"""The engine as a child process: started from an argument list, watched, stopped; and what it lets in."""

import atexit
import contextlib
import hmac
import os
import socket
import subprocess
import threading
import time


def start_engine(command: list[str], port: int, **variables: str) -> None:
    """Start the engine and return once it listens. If it dies, so does the container: its last words are in the log."""
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
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            return serving.set()
        time.sleep(0.2)
    raise RuntimeError(f"The engine ended with exit code {engine.returncode}; its last words stand above.")


class Gate:
    """What the engine lets in: /health, and with the key, if there is one, the API and its metrics; nothing else."""

    def __init__(self, app) -> None:
        self.app, self.key = app, os.environ.get("VLLM_API_KEY", "").encode()

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", ""), dict(scope.get("headers", ())).get(b"authorization", b"")
        known = not self.key or hmac.compare_digest(given, b"Bearer " + self.key)
        if scope["type"] == "lifespan" or path == "/health" or (known and path.startswith(("/v1/", "/metrics"))):
            return await self.app(scope, receive, send)
        await send({"type": "http.response.start", "status": 404 if known else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})
