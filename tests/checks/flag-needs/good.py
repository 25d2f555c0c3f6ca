import modal

app = modal.App("good")
image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0")
MORE = input().split()
COMMANDS = [
    ["vllm", "serve", "/m", "--enable-auto-tool-choice", "--tool-call-parser=hermes"],
    ["vllm", "serve", "/m", "--enable-log-outputs", "--enable-log-requests"],
    ["vllm", "serve", "/m", "--enable-auto-tool-choice", "--port", "8000", *MORE],
    ["vllm", "serve", "/m", "--enable-lora", "--max-loras=4", "--max-cpu-loras", MORE[0]],
    ["sglang", "serve", "--model-path", "/m", "--tool-call-parser", "qwen"],
]


@app.function(image=image.uv_pip_install("runai-model-streamer[s3]==0.15.7"), gpu="H100")
def load():
    subprocess.Popen(["vllm", "serve", "/m", "--load-format", "runai_streamer"])


@app.function(image=modal.Image.debian_slim().uv_pip_install("vllm[runai]==0.33.0"), gpu="H100")
def load_extra():
    subprocess.Popen(["vllm", "serve", "/m2", "--load-format", "runai_streamer"])


@app.function(image=modal.Image.from_registry("vllm/vllm-openai:v0.33.0"), gpu="H100")
def load_official():
    subprocess.Popen(["vllm", "serve", "/m3", "--load-format", "runai_streamer"])


@app.function(image=modal.Image.debian_slim().uv_pip_install("sglang==0.5.23"), gpu="B200")
def cache():
    sglang.Engine(model_path="/m", kv_cache_dtype="nvfp4")
