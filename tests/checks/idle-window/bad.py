import subprocess

import modal

app = modal.App("example")
image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("vllm==9.9.9")
weights = modal.Volume.from_name("weights", create_if_missing=True)


@app.function(image=image, gpu="L4", startup_timeout=900)  # finding: scales down after 60 idle seconds
@modal.concurrent(max_inputs=8)
@modal.web_server(8000, startup_timeout=900, requires_proxy_auth=True)
def serve():
    subprocess.Popen(["vllm", "serve", "/weights/model", "--host", "0.0.0.0"])


@app.cls(
    image=image,
    gpu="L4",
    scaledown_window=20 * 60,  # finding: billed for 20 minutes
)
class Batch:
    @modal.enter()
    def load(self):
        import vllm

        self.llm = vllm.LLM("/weights/model")

    @modal.method()
    def answer(self, prompts):
        return self.llm.chat(prompts)


@app.local_entrypoint()
def main():
    print(list(Batch().answer.map([["a"], ["b"]])))
