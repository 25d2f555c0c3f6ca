"""The engine as a child process: started from an argument list, watched, stopped."""

import atexit
import collections
import contextlib
import os
import socket
import subprocess
import threading
import time


def start_engine(command: list[str], port: int) -> None:
    """Start the engine and return once it listens. If it dies, so does the container: at once, with its last lines."""
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    last_lines, ready = collections.deque(maxlen=20), threading.Event()

    def relay() -> None:
        for line in engine.stdout:
            last_lines.append(line)
            print(line, end="", flush=True)

    def watch() -> None:
        code = engine.wait()
        if ready.is_set():
            print(f"The engine ended with exit code {code}, and this container with it.", flush=True)
            os._exit(1)

    def stop() -> None:
        ready.clear()
        engine.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(timeout=20)
        engine.kill()

    atexit.register(stop)
    reader = threading.Thread(target=relay, daemon=True)
    reader.start()
    threading.Thread(target=watch, daemon=True).start()
    while engine.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            ready.set()
            return
        time.sleep(0.2)
    reader.join(timeout=5)
    raise RuntimeError(f"The engine ended with exit code {engine.returncode}:\n{''.join(last_lines)}")
