"""Live chat of the shop, SGLang. Came with the image that we had in spring."""

import subprocess

import modal
import modal.experimental

app = modal.App("desk-chat")
image = modal.Image.from_registry("lmsysorg/sglang:latest").pip_install("hf_transfer")


@app.cls(image=image, gpu="H100", min_containers=1, region="us-east", timeout=3600)
@modal.experimental.http_server(port=30000)
@modal.concurrent(target_inputs=16)
class Chat:
    @modal.enter()
    def start(self):
        command = (
            "python -m sglang.launch_server --model-path Qwen/Qwen3-8B --host 0.0.0.0 --port 30000 --enable-ep-moe"
        )
        self.engine = subprocess.Popen(command, shell=True)
