import subprocess

import modal

app = modal.App("example")


@app.server(gpu="H100", port=8000, unauthenticated=True)
class Server:
    @modal.enter()
    def start(self):
        command = ["sglang", "serve", "--model-path", "/weights/model", "--host", "0.0.0.0", "--port", "8000"]  # finding: change its weights
        subprocess.Popen(command)
