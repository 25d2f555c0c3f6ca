import modal

COMMAND = ["vllm", "serve", "/weights/model", "--max-model-len", "16k", "--tensor-parallel-size", "2"]
SGLANG = ["sglang", "serve", "--model-path", "/weights/model", "--host", "0.0.0.0"]
OLDER = modal.Image.debian_slim(python_version="3.12")
