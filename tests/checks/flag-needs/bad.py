import modal

app = modal.App("bad")
image = modal.Image.debian_slim().uv_pip_install("vllm==0.33.0")
COMMANDS = [
    ["vllm", "serve", "/m", "--enable-auto-tool-choice"],  # finding: requires --tool-call-parser
    ["vllm", "serve", "/m", "--enable_log_outputs"],  # finding: requires --enable-log-requests
    ["vllm", "serve", "/m", "--tool-call-parser", "hermes"],  # finding: ignores --tool-call-parser
    ["vllm", "serve", "/m", "--enable-lora", "--max-loras=4", "--max-cpu-loras=2"],  # finding: (2) must be >= max_loras (4)
    ["vllm", "serve", "/m", "--kv-transfer-config.kv_connector=X"],  # finding: refuses its command line: Please specify
    ["sglang", "serve", "--model-path", "/m", "--enable-eplb"],  # finding: AssertionError: --enable-eplb with --ep-size
]


@app.function(image=image, gpu="H100")
def load():
    subprocess.Popen(["vllm", "serve", "/m", "--load-format", "runai_streamer"])  # finding: No module named


@app.function(image=modal.Image.debian_slim().uv_pip_install("sglang==0.5.23"), gpu="L40S")
def cache():
    sglang.Engine(model_path="/m", kv_cache_dtype="nvfp4")  # finding: requires Blackwell
