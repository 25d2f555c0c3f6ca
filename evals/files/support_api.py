"""Chat API of the support desk. Worked until the client was upgraded."""

import subprocess

import modal

stub = modal.Stub("support-bot")
image = modal.Image.debian_slim(python_version="3.11").pip_install("vllm", "huggingface_hub[hf_transfer]")
cache = modal.Volume.from_name("support-weights", create_if_missing=True)


@stub.function(
    image=image,
    gpu=modal.gpu.A100(size="80GB"),
    volumes={"/root/.cache/huggingface": cache},
    keep_warm=1,
    container_idle_timeout=600,
    allow_concurrent_inputs=64,
    timeout=3600,
)
@modal.web_server(port=8000, startup_timeout=300)
def serve():
    subprocess.Popen("vllm serve Qwen/Qwen3-8B --host 0.0.0.0 --port 8000 --max-model-len 16384", shell=True)
