import os
import subprocess

import modal

MODEL = os.environ.get("MODEL", "example/model")
GPU = os.environ.get("GPU", "L4")
TOKEN = os.environ.get("HF_TOKEN", "")
REGION = os.environ.get("MODAL_REGION", "")
LENGTH = os.environ.get("LENGTH", "4096")
if modal.is_local():
    NAME = os.environ["NAME"]
app = modal.App("example", secrets=[modal.Secret.from_dict({"LENGTH": LENGTH})])
image = modal.Image.debian_slim(python_version="3.12").env({"MODEL": MODEL})


@app.function(image=image, gpu=GPU, secrets=[modal.Secret.from_name("huggingface")])
def serve():
    subprocess.Popen(["vllm", "serve", MODEL, "--max-model-len", LENGTH, "--hf-token", TOKEN], env={"REGION": REGION})


@app.local_entrypoint()
def main():
    print(NAME)
