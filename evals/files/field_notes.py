"""Assistant for the field technicians, a few calls a day. After a restore the first chat hangs."""

import os
import subprocess
import time
import urllib.request

import modal

app = modal.App("field-notes")
image = modal.Image.debian_slim(python_version="3.12").pip_install("vllm==0.30.0")
weights = modal.Volume.from_name("field-notes-weights", create_if_missing=True)


def post(path):
    urllib.request.urlopen(urllib.request.Request(f"http://localhost:8000{path}", method="POST"))


@app.cls(
    image=image,
    gpu="L40S",
    volumes={"/root/.cache/huggingface": weights},
    enable_memory_snapshot=True,
    experimental_options={"enable_gpu_snapshot": True},
    scaledown_window=60,
)
class Server:
    @modal.enter(snap=True)
    def start(self):
        environment = os.environ | {"VLLM_SERVER_DEV_MODE": "1"}
        self.engine = subprocess.Popen(
            ["vllm", "serve", "Qwen/Qwen3-4B-Instruct-2507", "--port", "8000", "--enable-sleep-mode"], env=environment
        )
        time.sleep(120)
        post("/sleep?level=1")

    @modal.enter(snap=False)
    def restore(self):
        post("/wake")

    @modal.web_server(port=8000)
    def serve(self):
        pass
