import modal

image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0", "sglang==0.5.23")
old = ["vllm", "serve", "/model", "--tp", "2", "--host", "0.0.0.0"]  # finding: --tensor-parallel-size
value = ["vllm", "serve", "/model", "--dtype", "float8", "--host", "0.0.0.0"]  # finding: float8
other = [
    "sglang",
    "serve",
    "--model-path",
    "/model",
    "--host",
    "0.0.0.0",
    "--port",
    "8000",
    "--cuda-graph-max-bs",  # finding: --cuda-graph-max-bs-decode
    "20",
]
allowed = ["vllm", "serve", "/model", "--task", "generate", "--host", "0.0.0.0"]  # serve: allow[engine-flags] a demo
