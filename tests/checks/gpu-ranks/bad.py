import subprocess

import modal

app = modal.App("example")
image = modal.Image.from_registry("vllm/vllm-openai:v9.9.9").entrypoint([])


@app.server(image=image, gpu="H100:2")
class TooMany:
    @modal.enter()
    def start(self):
        command = ["vllm", "serve", "/m", "--tensor-parallel-size", "2", "-pp", "2"]  # finding: vllm starts 4 ranks on 2 GPUs
        subprocess.Popen(command)


@app.function(image=image, gpu=["H100:8", "A100-80GB:4"])
def smallest():
    subprocess.Popen(["sglang", "serve", "--model-path", "/m", "--tp", "8"])  # finding: sglang starts 8 ranks on 4 GPUs


@app.cls(image=image, gpu="H100:4")
class TooFew:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM("/m", tensor_parallel_size=2)  # finding: vllm uses 2 of 4 GPUs


@app.function(image=image, gpu="H100")
def other():
    subprocess.Popen(["trtllm-serve", "m", "--tp_size", "2"])  # finding: tensorrt-llm starts 2 ranks on 1 GPU
