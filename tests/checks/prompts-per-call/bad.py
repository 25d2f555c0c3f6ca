import modal

app = modal.App("example")


@app.cls(gpu="L4", max_containers=1)
class Model:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM("/weights/model")

    @modal.method()
    def ask(self, prompt: str):
        from vllm import SamplingParams

        return self.llm.generate([prompt], SamplingParams(max_tokens=64))  # finding: one prompt per call

    @modal.method()
    def chat(self, text):
        return self.llm.chat([{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}])  # finding: passes one prompt per call
