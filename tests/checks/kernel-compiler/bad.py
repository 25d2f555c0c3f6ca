import subprocess

import modal

app = modal.App("example")
slim = modal.Image.debian_slim(python_version="3.12").uv_pip_install("sglang==0.5.23")  # finding: sglang compiles kernels
runtime = modal.Image.from_registry("nvidia/cuda:13.0.3-runtime-ubuntu24.04", add_python="3.12")  # finding: FLASHINFER compiles


@app.function(image=slim, gpu="L4")
def serve():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m"])


@app.function(image=runtime.uv_pip_install("vllm==0.33.0").env({"VLLM_ATTENTION_BACKEND": "FLASHINFER"}), gpu="L4")
def serve_vllm():
    subprocess.Popen(["vllm", "serve", "/m"])
