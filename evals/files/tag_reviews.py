"""Tags for last night's reviews."""

import modal

stub = modal.Stub("review-tags")
volume = modal.SharedVolume().persist("reviews")


@stub.cls(gpu="A10G", schedule=modal.Cron("0 3 * * *"), shared_volumes={"/reviews": volume})
class Tagger:
    def __enter__(self):
        from vllm import LLM

        self.llm = LLM("Qwen/Qwen3-4B-Instruct-2507", max_model_len=8192)

    @modal.method()
    def run(self):
        rows = open("/reviews/last-night.jsonl").read().splitlines()
        for row in rows:
            print(self.llm.generate(row))
