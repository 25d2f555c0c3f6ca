import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, volumes={"/weights": weights})
def download():
    from huggingface_hub import snapshot_download

    snapshot_download("example/model", revision="main")  # finding: without committing


@app.local_entrypoint()
def main():
    download.remote()
