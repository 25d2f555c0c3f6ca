"""Batches through `vllm.LLM` in a class: one function transforms rows, splits them and spawns all batches."""

import json
import os
import re

import modal

app = modal.App("foreign-batches")

vllm_image = (
    modal.Image.from_registry("nvidia/cuda:12.9.0-devel-ubuntu22.04", add_python="3.13")
    .entrypoint([])
    .uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0")
    .env({"HF_XET_HIGH_PERFORMANCE": "1", "VLLM_LOGGING_LEVEL": "WARNING"})
)
rows_image = modal.Image.debian_slim(python_version="3.13")

MINUTES = 60
BATCH = 7
hf_cache = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
vllm_cache = modal.Volume.from_name("vllm-cache", create_if_missing=True)

with vllm_image.imports():
    import vllm


@app.cls(
    image=vllm_image,
    gpu="H100",
    timeout=60 * MINUTES,
    scaledown_window=5 * MINUTES,
    max_containers=3,
    volumes={"/root/.cache/huggingface": hf_cache, "/root/.cache/vllm": vllm_cache},
)
class Vllm:
    @modal.enter()
    def start(self):
        self.llm = vllm.LLM(
            model="Qwen/Qwen3-8B-FP8",
            max_model_len=16384,
            attention_backend="flashinfer",
            async_scheduling=True,
        )
        self.sampling_params = self.llm.get_default_sampling_params()
        self.sampling_params.max_tokens = 64
        print("entered:", os.environ["MODAL_TASK_ID"])

    @modal.method()
    def process(self, batch: list[list[dict]]) -> list[str]:
        answers = self.llm.chat(
            batch, sampling_params=self.sampling_params, chat_template_kwargs={"enable_thinking": False}, use_tqdm=False
        )
        return [answer.outputs[0].text for answer in answers]

    @modal.exit()
    def stop(self):
        del self.llm


@app.function(image=rows_image)
def transform(row: dict) -> list[dict]:
    text = re.sub(r"\s+", " ", row["text"]).strip()
    return [
        {"role": "system", "content": "Name the form in five words."},
        {"role": "user", "content": f"/no_think {text}"},
    ]


def batched(rows: list, size: int):
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@app.function(image=rows_image, timeout=24 * 60 * MINUTES, secrets=[modal.Secret.from_dict({"ROWS_FROM": "memory"})])
def orchestrate(count: int) -> list[str]:
    assert os.environ["ROWS_FROM"] == "memory"
    rows = [{"id": number, "text": f"  form {number}\n of  the year "} for number in range(count)]
    conversations = list(transform.map(rows))
    engine = Vllm()
    calls = [engine.process.spawn(batch) for batch in batched(conversations, BATCH)]
    return [call.object_id for call in calls]


@app.local_entrypoint()
def main(count: int = 150):
    calls = [modal.FunctionCall.from_id(call_id) for call_id in orchestrate.remote(count)]
    print(f"spawned {len(calls)} batches")
    first = calls[0].get(timeout=5 * MINUTES)
    gathered = modal.FunctionCall.gather(*calls)
    assert gathered[0] == first
    answers = [answer for batch in gathered for answer in batch]
    for number, answer in enumerate(answers):
        assert f"form {number} of the year" in answer, (number, answer)
    print(json.dumps({"answers": len(answers), "first": answers[0]}))
