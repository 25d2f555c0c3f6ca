import os
import subprocess

import modal

MODEL = os.environ.get("MODEL", "example/model")  # finding: serve uses MODEL
LENGTH = int(os.getenv("LENGTH", "4096"))  # finding: serve uses OPTIONS
OPTIONS = ["--max-model-len", str(LENGTH)]
NAME = os.environ["NAME"]  # finding: NAME is read when serve's container imports the file
app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").env({"OTHER": "1"})


def command():
    return ["vllm", "serve", MODEL, *OPTIONS, "--served-model-name", NAME]


@app.function(image=image, gpu="L4", secrets=[modal.Secret.from_name("huggingface")])
def serve():
    subprocess.Popen(command())
