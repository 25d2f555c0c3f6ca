import modal

COMMAND = [
    "vllm",
    "serve",
    "example/model",
    "--trust-remote-code",  # finding: --trust-remote-code
]
