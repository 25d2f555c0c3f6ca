import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


def wake():
    import requests

    requests.post("http://localhost:8000/sleep?level=1")
    requests.post("http://localhost:8000/wake_up")
    requests.get("https://example.com/wake")


@api.get("/healthz")
def healthz():
    return {}
