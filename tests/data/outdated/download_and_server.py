"""An outdated app: weights are downloaded by a command, and the server is started in a shell."""

import os
import subprocess

import modal

app = modal.Stub("old-server")  # finding: removed-api
volume = modal.Volume.from_name("llm-model-weights", create_if_missing=True)
image = (
    modal.Image.from_registry("vllm/vllm-openai:latest", add_python="3.12")  # finding: image-pinned
    .env({"HF_HUB_ENABLE_HF_TRANSFER": "1", "VLLM_USE_V1": "1"})  # finding: engine-variables
)


@app.function(volumes={"/models": volume}, secrets=[modal.Secret.from_name("huggingface-token")])
def download(model_id: str):  # finding: volume-commit
    subprocess.run(
        ["huggingface-cli", "download", model_id, "--token", os.environ["HF_TOKEN"]],  # finding: key-in-argv
        check=True,
    )


@app.function(  # finding: container-bound idle-window startup-timeout
    image=image,
    gpu="A100",
    volumes={"/models": volume},
    retries=2,  # finding: web-retries
)
@modal.web_server(8000)  # finding: concurrency public-endpoint startup-timeout
def serve():
    subprocess.Popen(  # finding: dead-engine
        "python -m vllm.entrypoints.openai.api_server --model /models/m --host localhost --tp 1",  # finding: engine-address
        shell=True,  # finding: shell-string
    )


@app.local_entrypoint()
def prepare():
    download.remote("mistralai/Mistral-7B-Instruct-v0.2")
