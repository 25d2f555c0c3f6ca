import modal
from huggingface_hub import snapshot_download

image = modal.Image.debian_slim().pip_install("vllm>=0.33.0")
command = ["vllm", "serve", "/model", "--host", "0.0.0.0"]  # finding: no version of vllm is pinned


def download():
    snapshot_download("Qwen/Qwen3-0.6B")  # finding: no revision
    snapshot_download("Qwen/Qwen3-0.6B", revision="main")  # finding: can move
