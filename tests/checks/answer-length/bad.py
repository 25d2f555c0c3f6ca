import modal

app = modal.App("example")


@app.cls(gpu="L4", max_containers=1)
class Model:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM("/weights/model")

    @modal.method()
    def ask(self, prompts: list[str]):
        from vllm import SamplingParams

        return self.llm.generate(prompts, SamplingParams(temperature=0.7))  # finding: stop after 16 tokens
