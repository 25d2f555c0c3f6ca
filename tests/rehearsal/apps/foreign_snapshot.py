"""vLLM in a class: put to sleep for a memory snapshot, and woken on restore; its web method is empty."""

import asyncio
import json
import socket
import subprocess
import urllib.request

import aiohttp
import modal

image = (
    modal.Image.from_registry("nvidia/cuda:12.9.0-devel-ubuntu22.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install("vllm==9.9.9", "huggingface-hub==2.4.0")
    .env({"HF_XET_HIGH_PERFORMANCE": "1", "VLLM_SERVER_DEV_MODE": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1"})
)

MODEL_NAME = "mistralai/Ministral-3-8B-Instruct-2512"
MODEL_REVISION = "df904c183734f8760042c708d3629a4ed68b103a"
SERVED_AS = "ministral"
VLLM_PORT = 8000
MINUTES = 60

hf_cache_vol = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
vllm_cache_vol = modal.Volume.from_name("vllm-cache", create_if_missing=True)

app = modal.App("foreign-snapshot")


def call(method: str, path: str, body: dict | None = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://localhost:{VLLM_PORT}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=1800) as response:
        return response.read().decode()


def wait_ready(process: subprocess.Popen):
    while True:
        try:
            socket.create_connection(("localhost", VLLM_PORT), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"vLLM exited with {process.returncode}") from None


def warmup():
    payload = {"model": SERVED_AS, "messages": [{"role": "user", "content": "Who are you?"}], "max_tokens": 16}
    for _ in range(3):
        call("POST", "/v1/chat/completions", payload)


@app.cls(
    image=image,
    gpu="H100:1",
    scaledown_window=15 * MINUTES,
    timeout=10 * MINUTES,
    volumes={"/root/.cache/huggingface": hf_cache_vol, "/root/.cache/vllm": vllm_cache_vol},
    enable_memory_snapshot=True,
    experimental_options={"enable_gpu_snapshot": True},
)
@modal.concurrent(max_inputs=32)
class Ministral3:
    @modal.enter(snap=True)
    def start(self):
        cmd = [
            "vllm", "serve", MODEL_NAME, "--revision", MODEL_REVISION,
            "--served-model-name", SERVED_AS, MODEL_NAME,
            "--host", "0.0.0.0", "--port", str(VLLM_PORT),
            "--gpu_memory_utilization", str(0.95), "--max-num-seqs", "2", "--max-model-len", "12288",
            "--enable-sleep-mode",
            "--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral",
            "--tool-call-parser", "mistral", "--enable-auto-tool-choice",
        ]  # fmt: skip
        print(*cmd)
        self.vllm_proc = subprocess.Popen(cmd)
        wait_ready(self.vllm_proc)
        print("entered: before the snapshot")
        warmup()
        call("POST", "/sleep?level=1")
        print("asleep:", json.loads(call("GET", "/is_sleeping"))["is_sleeping"])

    @modal.enter(snap=False)
    def restore(self):
        print("entered: after the snapshot")
        call("POST", "/wake_up")
        wait_ready(self.vllm_proc)
        print("asleep:", json.loads(call("GET", "/is_sleeping"))["is_sleeping"])

    @modal.web_server(port=VLLM_PORT, startup_timeout=10 * MINUTES)
    def serve(self):
        pass

    @modal.exit()
    def stop(self):
        print("left, engine running:", self.vllm_proc.poll() is None)
        self.vllm_proc.terminate()


@app.local_entrypoint()
async def test(test_timeout=10 * MINUTES, content=None, twice=True):
    url = Ministral3().serve.get_web_url()
    messages = [{"role": "user", "content": content or "What is sleep good for?"}]
    async with aiohttp.ClientSession(base_url=url) as session:
        async with session.get("/health", timeout=test_timeout - MINUTES) as response:
            assert response.status == 200, await response.text()
        for _ in range(2 if twice else 1):
            payload = {"messages": messages, "model": SERVED_AS, "stream": True}
            async with asyncio.timeout(10 * MINUTES), session.post("/v1/chat/completions", json=payload) as response:
                response.raise_for_status()
                async for raw in response.content:
                    line = raw.decode().strip()
                    if line.startswith("data: ") and line != "data: [DONE]":
                        print(json.loads(line[6:])["choices"][0]["delta"].get("content") or "", end="")
            print()
