import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.cls(image=image, gpu="L4", max_containers=2)
class Model:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM("/weights/model")

    @modal.method()
    def answer(self, prompts: list[str]):
        return self.llm.generate(prompts)
