import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.cls(
    image=image,
    gpu="L4",
    enable_memory_snapshot=True,
    experimental_options={"enable_gpu_snapshot": True},
)
class Model:
    @modal.enter(snap=True)
    def start(self):
        import requests

        subprocess.Popen(["vllm", "serve", "/weights/model", "--enable-sleep-mode"])
        requests.post("http://localhost:8000/sleep")  # finding: never woken


@app.cls(image=image, gpu="L4", enable_memory_snapshot=True)
class Late:  # finding: before the engine is started
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--enable-sleep-mode", "--port", "8001"])
