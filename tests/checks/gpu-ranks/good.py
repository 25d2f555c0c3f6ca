import subprocess

import modal

app = modal.App("example")
image = modal.Image.from_registry("vllm/vllm-openai:v9.9.9").entrypoint([])
N = int(input())


@app.function(image=image, gpu="H100:4")
def both():
    subprocess.Popen(["vllm", "serve", "/m", "--tensor-parallel-size=2", "--data_parallel_size", "2"])


@app.function(image=image, gpu="H100:2")
def attention_shares_gpus():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m", "--tp", "2", "--dp", "2", "--enable-dp-attention"])


@app.function(image=image, gpu="H100:2")
def unknown():
    subprocess.Popen(["vllm", "serve", "/m", "--tensor-parallel-size", str(N)])


@app.function(image=image, gpu="H100:2")
def several_nodes():
    subprocess.Popen(["vllm", "serve", "/m", "--tensor-parallel-size", "4", "--nnodes", "2", "--node-rank", "0"])


@app.function(image=image, gpu=f"H100:{N}")
def unknown_gpus():
    subprocess.Popen(["vllm", "serve", "/m", "--tensor-parallel-size", "2"])


@app.function(image=image, gpu="L4:2")
def two_engines():
    subprocess.Popen(["vllm", "serve", "/m"])
    subprocess.Popen(["vllm", "serve", "/n", "--port", "8001"])
