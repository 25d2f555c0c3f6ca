import os
import subprocess

COMMAND = [
    "vllm",
    "serve",
    "/weights/model",
    "--api-key",  # finding: the key is on the command line
    os.environ["KEY"],
]
subprocess.run(
    [
        "hf",
        "download",
        "example/model",
        "--token",  # finding: the token is on the command line
        os.environ["HF_TOKEN"],
    ]
)
