"""SGLang in a Server class, with the image that SGLang publishes; each conversation stays with one container."""

import asyncio
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import aiohttp
import modal

MODEL_NAME = "Qwen/Qwen3-8B-FP8"
MODEL_REVISION = "220b46e3b2180893580a4454f21f22d3ebb187d3"
HF_CACHE = "/root/.cache/huggingface"
DG_CACHE = "/root/.cache/deepgemm"
PORT = 8000
MINUTES = 60
TARGET_INPUTS = 10

hf_cache = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
dg_cache = modal.Volume.from_name("deepgemm-cache", create_if_missing=True)

sglang_image = (
    modal.Image.from_registry("lmsysorg/sglang:v9.9.9-cu130")
    .entrypoint([])
    .run_commands(f"rm -rf {HF_CACHE}")
    .uv_pip_install("huggingface-hub==2.4.0")
    .env({"HF_HUB_CACHE": HF_CACHE, "HF_XET_HIGH_PERFORMANCE": "1", "SGLANG_ENABLE_JIT_DEEPGEMM": "1"})
)

app = modal.App("foreign-sglang")


def wait_ready(process: subprocess.Popen, timeout: int = 30 * MINUTES):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if (code := process.poll()) is not None:
            raise subprocess.CalledProcessError(code, cmd=process.args)
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=1800).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"SGLang was not ready within {timeout} s")


def warmup():
    body = {"messages": [{"role": "user", "content": "Hello, how are you?"}], "max_tokens": 16}
    for _ in range(3):
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/v1/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=1800).read()


@app.server(
    image=sglang_image,
    gpu="H100!:2",
    volumes={HF_CACHE: hf_cache, DG_CACHE: dg_cache},
    port=PORT,
    unauthenticated=True,
    routing_region="us-west",
    compute_region="us",
    min_containers=2,
    startup_timeout=20 * MINUTES,
    exit_grace_period=15,
    target_concurrency=TARGET_INPUTS,
)
class SGLang:
    @modal.enter()
    def startup(self):
        cmd = [
            "python", "-m", "sglang.launch_server",
            "--model-path", MODEL_NAME, "--revision", MODEL_REVISION, "--served-model-name", MODEL_NAME,
            "--host", "0.0.0.0", "--port", f"{PORT}",
            "--tp-size", "2", "--mem-fraction-static", "0.8", "--decode-log-interval", "100", "--enable-metrics",
            "--cuda-graph-max-bs-decode", f"{TARGET_INPUTS * 2}",
        ]  # fmt: skip
        self.process = subprocess.Popen(cmd)
        wait_ready(self.process)
        warmup()
        Path(os.environ["HF_HUB_CACHE"], f"warm-{os.environ['MODAL_TASK_ID']}").touch()
        hf_cache.commit()
        print("entered, warm")

    @modal.exit()
    def stop(self):
        self.process.terminate()


@app.local_entrypoint()
async def test(prompt: str = ""):
    url = SGLang.get_url()
    await until_healthy(url)
    await until_warm(2)
    questions = [prompt or "What is a rendezvous?", "And a hash?", "And both?"]
    answers = await asyncio.gather(*(converse(url, f"talk-{number}", questions) for number in range(3)))
    assert all(len(texts) == len(questions) for texts in answers)
    print("conversations:", len(answers))


async def until_warm(containers: int):
    """Wait for all containers, since a conversation may move to a container that starts later."""
    while sum(entry.path.startswith("warm-") for entry in await hf_cache.listdir.aio("/")) < containers:
        await asyncio.sleep(0.2)


async def until_healthy(url: str):
    async with aiohttp.ClientSession(base_url=url) as session:
        while True:
            async with session.get("/health") as response:
                if response.status == 200:
                    return
                assert response.status == 503, await response.text()
            await asyncio.sleep(0.2)


async def converse(url: str, key: str, questions: list[str]) -> list[str]:
    headers = {"Modal-Session-ID": key, "Modal-Routing-Affinity-Key": key}
    answers, messages = [], []
    async with aiohttp.ClientSession(base_url=url, headers=headers) as session:
        for question in questions:
            messages.append({"role": "user", "content": question})
            body = {"messages": messages, "model": MODEL_NAME, "max_tokens": 32}
            async with session.post("/v1/chat/completions", json=body) as response:
                response.raise_for_status()
                answers.append((await response.json())["choices"][0]["message"]["content"])
            messages.append({"role": "assistant", "content": answers[-1]})
    return answers
