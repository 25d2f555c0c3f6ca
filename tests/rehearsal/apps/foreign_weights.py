"""A separate function downloads weights to a Volume at the Hub's default cache folder; the engine is offline.

No environment variable has that path: it is the default of the Hub's client and of the engine.
"""

import subprocess
import urllib.request

import modal

MODEL = "Qwen/Qwen3-1.7B"
REVISION = "70d244cc86ccca08cf5af4e1e306ecf908b1ad5e"
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0")
volumes = {"/root/.cache/huggingface": modal.Volume.from_name("foreign-weights", create_if_missing=True)}

app = modal.App("foreign-weights", image=image, volumes=volumes)


@app.function(timeout=3600)
def download():
    from huggingface_hub import snapshot_download

    print("downloaded to", snapshot_download(MODEL, revision=REVISION))


@app.function(gpu="L4", env={"HF_HUB_OFFLINE": "1"}, timeout=600)
@modal.concurrent(max_inputs=16)
@modal.web_server(8000, startup_timeout=300)
def serve():
    subprocess.Popen(["vllm", "serve", MODEL, "--revision", REVISION, "--host", "0.0.0.0", "--port", "8000"])


@app.local_entrypoint()
def main():
    download.remote()
    with urllib.request.urlopen(f"{serve.get_web_url()}/v1/models", timeout=1800) as response:
        print("served:", response.read().decode())
