"""An OpenAI-compatible API for an open-weight model: vLLM on Modal, on one L40S, $2.24 per hour while it runs.

`modal run FILE` builds the image, verifies the weights, starts the endpoint for a moment and tests it.
`modal deploy FILE` puts it on a permanent URL; `modal run FILE --deployed` tests that.
"""

import atexit
import collections
import contextlib
import hashlib
import importlib.metadata
import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import modal

app = modal.App("vllm-online-llama-3.1-8b-instruct")

# CUDA 13.0.3 with its compiler, as kernels are compiled at run time; the engine; and what that leaves open, all pinned.
ENGINE = "0.33.0"
PACKAGES = """
aiohttp==3.14.5 anthropic==2.11.0 blake3==1.0.11 cachetools==8.0.0 cbor2==6.2.1 cloudpickle==3.1.2 einops==0.8.2
fastapi==0.136.3 fastsafetensors==0.5.0 filelock==4.2.11 huggingface-hub==2.4.0 ijson==3.6.0 instanttensor==0.2.2
jsonschema==4.26.0 llguidance==1.7.6 mcp==2.3.0 mistral-common==1.13.1 model-hosting-container-standards==0.1.16
msgspec==0.22.0 multidict==7.2.1 ninja==1.13.2 numpy==2.3.5 nvidia-cudnn-frontend==1.32.0 openai==3.52.0
opencv-python-headless==5.0.0.93 opentelemetry-exporter-otlp==1.45.2 opentelemetry-sdk==1.45.2
opentelemetry-semantic-conventions-ai==0.5.1 orjson==3.13.0 oss-harmony==0.0.11 partial-json-parser==0.2.1.1.post7
pillow==13.0.0 prometheus-client==0.26.0 prometheus-fastapi-instrumentator==8.1.0 protobuf==7.36.2 psutil==7.2.2
py-cpuinfo==9.0.0 pybase64==1.5.1 pydantic==2.14.3 python-json-logger==4.2.0 pyyaml==6.0.3 pyzmq==27.3.0
regex==2026.11.15 requests==2.34.2 safetensors==0.8.0 sentencepiece==0.2.3 setproctitle==1.3.8 setuptools==80.10.2
six==1.17.0 starlette==1.10.0 tiktoken==0.14.0 tokenizers==0.23.3 torchcodec==0.17.0 tqdm==4.70.1 transformers==5.20.2
typing-extensions==4.16.0 watchfiles==1.3.0
"""
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install(f"vllm=={ENGINE}", *PACKAGES.split())
    .env({"HF_HUB_CACHE": "/weights", "HF_XET_HIGH_PERFORMANCE": "1", "VLLM_CACHE_ROOT": "/compiled"})
)

