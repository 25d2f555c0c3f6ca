"""An outdated app: a class and a web endpoint with arguments that the SDK has renamed since."""

import modal

app = modal.App("old-llm")
image = modal.Image.debian_slim().pip_install(  # finding: image-pinned
    "vllm",  # finding: engine-pinned
    "transformers",  # finding: packages-pinned
)


@app.cls(  # finding: weights-volume startup-timeout
    image=image,
    gpu=modal.gpu.A100(memory=80),  # finding: removed-api
    concurrency_limit=10,  # finding: removed-api
    container_idle_timeout=300,  # finding: removed-api
    allow_concurrent_inputs=8,  # finding: removed-api
    keep_warm=1,  # finding: removed-api
)
class Server:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM(  # finding: download-on-gpu
            model="mistralai/Mistral-7B-Instruct-v0.2",  # finding: revision-pinned
        )

    @modal.method()
    def generate(self, prompt: str) -> str:
        return self.llm.generate([prompt])[0].outputs[0].text  # finding: prompts-per-call


@app.function(image=image, gpu="A10G", allow_concurrent_inputs=10)  # finding: removed-api container-bound
@modal.web_endpoint(method="POST")  # finding: removed-api public-endpoint
def endpoint(request: dict) -> dict:
    return {"answer": Server().generate.remote(request["prompt"])}


staging = Server.with_options(gpu="T4", concurrency_limit=2)  # finding: removed-api
