import subprocess

import modal

app = modal.App("example")
key = modal.Secret.from_name("key", required_keys=["VLLM_API_KEY"])


@app.function(gpu="L4", secrets=[key])
def hold():
    process = subprocess.Popen(["vllm", "serve", "/m", "--port", "8000"])
    with modal.forward(8000) as tunnel:
        print(tunnel.url)
        process.wait()


@app.function()
def notebook():
    with modal.forward(8888) as tunnel:
        subprocess.run(["jupyter", "notebook", "--port", "8888"])
