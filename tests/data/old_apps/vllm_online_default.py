"""An OpenAI-compatible API for an open-weight model: vLLM on Modal, on one L40S, $1.95 per hour while it runs.

`modal run FILE` builds the image, verifies the weights, starts the endpoint for a moment and tests it.
`modal deploy FILE` puts it on a permanent URL; `modal run FILE --deployed` tests that, `--bench` measures it too.
"""

import atexit
import contextlib
import importlib.metadata
import json
import os
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import modal

app = modal.App("vllm-online-qwen3.5-9b")

# CUDA 13.0.3 with its compiler, as kernels are compiled at run time; the engine; and what that leaves open, pinned.
ENGINE, VERSION = "vllm", "0.33.0"
PACKAGES = "aiohttp==3.14.5 anthropic==2.11.0 blake3==1.0.11 cachetools==8.0.0 cbor2==6.2.1 cloudpickle==3.1.2 einops==0.8.2 fastapi==0.136.3 fastsafetensors==0.5.0 filelock==4.2.11 huggingface-hub==2.4.0 ijson==3.6.0 instanttensor==0.2.2 jsonschema==4.26.0 llguidance==1.7.6 mcp==2.3.0 mistral-common==1.13.1 model-hosting-container-standards==0.1.16 msgspec==0.22.0 multidict==7.2.1 ninja==1.13.2 numpy==2.3.5 nvidia-cudnn-frontend==1.32.0 openai==3.52.0 opencv-python-headless==5.0.0.93 opentelemetry-exporter-otlp==1.45.2 opentelemetry-sdk==1.45.2 opentelemetry-semantic-conventions-ai==0.5.1 orjson==3.13.0 oss-harmony==0.0.11 partial-json-parser==0.2.1.1.post7 pillow==13.0.0 prometheus-client==0.26.0 prometheus-fastapi-instrumentator==8.1.0 protobuf==7.36.2 psutil==7.2.2 py-cpuinfo==9.0.0 pybase64==1.5.1 pydantic==2.14.3 python-json-logger==4.2.0 pyyaml==6.0.3 pyzmq==27.3.0 regex==2026.11.15 requests==2.34.2 safetensors==0.8.0 sentencepiece==0.2.3 setproctitle==1.3.8 setuptools==80.10.2 six==1.17.0 starlette==1.10.0 tiktoken==0.14.0 tokenizers==0.23.3 torchcodec==0.17.0 tqdm==4.70.1 transformers==5.20.2 typing-extensions==4.16.0 watchfiles==1.3.0"  # noqa: E501
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install(f"{ENGINE}=={VERSION}", *PACKAGES.split())
    .env({"HF_HUB_CACHE": "/weights", "HF_XET_HIGH_PERFORMANCE": "1", "VLLM_CACHE_ROOT": "/compiled"})
)

