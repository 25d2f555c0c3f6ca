import modal

app = modal.App("good")
OPTIONS = load_options()


@app.function(gpu="H100:2", memory=65536)
def enough():
    subprocess.Popen(["vllm", "serve", "/m", "--kv-offloading-size", "40"])


@app.function(gpu="H100", **OPTIONS)
def unknown():
    subprocess.Popen(["vllm", "serve", "/m", "--kv-offloading-size", "40"])


@app.function(gpu="H100")
def without():
    subprocess.Popen(["vllm", "serve", "/m", "--kv-offloading-backend", "native"])


@app.function(gpu="H100", memory=1024)
def of_the_cache():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m", "--enable-hierarchical-cache", "--hicache-ratio", "1"])
