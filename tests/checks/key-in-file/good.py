import os

import modal

secret = modal.Secret.from_name("huggingface-secret", required_keys=["HF_TOKEN"])
local = modal.Secret.from_dict({"HF_TOKEN": os.environ.get("HF_TOKEN", "")})
empty = modal.Secret.from_dict({"HF_TOKEN": ""})
