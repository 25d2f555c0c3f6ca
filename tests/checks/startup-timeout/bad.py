import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", max_containers=2)  # finding: must start vllm within 300 s
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, requires_proxy_auth=True)  # finding: @web_server waits 5 s
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


@app.server(image=image, gpu="L4", max_containers=2)  # finding: @server waits 30 s
class Server:
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


@app.server(
    image=image,
    gpu="L4",
    startup_timeout=60,  # finding: startup_timeout=60 is too short
)
class Hasty:
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0", "--port", "8000"])
