import subprocess

import modal

app = modal.App("example")


@app.server(gpu="H100", port=8000)
class Server:
    @modal.enter()
    def start(self):
        command = ["sglang", "serve", "--model-path", "/weights/model", "--host", "0.0.0.0", "--port", "8000"]
        subprocess.Popen(command)
