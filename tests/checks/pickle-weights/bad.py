import torch
from huggingface_hub import snapshot_download

torch.load("model.pt", weights_only=False)  # finding: runs code in the file
snapshot_download(
    "example/model",
    allow_patterns=["*.bin", "*.json"],  # finding: pickled weights
)
COMMAND = [
    "vllm",
    "serve",
    "/weights/model",
    "--load-format",
    "pt",  # finding: --load-format pt
]
