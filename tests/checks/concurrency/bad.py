import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)  # finding: one request at a time
def alone():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


@app.function(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(
    max_inputs=32,  # finding: takes 32 requests, but its engine batches 2
)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def crowded():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0", "--max-num-seqs", "2"])


@app.server(
    image=image,
    gpu="L4",
    target_concurrency=64,  # finding: target 64 exceeds the maximum 32
    max_concurrency=32,
)
class Server:
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "::"])


@app.cls(image=image, gpu="L4")
@modal.concurrent(max_inputs=4)  # finding: an offline engine
class Offline:
    @modal.enter()
    def load(self):
        import vllm

        self.llm = vllm.LLM("/weights/model")