# The model: one commit, 16.1 GB. Copies of the same weights in other formats stay where they are.
MODEL, REVISION = "meta-llama/Llama-3.1-8B-Instruct", "0e9e39f249a16976918f6564b8830bc894c89659"
SERVED_NAME = "meta-llama/Llama-3.1-8B-Instruct"
SKIP = ["original/*", "metal/*", "consolidated*", "*.bin", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5"]

# The caches: what is downloaded and what is compiled outlives its container.
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
volumes = {"/weights": weights, "/compiled": modal.Volume.from_name("vllm-cache", create_if_missing=True)}


def fetch(model: str, revision: str, skip: list[str]) -> None:
    """Download the weights into their Volume and compare every file with the Hub's list: name, size and hash."""
    from huggingface_hub import HfApi, snapshot_download, utils

    info = HfApi().model_info(model, revision=revision, files_metadata=True)
    files = list(utils.filter_repo_objects(info.siblings, ignore_patterns=skip, key=lambda file: file.rfilename))
    size = sum(file.size for file in files) / 1e9
    print(f"{model} at {revision[:12]}: {len(files)} files, {size:.2f} GB", flush=True)
    folder = Path(snapshot_download(model, revision=revision, ignore_patterns=skip))
    for file in files:
        digest = hashlib.sha256() if file.lfs else hashlib.sha1(b"blob %d\0" % file.size)  # git's hash
        with (folder / file.rfilename).open("rb") as content:
            while chunk := content.read(2**20):
                digest.update(chunk)
        if digest.hexdigest() != (file.lfs.sha256 if file.lfs else file.blob_id):
            (folder / file.rfilename).resolve().unlink()  # the next run downloads it anew
            raise RuntimeError(f"{file.rfilename} is not what the Hub lists: it was removed, run this again.")
    print(f"verified {len(files)} files, {size:.2f} GB, against the Hub's hashes", flush=True)


def preflight(engine: str, model: str, revision: str, skip: list[str]) -> None:
    """The last step of the image build, on a CPU: nothing below starts a GPU before this was content."""
    if (found := importlib.metadata.version("vllm")) != engine:
        raise RuntimeError(f"The image holds vllm {found}, not the pinned {engine}.")
    fetch(model, revision, skip)
    weights.commit()


cpu_only = {"volumes": volumes, "cpu": 4, "memory": 8192, "timeout": 2400}
cpu_only["secrets"] = [modal.Secret.from_name("huggingface-secret", required_keys=["HF_TOKEN"])]
image = base.run_function(preflight, args=(ENGINE, MODEL, REVISION, SKIP), **cpu_only)


@app.function(image=image, **cpu_only)
def download() -> None:
    """`modal run FILE::download` refills an emptied Volume: the image build does not run again by itself."""
    fetch(MODEL, REVISION, SKIP)
    weights.commit()


def start_engine(command: list[str], port: int) -> None:
    """Start the engine and return once it listens. If it dies, so does the container: at once, with its last lines."""
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    last_lines, ready = collections.deque(maxlen=20), threading.Event()

    def relay() -> None:
        for line in engine.stdout:
            last_lines.append(line)
            print(line, end="", flush=True)

    def watch() -> None:
        code = engine.wait()
        if ready.is_set():
            print(f"The engine ended with exit code {code}, and this container with it.", flush=True)
            os._exit(1)

    def stop() -> None:
        ready.clear()
        engine.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(timeout=20)
        engine.kill()

    atexit.register(stop)
    reader = threading.Thread(target=relay, daemon=True)
    reader.start()
    threading.Thread(target=watch, daemon=True).start()
    while engine.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            ready.set()
            return
        time.sleep(0.2)
    reader.join(timeout=5)
    raise RuntimeError(f"The engine ended with exit code {engine.returncode}:\n{''.join(last_lines)}")


MAX_MODEL_LEN = 16384  # tokens of one prompt and its answer; the KV cache holds 180461 in all
MAX_NUM_SEQS = 32  # requests that are answered at once; others wait in the queue
MAX_NUM_BATCHED_TOKENS = 2048  # tokens of one step; with it the activations' memory is known
GPU_MEMORY_UTILIZATION = 0.92  # of 44.3 GiB, 15.0 are weights and about 22.0 KV cache
STARTUP_TIMEOUT = 600  # seconds: 16.1 GB to read, then compilation, which only the first start pays
PORT = 8000


@app.function(
    image=image,
    gpu="L40S",
    volumes=volumes,
    env={"HF_HUB_OFFLINE": "1"},  # what is served is what preflight verified
    min_containers=0,
    max_containers=3,  # so at most $6.72 per hour; CPU and memory come on top
    scaledown_window=300,  # seconds that an idle container, and its price, stays
    region="us",  # where it runs; requests still enter Modal where Modal routes them
    startup_timeout=STARTUP_TIMEOUT,
    timeout=3600,  # of one request, the longest stream included
)
@modal.concurrent(max_inputs=MAX_NUM_SEQS, target_inputs=26)  # beyond the target another container starts
@modal.web_server(PORT, startup_timeout=STARTUP_TIMEOUT, requires_proxy_auth=True)
def serve() -> None:
    from huggingface_hub import errors, snapshot_download

    try:
        folder = snapshot_download(MODEL, revision=REVISION, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(f"{MODEL} is not in its Volume: modal run {Path(__file__).name}::download") from None
    command = [
        "vllm", "serve", folder, "--served-model-name", SERVED_NAME,
        "--host", "0.0.0.0", "--port", str(PORT),
        "--tensor-parallel-size", "1", "--dtype", "auto",
        "--max-model-len", str(MAX_MODEL_LEN), "--max-num-seqs", str(MAX_NUM_SEQS),
        "--max-num-batched-tokens", str(MAX_NUM_BATCHED_TOKENS),
        "--gpu-memory-utilization", str(GPU_MEMORY_UTILIZATION),
        "--enable-auto-tool-choice", "--tool-call-parser", "llama3_json",
    ]  # fmt: skip
    start_engine(command, PORT)


@contextlib.contextmanager
def proxy_token():
    """MODAL_PROXY_TOKEN_ID and _SECRET from the environment as one key, or a new token, deleted afterwards."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        yield f"{os.environ['MODAL_PROXY_TOKEN_ID']}.{os.environ['MODAL_PROXY_TOKEN_SECRET']}"
        return
    print("MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: making a temporary proxy token")
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    try:
        print(f"made {token.token_id}, deleted when this ends")
        tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
        yield f"{token.token_id}.{token.token_secret}"
    finally:
        tokens.delete(token.token_id)


def ask(url: str, key: str | None, body: dict | None = None, timeout: float = 120, accept=(200,)):
    """GET `url`, or POST `body` to it, with `key` as Bearer token as any OpenAI client does; the open response."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        return urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=timeout)
    except urllib.error.HTTPError as answer:
        if answer.status in accept:
            return answer
        raise RuntimeError(f"{url} says {answer.status}: {answer.read().decode(errors='replace')}") from None


def wait_until_ready(url: str, key: str | None, limit: float) -> None:
    """Ask /health until it says 200. A cold endpoint queues, redirects or says 503; any other answer is final."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < limit:
        with contextlib.suppress(OSError):  # no answer within 30 s, or nobody to connect to yet
            if ask(f"{url}/health", key, timeout=30, accept=(200, 303, 429, 503)).status == 200:
                print(f"ready after {time.monotonic() - began:.1f} s")
                return
        print(f"waiting for /health: {waited:.0f} s of at most {limit:.0f} s", flush=True)
        time.sleep(1)
    raise RuntimeError(f"/health did not say 200 within {limit:.0f} s")


def check_chat(url: str, key: str | None, model: str) -> None:
    """One chat completion, plain and then streamed; both have to come back whole."""
    body = {"model": model, "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 128}
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        message = json.load(response)["choices"][0]["message"]
    print("answer:", repr(message.get("content") or message["reasoning"])[:300])  # a thinker's first words stand apart
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    began = time.monotonic()
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        lines = [(time.monotonic(), line.strip()) for line in response if line.strip()]
    if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
        raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    first, speed = lines[0][0] - began, tokens / max(lines[-1][0] - lines[0][0], 1e-9)
    print(f"streamed {tokens} tokens: time to first token {first:.2f} s, then {speed:.0f} tokens/s")


@app.local_entrypoint()
def smoke_test(deployed: bool = False) -> None:
    """Ask the endpoint as an OpenAI client does; `--deployed` asks the deployed app in place of a temporary one."""
    url = (modal.Function.from_name(app.name, "serve") if deployed else serve).get_web_url()
    print(f"OpenAI-compatible endpoint: {url}/v1, model {SERVED_NAME}")
    try:
        if ask(f"{url}/health", None, accept=(200, 401)).status == 200:
            raise RuntimeError("the endpoint answers without a proxy token: it is open to everybody")
        with proxy_token() as key:
            wait_until_ready(url, key, STARTUP_TIMEOUT)
            check_chat(url, key, SERVED_NAME)
    except Exception as fault:
        logs = f"\nNext: modal app logs {app.name}" if deployed else ""
        raise SystemExit(f"Smoke test failed: {fault or repr(fault)}{logs}") from None
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---
# generator = "golden"
#
# [asked]
# model = "meta-llama/Llama-3.1-8B-Instruct"
# region = "us"
#
# [spec]
# workflow = "vllm-online"
# model = "meta-llama/Llama-3.1-8B-Instruct"
# endpoint = "web-server"
# auth = "proxy"
# region = "us"
# min_containers = 0
# max_containers = 3
# scaledown_window = 300
# name = "vllm-online-llama-3.1-8b-instruct"
# served_model_name = "meta-llama/Llama-3.1-8B-Instruct"
# lora = []
# hf_secret = "huggingface-secret"
# engine_arg = []
#
# [model]
# id = "meta-llama/Llama-3.1-8B-Instruct"
# revision = "0e9e39f249a16976918f6564b8830bc894c89659"
# gated = true
# weight_bytes = 16063177687
# multimodal = false
# tool_parser = "llama3_json"
#
# [plan]
# gpu = "L40S"
# gpus = 1
# tensor_parallel_size = 1
# dtype = "auto"
# max_model_len = 16384
# max_num_seqs = 32
# max_num_batched_tokens = 2048
# gpu_memory_utilization = 0.92
# startup_timeout_s = 600
# usd_per_hour = 2.24
# price_date = "2026-10"
# gpu_gib = 44.3
# weights_gib = 15.0
# kv_gib = 22.0
# kv_tokens = 180461
#
# [pins]
# version = "0.33.0"
# cuda = "13.0.3"
# base_image = "nvidia/cuda:13.0.3-devel-ubuntu24.04"
# python = "3.12"
# packages = [
#     "aiohttp==3.14.5",
#     "anthropic==2.11.0",
#     "blake3==1.0.11",
#     "cachetools==8.0.0",
#     "cbor2==6.2.1",
#     "cloudpickle==3.1.2",
#     "einops==0.8.2",
#     "fastapi==0.136.3",
#     "fastsafetensors==0.5.0",
#     "filelock==4.2.11",
#     "huggingface-hub==2.4.0",
#     "ijson==3.6.0",
#     "instanttensor==0.2.2",
#     "jsonschema==4.26.0",
#     "llguidance==1.7.6",
#     "mcp==2.3.0",
#     "mistral-common==1.13.1",
#     "model-hosting-container-standards==0.1.16",
#     "msgspec==0.22.0",
#     "multidict==7.2.1",
#     "ninja==1.13.2",
#     "numpy==2.3.5",
#     "nvidia-cudnn-frontend==1.32.0",
#     "openai==3.52.0",
#     "opencv-python-headless==5.0.0.93",
#     "opentelemetry-exporter-otlp==1.45.2",
#     "opentelemetry-sdk==1.45.2",
#     "opentelemetry-semantic-conventions-ai==0.5.1",
#     "orjson==3.13.0",
#     "oss-harmony==0.0.11",
#     "partial-json-parser==0.2.1.1.post7",
#     "pillow==13.0.0",
#     "prometheus-client==0.26.0",
#     "prometheus-fastapi-instrumentator==8.1.0",
#     "protobuf==7.36.2",
#     "psutil==7.2.2",
#     "py-cpuinfo==9.0.0",
#     "pybase64==1.5.1",
#     "pydantic==2.14.3",
#     "python-json-logger==4.2.0",
#     "pyyaml==6.0.3",
#     "pyzmq==27.3.0",
#     "regex==2026.11.15",
#     "requests==2.34.2",
#     "safetensors==0.8.0",
#     "sentencepiece==0.2.3",
#     "setproctitle==1.3.8",
#     "setuptools==80.10.2",
#     "six==1.17.0",
#     "starlette==1.10.0",
#     "tiktoken==0.14.0",
#     "tokenizers==0.23.3",
#     "torchcodec==0.17.0",
#     "tqdm==4.70.1",
#     "transformers==5.20.2",
#     "typing-extensions==4.16.0",
#     "watchfiles==1.3.0",
# ]
# --- end ---
