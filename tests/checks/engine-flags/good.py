import modal

image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0", "sglang==0.5.23")
LENGTH = 4096
extra = ["--not-a-command"]
command = ["vllm", "serve", "/model", "--host", "0.0.0.0", "--max-model-len", str(LENGTH), "--no-enable-prefix-caching"]
sglang = ["sglang", "serve", "--model-path", "/model", "--host", "0.0.0.0", "--port", "8000", "--tp-size", "2"]
