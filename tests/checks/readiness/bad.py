import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.cls(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
@modal.concurrent(max_inputs=8)
class Warm:
    @modal.enter()
    def start(self):
        import urllib.request

        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])  # finding: nothing checks whether vllm is ready
        urllib.request.urlopen("http://localhost:8000/v1/chat/completions", b"{}")

    @modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
    def serve(self):
        pass


@app.server(image=image, gpu="L4", startup_timeout=900)
class Server:
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])  # finding: nothing checks whether vllm is ready
