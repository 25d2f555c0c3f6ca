import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("httpx==0.28.1", "vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


commit = modal.Image.debian_slim(python_version="3.12").uv_pip_install(
    "git+https://github.com/sgl-project/sglang.git@0123456789abcdef0123456789abcdef01234567#subdirectory=python"
)
cloned = modal.Image.from_registry("lmsysorg/sglang:v9.9.9").run_commands(
    "git clone https://github.com/sgl-project/sglang /s",
    "cd /s && git checkout 0123456789abcdef0123456789abcdef01234567 && pip install -e python[all]",
)
release = modal.Image.debian_slim(python_version="3.12").run_commands(
    "git clone -b v9.9.9 https://github.com/vllm-project/vllm.git", "pip install ./vllm"
)


@app.function(image=release, gpu="L4")
def from_a_clone():
    subprocess.Popen(["vllm", "serve", "/weights/model"])


listed = modal.Image.debian_slim(python_version="3.12").pip_install_from_requirements("requirements.txt")


@app.function(image=listed, gpu="L4")
def from_requirements():
    subprocess.Popen(["vllm", "serve", "/weights/model"])
client = modal.Image.debian_slim(python_version="3.12").pip_install("ollama")
