"""A container's view of the machine and of other containers."""

import json
import os
import socket
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import modal

app = modal.App("isolated")
image = modal.Image.debian_slim().add_local_file(__file__, "/etc/isolated/copy.py") if modal.is_local() else None
cache = modal.Volume.from_name("cache", create_if_missing=True)
data = modal.Volume.from_name("data", create_if_missing=True)
volumes = {"/root/.cache/huggingface": cache, "/mnt/data": data}

FOLDERS = ("/usr", "/var", "/root", "/tmp", "/mnt/data")


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["MODAL_TASK_ID"].encode())

    def log_message(self, *_):
        pass


@app.function(image=image)
@modal.concurrent(max_inputs=10)
@modal.web_server(8000)
def web():
    threading.Thread(target=HTTPServer(("0.0.0.0", 8000), Hello).serve_forever, daemon=True).start()


def written(path: str) -> str:
    try:
        Path(path).write_text("x")
    except OSError as fault:
        return fault.strerror
    return "written"


@app.function(image=image, volumes=volumes, max_containers=2)
def look(url: str, outside: str) -> dict:
    """Examine the container while it listens on port 8000, so that other containers need their own port 8000."""
    with socket.create_server(("0.0.0.0", 8000)), socket.create_server(("127.0.0.1", 8001)):
        Path("/mnt/data/seen").mkdir(exist_ok=True)
        Path("/mnt/data/seen", os.environ["MODAL_TASK_ID"]).touch()
        with urllib.request.urlopen(url, timeout=1800) as response:
            other = response.read().decode()
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=2).close()
            reached = "reached"
        except OSError as fault:
            reached = fault.strerror
        return {
            "me": os.environ["MODAL_TASK_ID"], "other": other, "internet": reached,
            "cwd": str(Path.cwd()), "home": str(Path.home()), "users": list(map(str, Path("/home").iterdir())),
            "copied": Path("/etc/isolated/copy.py").read_text() == Path(__file__).read_text(),
            "file": __file__, "outside": Path(outside).exists(),
            "written": {f"{folder}/look": written(f"{folder}/look") for folder in FOLDERS},
        }  # fmt: skip


@app.local_entrypoint()
def main():
    results = list(look.map([web.get_web_url()] * 2, [__file__] * 2))
    entries = sorted(entry.path for entry in data.listdir("/", recursive=True))
    print("RESULT", json.dumps({"results": results, "data": entries}))
