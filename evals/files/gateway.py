"""Gateway for the product teams."""

import subprocess

import modal

app = modal.App("llm-gateway")
image = modal.Image.from_registry("nvidia/cuda:12.8.1-devel-ubuntu22.04", add_python="3.12").pip_install("vllm>=0.9")


@app.function(image=image, gpu="H100", timeout=1800)
@modal.concurrent(max_inputs=100)
@modal.web_server(port=8000)
def serve():
    subprocess.Popen(
        [
            "vllm",
            "serve",
            "openai/gpt-oss-20b",
            "--host",
            "0.0.0.0",
            "--port",
            "8000",
            "--api-key",
            "hunter2-is-not-a-key",
        ]
    )
