import subprocess

import modal

app = modal.App("example")
devel = modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
installed = modal.Image.debian_slim(python_version="3.12").apt_install("cuda-nvcc-13-0").uv_pip_install("sglang==0.5.23")
own = modal.Image.from_registry("lmsysorg/sglang:v0.5.23-cu130")
slim = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==0.33.0")


@app.function(image=devel.uv_pip_install("sglang==0.5.23"), gpu="L4")
def serve():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m"])


@app.function(image=installed, gpu="L4")
def serve_installed():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m"])


@app.function(image=own, gpu="L4")
def serve_own():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m"])


@app.function(image=slim, gpu="L4")
def serve_vllm():
    subprocess.Popen(["vllm", "serve", "/m", "--attention-backend", "FLASH_ATTN"])
