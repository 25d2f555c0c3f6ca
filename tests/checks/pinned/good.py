import modal
from huggingface_hub import snapshot_download

REVISION = "c1899de289a04d12100db370d81485cdf75e47ca"
image = modal.Image.debian_slim().pip_install("vllm==0.33.0")
command = ["vllm", "serve", "/model", "--host", "0.0.0.0"]


def download(revision):
    snapshot_download("Qwen/Qwen3-0.6B", revision=REVISION)
    snapshot_download("Qwen/Qwen3-0.6B", revision=revision)
