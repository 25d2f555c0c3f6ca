import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("httpx==0.28.1", "vllm")  # finding: does not pin vllm
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


branch = modal.Image.debian_slim(python_version="3.12").uv_pip_install(
    "git+https://github.com/sgl-project/sglang.git@main#subdirectory=python"  # finding: does not pin sglang
)
unused = modal.Image.debian_slim(python_version="3.12").pip_install("lmdeploy")  # finding: does not pin lmdeploy
cloned = modal.Image.from_registry("lmsysorg/sglang:v9.9.9").run_commands(
    "git clone --depth 1 https://github.com/sgl-project/sglang /s && pip install -e /s/python"  # finding: built from the default branch
)
