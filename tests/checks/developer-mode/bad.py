import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9").env(
    {
        "VLLM_SERVER_DEV_MODE": "1",  # finding: developer mode
    }
)
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4")
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])
