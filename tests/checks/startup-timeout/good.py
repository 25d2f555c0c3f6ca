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


@app.server(image=image, gpu="L4", startup_timeout=20 * 60)
class Server:
    @modal.enter()
    def start(self):
        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


@app.cls(image=image, gpu="L4", startup_timeout=900)
class Waits:
    @modal.enter()
    def start(self):
        import socket

        subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])
        self.wait(socket)

    def wait(self, socket):
        socket.create_connection(("localhost", 8000), timeout=900)

    @modal.web_server(8000)
    def serve(self):
        pass
