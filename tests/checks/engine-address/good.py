import subprocess

import modal

PORT = 8000
app = modal.App("good")
image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0", "sglang==0.5.23")


@app.function(image=image, gpu="L4")
@modal.web_server(PORT, startup_timeout=600)
def serve():
    subprocess.Popen(["vllm", "serve", "/model", "--host", "0.0.0.0", "--port", str(PORT)])


@app.function(image=image, gpu="L4")
@modal.web_server(port=8000)
def default_port():
    subprocess.Popen(["vllm", "serve", "/model", "--host=0.0.0.0"])
