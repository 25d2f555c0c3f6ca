import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9", "transformers==5.20.2")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


more = image.run_commands(
    "git clone --branch v1.2.0 https://github.com/acme/thing.git && pip install -e thing[all]",
    "pip install --upgrade pip && pip install . /local 'numpy==2.3.5'",
    "pip install git+https://github.com/acme/other@0123456789abcdef0123456789abcdef01234567",
)
