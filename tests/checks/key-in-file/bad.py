import os

import modal

secret = modal.Secret.from_dict(
    {
        "HF_TOKEN": "not-even-a-real-one",  # finding: HF_TOKEN is hard-coded
        "OTHER": "hf_aBcDeFgHiJkLmNoPqRsTuVwX",  # finding: hf_aBc...
    }
)
API_KEY = "super-secret-key"  # finding: API_KEY is hard-coded
SERVER = ["vllm", "serve", "/m", "--api-key", "letmein"]  # finding: the key of vllm is hard-coded
USES = ["vllm", "serve", "/m", "--api-key", API_KEY]
DEFAULT = os.environ.get("SERVE_API_KEY", "local-only")  # finding: a default of SERVE_API_KEY is hard-coded
image = modal.Image.debian_slim(python_version="3.12").env({"VLLM_API_KEY": "dummy"})  # finding: VLLM_API_KEY is hard-coded
