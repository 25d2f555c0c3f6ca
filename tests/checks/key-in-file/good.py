import os

import modal

secret = modal.Secret.from_name("huggingface-secret", required_keys=["HF_TOKEN"])
local = modal.Secret.from_dict({"HF_TOKEN": os.environ.get("HF_TOKEN", "")})
empty = modal.Secret.from_dict({"HF_TOKEN": ""})
EOS_TOKEN = "<|im_end|>"
HF_SECRET = "huggingface-secret"
secret_by_name = modal.Secret.from_name(HF_SECRET)
API_KEY = "EMPTY"
EXAMPLE_API_KEY = "sk-your-key-here"
KEY_VARIABLE = MY_TOKEN = "SERVE_API_KEY"
HF_TOKEN = os.environ.get("HF_TOKEN", "")
SERVER = ["vllm", "serve", "/m", "--api-key", os.environ["SERVE_API_KEY"]]
