"""Summaries of the contracts: one prompt per call, far too slow."""

import modal

app = modal.App("contract-summaries")
image = modal.Image.debian_slim().pip_install("vllm")


@app.function(image=image, gpu="A100", concurrency_limit=10, timeout=3600)
def summarise(prompt: str) -> str:
    from vllm import LLM, SamplingParams

    llm = LLM(model="meta-llama/Llama-3.1-8B-Instruct")
    return llm.generate([prompt], SamplingParams(max_tokens=400))[0].outputs[0].text


@app.local_entrypoint()
def main(path: str = "contracts.txt"):
    with open(path) as lines:
        for text in summarise.map(lines):
            print(text)
