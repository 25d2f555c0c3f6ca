import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, volumes={"/weights": weights})
def download():
    from huggingface_hub import snapshot_download

    snapshot_download("example/model", revision="main")


@app.cls(image=image, gpu="L4", volumes={"/weights": weights}, max_containers=2, startup_timeout=900)
class Model:
    @modal.enter()
    def load(self):
        from huggingface_hub import snapshot_download

        self.path = snapshot_download("example/model", revision="main", local_files_only=True)
