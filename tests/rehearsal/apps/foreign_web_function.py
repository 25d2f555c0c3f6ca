"""A web function that starts vLLM in a shell; the engine downloads the model. With a helper module and a test client.

The client waits until the server is healthy, then streams two conversations, event by event.
"""

import json
import os
import subprocess

import aiohttp
import foreign_settings as settings
import modal

vllm_image = (
    modal.Image.from_registry("nvidia/cuda:12.8.1-devel-ubuntu22.04", add_python="3.12")
    .entrypoint([])
    .apt_install("git")
    .uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0", extra_options="--torch-backend=auto")
    .env({"HF_XET_HIGH_PERFORMANCE": "1", "VLLM_LOG_STATS_INTERVAL": "1"})
    .add_local_python_source("foreign_settings")
)

hf_cache = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
vllm_cache = modal.Volume.from_name("vllm-cache", create_if_missing=True)

MINUTES = 60
FAST_BOOT = True

app = modal.App("foreign-web-function")


@app.function(
    image=vllm_image,
    gpu="H100:1",
    scaledown_window=15 * MINUTES,
    timeout=10 * MINUTES,
    volumes={"/root/.cache/huggingface": hf_cache, "/root/.cache/vllm": vllm_cache},
    secrets=[modal.Secret.from_dict({"SERVED_BY": "a web function"})],
)
@modal.concurrent(max_inputs=32)
@modal.web_server(port=settings.PORT, startup_timeout=10 * MINUTES)
def serve():
    cmd = [
        "vllm",
        "serve",
        "--uvicorn-log-level=info",
        settings.MODEL,
        "--revision",
        settings.REVISION,
        "--served-model-name",
        *settings.NAMES,
        "--host",
        "0.0.0.0",
        "--port",
        str(settings.PORT),
    ]
    cmd += ["--enforce-eager" if FAST_BOOT else "--no-enforce-eager"]
    cmd += ["--tensor-parallel-size", str(1)]
    cmd += ["--limit-mm-per-prompt", """'{"image": 0, "video": 0}'"""]

    print(" ".join(cmd), f"# by {os.environ['SERVED_BY']}")
    subprocess.Popen(" ".join(cmd), shell=True)


@app.local_entrypoint()
async def test(test_timeout: int = 10 * MINUTES, content: str = "", twice: bool = True):
    url = await serve.get_web_url.aio()
    questions = [content or "What is a shell?"] + (["And a pipe?"] if twice else [])

    async with aiohttp.ClientSession(base_url=url) as session:
        print(f"Running health check for server at {url}")
        async with session.get("/health", timeout=aiohttp.ClientTimeout(total=test_timeout - MINUTES)) as response:
            assert response.status == 200, f"unhealthy: {await response.text()}"
        print(f"Successful health check for server at {url}")
        for question in questions:
            await _send(session, "llm", settings.conversation(question))


async def _send(session: aiohttp.ClientSession, model: str, messages: list) -> None:
    payload = {"messages": messages, "model": model, "stream": True}
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    text, events = "", 0
    async with session.post(
        "/v1/chat/completions", json=payload, headers=headers, timeout=aiohttp.ClientTimeout(total=10 * MINUTES)
    ) as response:
        response.raise_for_status()
        async for raw in response.content:
            line = raw.decode().strip()
            if not line or line == "data: [DONE]":
                continue
            assert line.startswith("data: "), line
            chunk = json.loads(line.removeprefix("data: "))
            assert chunk["object"] == "chat.completion.chunk", chunk
            text += chunk["choices"][0]["delta"].get("content") or ""
            events += 1
    print(f"streamed in {events} events: {text}")
