import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9", "transformers>=5", "numpy")  # finding: is not pinned
weights = modal.Volume.from_name("weights", create_if_missing=True)



@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


more = image.run_commands(
    "git clone https://github.com/acme/thing.git",  # finding: the clone of https://github.com/acme/thing.git is not pinned
    "pip install -e thing[all] git+https://github.com/acme/other",  # finding: other is built from a branch
)