# The model: one commit, 19.3 GB. Copies of the same weights in other formats stay where they are.
MODEL, REVISION = "Qwen/Qwen3.5-9B", "c202236235762e1c871ad0ccb60c8ee5ba337b9a"
SERVED_NAME = "Qwen/Qwen3.5-9B"
REPOSITORIES = {MODEL: REVISION}
SKIP = ["original/*", "metal/*", "consolidated*", "*.bin", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5"]

# The caches: what is downloaded and what is compiled outlives its container.
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
volumes = {"/weights": weights, "/compiled": modal.Volume.from_name("vllm-cache", create_if_missing=True)}


def preflight() -> None:
    """On a CPU, before any GPU starts: the pinned engine is in, and every pinned file with the Hub's size and hash."""
    from huggingface_hub import HfApi, snapshot_download, utils

    if (found := importlib.metadata.version(ENGINE)) != VERSION:
        raise RuntimeError(f"The image holds {ENGINE} {found}, not the pinned {VERSION}.")
    for repository, commit in REPOSITORIES.items():
        snapshot_download(repository, revision=commit, ignore_patterns=SKIP)
        check = HfApi().verify_repo_checksums(repository, revision=commit)
        for file in check.mismatches:
            (check.verified_path / file["path"]).resolve().unlink()  # the next run downloads it anew
        missing = list(utils.filter_repo_objects(check.missing_paths, ignore_patterns=SKIP))
        if check.mismatches or missing:
            raise RuntimeError(f"{repository}: not as the Hub lists it, run this again: {check.mismatches or missing}")
        print(f"{repository}: verified {check.checked_count} files against the Hub's hashes", flush=True)
    weights.commit()


cpu_only = {"volumes": volumes, "cpu": 4, "memory": 8192, "timeout": 3000}
image = base.run_function(preflight, **cpu_only)
download = app.function(image=image, name="download", **cpu_only)(preflight)  # FILE::download refills a Volume


def local_folder(repository: str, commit: str) -> str:
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(repository, revision=commit, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(f"{repository} is not in its Volume: modal run {Path(__file__).name}::download") from None


def start_engine(command: list[str], port: int, **variables: str) -> None:
    """Start the engine and return once it is healthy. If it dies, so does the container: its last words are logged."""
    engine, serving = subprocess.Popen(command, env=os.environ | variables), threading.Event()

    def watch() -> None:
        code = engine.wait()
        if serving.is_set():
            print(f"The engine ended with exit code {code}, and this container with it.", flush=True)
            os._exit(1)

    def stop() -> None:
        serving.clear()
        engine.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(timeout=20)
        engine.kill()

    atexit.register(stop)
    threading.Thread(target=watch, daemon=True).start()
    while engine.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/health", timeout=5):
            return serving.set()
        time.sleep(0.2)
    raise RuntimeError(f"The engine ended with exit code {engine.returncode}; its last words stand above.")


MAX_NUM_SEQS = 32  # requests that are answered at once; others wait in the queue
STARTUP_TIMEOUT = 600  # seconds: 19.3 GB to read, then compilation, which only the first start pays
PORT = 8000


@app.function(
    image=image, volumes=volumes, gpu="L40S", env={"HF_HUB_OFFLINE": "1"},  # what preflight verified
    min_containers=0, max_containers=3,  # $0.00 to $5.85 per hour; CPU and memory come on top
    scaledown_window=300,  # seconds that an idle container, and its price, stays
    startup_timeout=STARTUP_TIMEOUT, timeout=3600,  # of one request, the longest stream included
)  # fmt: skip
@modal.concurrent(max_inputs=MAX_NUM_SEQS, target_inputs=26)  # beyond the target another container starts
@modal.web_server(PORT, startup_timeout=STARTUP_TIMEOUT, requires_proxy_auth=True)
def serve() -> None:
    command = [
        "vllm", "serve", local_folder(MODEL, REVISION), "--served-model-name", SERVED_NAME,
        "--host", "0.0.0.0", "--port", str(PORT),
        "--tensor-parallel-size", "1", "--dtype", "auto", "--max-num-seqs", str(MAX_NUM_SEQS),
        "--max-model-len", "16384",  # tokens of one prompt and its answer; the KV cache holds 455302 in all
        "--max-num-batched-tokens", "2048",  # of one step; with it the activations' memory is known
        "--gpu-memory-utilization", "0.92",  # of 44.3 GiB, 17.6 are weights and about 17.0 KV cache
        "--disable-access-log-for-endpoints", "/health,/metrics",
        "--language-model-only",
        "--enable-auto-tool-choice", "--tool-call-parser", "qwen3_coder",
        "--reasoning-parser", "qwen3",
    ]  # fmt: skip
    start_engine(command, PORT)


@app.function(image=image, volumes=volumes, env={"HF_HUB_OFFLINE": "1"}, cpu=4, memory=8192, timeout=3600)
def measure(url: str, key: str | None, concurrency: int) -> dict:
    """The engine's own benchmark, run on a CPU: random prompts of 1024 tokens, answers of 128."""
    command = [
        "vllm", "bench", "serve", "--base-url", url, "--model", SERVED_NAME, "--max-concurrency", str(concurrency),
        "--tokenizer", local_folder(MODEL, REVISION), "--num-prompts", str(8 * concurrency),
        "--save-result", "--result-filename", "bench.json",
    ]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"OPENAI_API_KEY": key or ""})
    if (result := json.loads(Path("bench.json").read_text()))["failed"]:
        raise RuntimeError(f"{result['failed']} requests of the benchmark failed")
    return result


