import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.cls(image=image, gpu="L4")  # finding: but memory snapshots are off
class Without:
    @modal.enter(snap=True)
    def start(self):
        pass


@app.cls(image=image, gpu="L4", enable_memory_snapshot=True)  # finding: before the snapshot, where it has no GPU
class Model:
    @modal.enter(snap=True)
    def start(self):
        import requests

        subprocess.Popen(["vllm", "serve", "/weights/model"])  # finding: vllm
        requests.post("http://localhost:8000/sleep")
