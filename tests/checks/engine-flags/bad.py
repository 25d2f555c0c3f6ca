import modal

COMMAND = [
    "vllm",
    "serve",
    "/weights/model",
    "--guided-decoding-backend",  # finding: has no --guided-decoding-backend
    "auto",
    "--dtype",  # finding: float8
    "float8",
]
COMMAND += ["--tp", "2"]  # finding: has no --tp
SGLANG = "python -m sglang.launch_server --model-path /weights/model --cuda-graph-max-bs 20"  # finding: --cuda-graph-max-bs