def proxy_token(stack: contextlib.ExitStack) -> str:
    """MODAL_PROXY_TOKEN_ID and _SECRET from the environment as one key, or a new token, deleted when `stack` closes."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        return "{MODAL_PROXY_TOKEN_ID}.{MODAL_PROXY_TOKEN_SECRET}".format_map(os.environ)
    print("MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: making a proxy token for this test")
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    stack.callback(tokens.delete, token.token_id)
    print(f"made {token.token_id}, deleted when this ends")
    tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
    return f"{token.token_id}.{token.token_secret}"


def ask(url: str, key: str | None, body: dict | None = None, patience: float = 0, accept=(200,), **headers: str):
    """GET `url`, or POST `body` to it, as an OpenAI client does; for `patience` seconds a cold or full one again."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {}), **headers}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    began = time.monotonic()
    while True:
        try:
            return urllib.request.urlopen(request, timeout=30 if patience else 600)
        except OSError as fault:  # another answer than 200, or nobody to connect to
            status = getattr(fault, "status", 503)
            if status in accept:
                return fault
            if status not in (303, 429, 503) or time.monotonic() - began > patience:
                raise RuntimeError(f"{url}: {fault} {getattr(fault, 'read', bytes)().decode()}") from None
        print(f"waiting for {url}: {time.monotonic() - began:.0f} s of at most {patience:.0f} s", flush=True)
        time.sleep(1)


def check_chat(url: str, key: str | None, model: str) -> None:
    """One chat completion, plain and then streamed; both have to come back whole."""
    body = {"model": model, "messages": [{"role": "user", "content": "What is a GPU?"}], "max_tokens": 128}
    with ask(f"{url}/v1/chat/completions", key, body) as response:
        message = json.load(response)["choices"][0]["message"]
    print("answer:", repr(message.get("content") or message["reasoning"])[:300])  # a thinker's first words stand apart
    began = time.monotonic()
    with ask(f"{url}/v1/chat/completions", key, dict(body, stream=True, stream_options={"include_usage": True})) as sse:
        lines = [(time.monotonic(), line.strip()) for line in sse if line.strip()]
    if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
        raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    first, speed = lines[0][0] - began, tokens / max(lines[-1][0] - lines[0][0], 1e-9)
    print(f"streamed {tokens} tokens: time to first token {first:.2f} s, then {speed:.0f} tokens/s")


@app.local_entrypoint()
def main(deployed: bool = False, bench: bool = False) -> None:
    """Ask the endpoint as an OpenAI client does: the deployed app with `--deployed`. `--bench` then measures it."""
    url = (modal.Function.from_name(app.name, "serve") if deployed else serve).get_web_url()
    print(f"OpenAI-compatible endpoint: {url}/v1, model {SERVED_NAME}")
    began = time.monotonic()
    stack = contextlib.ExitStack()
    try:
        key = proxy_token(stack)
        ask(f"{url}/health", key, patience=STARTUP_TIMEOUT)
        print(f"ready after {time.monotonic() - began:.1f} s")
        if ask(f"{url}/v1/models", None, accept=(200, 401)).status == 200:
            raise RuntimeError("the endpoint answers without a key: it is open to everybody")
        check_chat(url, key, SERVED_NAME)
        if bench:
            results = [measure.remote(url, key, many) for many in (1, MAX_NUM_SEQS)]
            Path("bench.json").write_text(json.dumps(results, indent=2))
    except Exception as fault:
        logs = f"\nNext: modal app logs {app.name}" if deployed else ""
        raise SystemExit(f"Smoke test failed: {fault or repr(fault)}{logs}") from None
    finally:
        stack.close()
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---
# generator = "golden"
#
# [asked]
#
# [spec]
# workflow = "vllm-online"
# model = "Qwen/Qwen3.5-9B"
# endpoint = "web-server"
# auth = "proxy"
# min_containers = 0
# max_containers = 3
# scaledown_window = 300
# name = "vllm-online-qwen3.5-9b"
# served_model_name = "Qwen/Qwen3.5-9B"
# lora = []
# hf_secret = "huggingface-secret"
# api_key_secret = "llm-api-key"
# engine_arg = []
#
# [model]
# id = "Qwen/Qwen3.5-9B"
# revision = "c202236235762e1c871ad0ccb60c8ee5ba337b9a"
# gated = false
# weight_bytes = 19306216416
# multimodal = true
# tool_parser = "qwen3_coder"
# reasoning_parser = "qwen3"
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
# usd_per_hour = 1.95
# price_date = "2026-10"
# gpu_gib = 44.3
# weights_gib = 17.6
# kv_gib = 18.6
# kv_tokens = 497987
# compute_capability = 8.9
# routing_region = "us-east"
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
