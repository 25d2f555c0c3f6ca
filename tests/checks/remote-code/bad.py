import modal

COMMAND = [
    "vllm",
    "serve",
    "example/model",
    "--trust-remote-code",  # finding: --trust-remote-code
]


def load(model):
    model.from_pretrained("/weights/model", trust_remote_code=True)  # finding: trust_remote_code runs

from_sglang = ["sglang", "serve", "--model-path", "example/model", "--trust-remote-code"]  # finding: runs code from an unpinned
