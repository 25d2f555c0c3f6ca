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

        return self.llm.generate(prompts, SamplingParams(max_tokens=64))


@app.cls(gpu="L4")
class Warm:
    @modal.enter()
    def load(self):
        from vllm import LLM

        self.llm = LLM("/weights/model")
        self.warm_up()

    def warm_up(self):
        self.llm.chat([{"role": "user", "content": "ping"}])

    @modal.method()
    def many(self, texts):
        return self.llm.chat([[{"role": "user", "content": text}] for text in texts])
