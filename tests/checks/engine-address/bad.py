import subprocess

import modal

PORT = 8000
app = modal.App("bad")
image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0", "sglang==0.5.23")


@app.function(image=image, gpu="L4")
@modal.web_server(PORT, startup_timeout=600)
def serve():
    subprocess.Popen(
        [
            "vllm",
            "serve",
            "/model",
            "--host",
            "127.0.0.1",  # finding: Modal cannot reach it
            "--port",
            "8001",  # finding: Modal is told 8000
        ]
    )


@app.function(image=image, gpu="L4")
@modal.web_server(PORT)
def no_host():
    subprocess.Popen(["vllm", "serve", "/model"])  # finding: no --host


@app.function(image=image, gpu="L4")
@modal.web_server(PORT)
def another_default():
    subprocess.Popen(["sglang", "serve", "--model-path=/m", "--host=0.0.0.0"])  # finding: port 30000
