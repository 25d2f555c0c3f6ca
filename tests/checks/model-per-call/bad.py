import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", max_containers=2)
def answer(prompt: str):
    from vllm import LLM

    return LLM("/weights/model").generate([prompt])  # finding: answer loads the model


@app.cls(image=image, gpu="L4", max_containers=2)
class Model:
    @modal.method()
    def answer(self, prompt: str):
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained("/weights/model")  # finding: Model.answer loads the model
        return model.generate(prompt)
