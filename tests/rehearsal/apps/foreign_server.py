"""A public Server class: its enter method starts vLLM and returns at once, and Modal waits for the port."""

import asyncio
import json
import subprocess
import time

import aiohttp
import modal

MODEL_NAME = "google/gemma-4-26B-A4B-it"
MODEL_REVISION = "47b6801b24d15ff9bcd8c96dfaea0be9ed3a0301"
FAST_BOOT = False
N_GPU = 1
MINUTES = 60
VLLM_PORT = 8000
SPECULATION = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4}

vllm_image = (
    modal.Image.from_registry("nvidia/cuda:12.9.0-devel-ubuntu22.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install("vllm==9.9.9", "transformers==5.20.2")
    .env({"HF_XET_HIGH_PERFORMANCE": "1"})
)

app = modal.App("foreign-server", image=vllm_image)
volumes = {
    "/root/.cache/huggingface": modal.Volume.from_name("huggingface-cache", create_if_missing=True),
    "/root/.cache/vllm": modal.Volume.from_name("vllm-cache", create_if_missing=True, version=2),
}


@app.server(
    port=VLLM_PORT,
    unauthenticated=True,
    target_concurrency=100,
    startup_timeout=10 * MINUTES,
    scaledown_window=15 * MINUTES,
    exit_grace_period=25,
    gpu=f"H200:{N_GPU}",
    volumes=volumes,
    secrets=[modal.Secret.from_dict({"VLLM_LOGGING_LEVEL": "INFO"})],
)
class Server:
    @modal.enter()
    def start(self):
        cmd = [
            "vllm", "serve", MODEL_NAME, "--revision", MODEL_REVISION,
            "--served-model-name", MODEL_NAME, "llm",
            "--host", "0.0.0.0", "--port", str(VLLM_PORT), "--uvicorn-log-level=info",
            "--async-scheduling", "--enforce-eager" if FAST_BOOT else "--no-enforce-eager",
            "--tensor-parallel-size", str(N_GPU),
            "--limit-mm-per-prompt", json.dumps({"image": 0, "video": 0, "audio": 0}),
            "--enable-auto-tool-choice", "--tool-call-parser", "gemma4", "--reasoning-parser", "gemma4",
            "--speculative-config", json.dumps(SPECULATION),
        ]  # fmt: skip
        print(*cmd)
        self.process = subprocess.Popen(cmd)
        print("entered, and returned at once")

    @modal.exit()
    def stop(self):
        self.process.terminate()
        print("left, engine's exit code:", self.process.wait(timeout=1800))


@app.local_entrypoint()
async def main(content: str = ""):
    url = await Server.get_url.aio() if hasattr(Server.get_url, "aio") else Server.get_url()
    print(f"asking {url}")
    async with aiohttp.ClientSession(base_url=url) as session:
        await _until_healthy(session, 10 * MINUTES)
        system = {
            "role": "system",
            "content": "You are a pirate who cannot help but drop sly reminders that he steals.",
        }
        for question in (content or "Explain the singular value decomposition.", "Now in a limerick."):
            await _chat(session, [system, {"role": "user", "content": question}])


async def _until_healthy(session: aiohttp.ClientSession, patience: float):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        async with session.get("/health") as response:
            if response.status == 200:
                return
            assert response.status == 503, f"{response.status}: {await response.text()}"
        await asyncio.sleep(0.2)
    raise TimeoutError("the server did not become healthy")


async def _chat(session: aiohttp.ClientSession, messages: list):
    payload = {"messages": messages, "model": "llm", "stream": True, "chat_template_kwargs": {"enable_thinking": False}}
    text = ""
    async with session.post("/v1/chat/completions", json=payload, headers={"Accept": "text/event-stream"}) as response:
        response.raise_for_status()
        async for line in response.content:
            event = line.decode().strip().removeprefix("data: ")
            if event and event != "[DONE]":
                delta = json.loads(event)["choices"][0]["delta"]
                text += delta.get("content") or delta.get("reasoning") or delta.get("reasoning_content") or ""
    assert text, "no answer"
    print("streamed:", text)
