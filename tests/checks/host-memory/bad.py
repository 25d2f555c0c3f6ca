import modal

app = modal.App("bad")


@app.function(gpu="H100:2")
def unrequested():
    subprocess.Popen(["vllm", "serve", "/m", "--kv-offloading-size", "40"])  # finding: takes 40 GiB, but none is requested


@app.function(gpu="H100:2", memory=16384)  # finding: 16384 MiB are requested
def too_little():
    subprocess.Popen(["vllm", "serve", "/m", "--cpu-offload-gb=10"])


@app.function(gpu="H100:2", memory=(8192, 16384))  # finding: the container is killed at 16384 MiB
def killed():
    sglang.Engine(model_path="/m", cpu_offload_gb=10)


@app.function(gpu="H100")
def hierarchical():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m", "--enable-hierarchical-cache"])  # finding: twice the KV cache
