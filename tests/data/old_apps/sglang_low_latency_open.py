"""An OpenAI-compatible API with low latency: SGLang on Modal, on one H100, $3.95 per hour while it runs.
`modal run FILE` builds the image, verifies the weights, starts the endpoint for a moment and tests it. `modal deploy
FILE` puts it on a permanent URL, `modal run FILE --deployed` tests that, and `--bench` measures either."""

import atexit
import contextlib
import importlib.metadata
import inspect
import json
import multiprocessing
import os
import secrets
import subprocess
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import modal

app = modal.App("sglang-low-latency-qwen3-8b")
ENGINE, VERSION = "sglang", "0.5.23"  # on CUDA 13.0.3 with its compiler; and what the engine leaves open, pinned
PACKAGES = "aiohttp==3.14.5 anthropic==2.11.0 build==1.6.1 cuda-python==13.4.4 datasets==5.2.0 distro==1.9.0 easydict==1.14 einops==0.8.2 fastapi==0.165.0 flash-attn-4==4.0.0b36 gguf==0.19.0 interegular==0.3.3 ipython==9.18.1 kernels==0.14.1 llguidance==1.9.1 mistral-common==1.13.1 modelscope==1.40.2 msgspec==0.22.0 ninja==1.13.2 numpy==2.3.5 nvidia-ml-py==13.615.71 nvshmem4py-cu13==0.4.1 opentelemetry-exporter-otlp==1.45.2 opentelemetry-sdk==1.45.2 orjson==3.13.0 packaging==26.3 partial-json-parser==0.2.1.1.post7 pillow==13.0.0 prometheus-client==0.26.0 psutil==7.2.2 py-spy==0.4.3 pybase64==1.5.1 pydantic==2.14.3 python-dateutil==2.9.0.post0 python-multipart==0.0.34 pyzmq==27.3.0 regex==2026.11.15 requests==2.34.2 scipy==1.18.1 setproctitle==1.3.8 smg-grpc-servicer==0.14.1 tiktoken==0.14.0 torch-memory-saver==0.0.10 torchvision==0.29.2 tqdm==4.70.1 uvicorn==0.54.0 uvloop==0.23.0 watchfiles==1.3.0 xxhash==4.1.0 zstandard==0.25.0"  # noqa: E501
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .apt_install("libnuma1")
    .uv_pip_install(f"{ENGINE}=={VERSION}", *PACKAGES.split())
    .env({"HF_HUB_CACHE": "/weights", "HF_XET_HIGH_PERFORMANCE": "1", "SGLANG_CACHE_DIR": "/compiled"})
)
# The model: one commit, 16.4 GB. Copies of the same weights in other formats stay where they are.
MODEL, REVISION = "Qwen/Qwen3-8B", "b968826d9c46dd6066d109eabc6255188de91218"
SERVED_NAME, REPOSITORIES = "Qwen/Qwen3-8B", {MODEL: REVISION}
SKIP = ["original/*", "metal/*", "consolidated*", "*.bin", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5"]
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)  # caches outlive containers
volumes = {"/weights": weights, "/compiled": modal.Volume.from_name("sglang-cache", create_if_missing=True)}


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


cpu_only = {"volumes": volumes, "cpu": 4, "memory": 8192, "timeout": 2400}
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


class Gate:
    """ASGI middleware: /health is open, the API and its metrics want the key, if there is one, the rest is closed."""

    def __init__(self, app) -> None:
        self.app, self.key, self.once = app, os.environ.get("LLM_API_KEY"), {"/freeze_gc": True}

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", "/health"), dict(scope.get("headers", ())).get(b"authorization", b"")
        known = self.key is None or secrets.compare_digest(given, f"Bearer {self.key or secrets.token_hex()}".encode())
        if path == "/health" or self.once.pop(path, False) or (known and path.startswith(("/v1/", "/metrics"))):
            return await self.app(scope, receive, send)  # /freeze_gc is what SGLang asks of itself, once it is up
        await send({"type": "http.response.start", "status": 404 if known else 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def plug_in() -> None:  # called by each process of the engine; the first one is the server
        if multiprocessing.parent_process() is None:
            from sglang.srt.entrypoints.http_server import app

            app.add_middleware(Gate)


PORT, CONCURRENCY = 8000, 16  # requests that one container answers at once
STARTUP_TIMEOUT = 600  # seconds: 16.4 GB to read, then kernels, which only the first start compiles


def command() -> list[str]:
    return [
        "sglang", "serve", "--model-path", local_folder(MODEL, REVISION), "--served-model-name", SERVED_NAME,
        "--host", "0.0.0.0", "--port", str(PORT), "--tp-size", "1", "--dtype", "auto", "--enable-metrics",
        "--max-running-requests", str(CONCURRENCY), "--cuda-graph-max-bs-decode", str(CONCURRENCY),
        "--context-length", "16384",  # tokens of one prompt and its answer; the KV cache holds 432145 in all
        "--mem-fraction-static", "0.95",  # of 79.1 GiB: 15.3 of weights, about 59.4 of KV cache
        "--enable-trace", "--otlp-traces-endpoint", "http://otel:4317",
        "--enable-cache-report", "--log-requests", "--log-requests-level", "0", "--log-requests-format", "json",
        "--tool-call-parser", "qwen", "--reasoning-parser", "qwen3",
    ]  # fmt: skip


@app.server(
    image=image, volumes=volumes, gpu="H100", env={"HF_HUB_OFFLINE": "1"},  # what preflight verified
    compute_region=None, routing_region="us-east",  # where it runs; where requests enter Modal
    port=PORT, unauthenticated=True, target_concurrency=13,  # beyond it another container starts
    min_containers=1, max_containers=2,  # $3.95 to $7.90 per hour; while none is ready, clients get 503
    scaledown_window=300,  # seconds that an idle container, and its price, stays
    startup_timeout=STARTUP_TIMEOUT, exit_grace_period=60,  # seconds for what still runs when a container goes
)  # fmt: skip
class Server:
    @modal.enter()
    def start(self) -> None:
        Path("gate.py").write_text(f"import multiprocessing\nimport os\nimport secrets\n\n\n{inspect.getsource(Gate)}")
        Path("gate-1.dist-info").mkdir(exist_ok=True)
        Path("gate-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: gate\nVersion: 1\n")
        Path("gate-1.dist-info/entry_points.txt").write_text("[sglang.srt.plugins]\ngate = gate:Gate.plug_in\n")
        start_engine([*command(), "--skip-server-warmup"], PORT, PYTHONPATH=str(Path.cwd()))
        body = {"model": SERVED_NAME, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
        ask(f"http://localhost:{PORT}/v1/chat/completions", os.environ.get("LLM_API_KEY"), body)
        if ask(f"http://localhost:{PORT}/server_info", None, accept=(200, 401, 404)).status == 200:
            raise RuntimeError("SGLang did not load the gate, and is open")  # it goes on without a plugin that fails


@app.function(image=image, volumes=volumes, env={"HF_HUB_OFFLINE": "1"}, cpu=4, memory=8192, timeout=3600)
def measure(url: str, key: str | None, concurrency: int) -> dict:  # prompts of 1024 tokens, answers of 128
    command = [
        "python", "-m", "sglang.benchmark.serving", "--backend=vllm-chat", "--base-url", url, "--model", SERVED_NAME,
        "--tokenizer", local_folder(MODEL, REVISION), "--dataset-name=random-ids", "--random-range-ratio=1",
        "--random-output-len=128", "--output-file=bench.jsonl",
        "--max-concurrency", str(concurrency), "--num-prompts", str(8 * concurrency),
    ]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"OPENAI_API_KEY": key or ""})
    result = json.loads(Path("bench.jsonl").read_text().splitlines()[-1])
    if result["completed"] < 8 * concurrency:
        raise RuntimeError(f"only {result['completed']} requests of the benchmark were answered")
    return result


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


def check_conversation(url: str, key: str | None, model: str) -> None:
    """Two streamed turns of one conversation: the affinity headers lead both to the container that holds its cache."""
    chat, session = f"{url}/v1/chat/completions", uuid.uuid4().hex
    affinity = {"Modal-Session-ID": session, "Modal-Routing-Affinity-Key": session}  # Modal's guides name either
    body = {"model": model, "messages": [], "max_tokens": 128, "stream_options": {"include_usage": True}}
    for question in ("What is a GPU?", "And what is it good for?"):
        body["messages"].append({"role": "user", "content": question})
        began = time.monotonic()
        with ask(chat, key, {**body, "stream": True}, patience=60, **affinity) as sse:
            lines = [(time.monotonic(), line.strip()) for line in sse if line.strip()]
        if len(lines) < 3 or lines[-1][1] != b"data: [DONE]":
            raise RuntimeError(f"the streamed answer broke off after {len(lines)} lines")
        chunks = [json.loads(line.removeprefix(b"data: ")) for _, line in lines[:-1]]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
        text = "".join(delta.get("content") or delta.get("reasoning_content") or "" for delta in deltas)
        body["messages"].append({"role": "assistant", "content": text})
        usage = chunks[-1]["usage"]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        between = (lines[-1][0] - lines[0][0]) / max(usage["completion_tokens"] - 1, 1)
        print(f"time to first token {lines[0][0] - began:.3f} s, then {1000 * between:.1f} ms per token", end=", ")
        print(f"{cached} of {usage['prompt_tokens']} prompt tokens were cached: {text[:200]!r}")
    with ask(chat, key, {"model": model, "messages": body["messages"][:1], "max_tokens": 16}, patience=60) as plain:
        print("plain answer:", json.load(plain)["choices"][0]["message"])


@app.local_entrypoint()
def main(deployed: bool = False, bench: bool = False) -> None:
    """Ask the endpoint as an OpenAI client does: the deployed app with `--deployed`. `--bench` then measures it."""
    url = (modal.Server.from_name(app.name, "Server") if deployed else Server).get_url()
    print(f"OpenAI-compatible endpoint: {url}/v1, model {SERVED_NAME}")
    began = time.monotonic()
    try:
        key = None
        ask(f"{url}/health", key, patience=STARTUP_TIMEOUT)
        print(f"ready after {time.monotonic() - began:.1f} s")
        check_conversation(url, key, SERVED_NAME)
        if bench:
            Path("bench.json").write_text(json.dumps([measure.remote(url, key, n) for n in (1, CONCURRENCY)]))
    except Exception as fault:
        raise SystemExit(f"Smoke test failed: {fault or repr(fault)}\nIts log: modal app logs {app.name}") from None
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---
# generator = "golden"
#
# [asked]
# workflow = "sglang-low-latency"
# model = "Qwen/Qwen3-8B"
# auth = "none"
# otlp_endpoint = "http://otel:4317"
#
# [spec]
# workflow = "sglang-low-latency"
# model = "Qwen/Qwen3-8B"
# endpoint = "server"
# auth = "none"
# min_containers = 1
# max_containers = 2
# scaledown_window = 300
# name = "sglang-low-latency-qwen3-8b"
# served_model_name = "Qwen/Qwen3-8B"
# lora = []
# hf_secret = "huggingface-secret"
# api_key_secret = "llm-api-key"
# otlp_endpoint = "http://otel:4317"
# engine_arg = []
#
# [model]
# id = "Qwen/Qwen3-8B"
# revision = "b968826d9c46dd6066d109eabc6255188de91218"
# gated = false
# weight_bytes = 16380854272
# multimodal = false
# tool_parser = "qwen"
# reasoning_parser = "qwen3"
#
# [plan]
# gpu = "H100"
# gpus = 1
# tensor_parallel_size = 1
# dtype = "auto"
# max_model_len = 16384
# max_num_seqs = 16
# max_num_batched_tokens = 8192
# gpu_memory_utilization = 0.95
# startup_timeout_s = 600
# usd_per_hour = 3.95
# price_date = "2026-10"
# gpu_gib = 79.1
# weights_gib = 15.3
# kv_gib = 59.0
# kv_tokens = 429725
# compute_capability = 9.0
# routing_region = "us-east"
#
# [pins]
# version = "0.5.23"
# cuda = "13.0.3"
# base_image = "nvidia/cuda:13.0.3-devel-ubuntu24.04"
# python = "3.12"
# packages = [
#     "aiohttp==3.14.5",
#     "anthropic==2.11.0",
#     "build==1.6.1",
#     "cuda-python==13.4.4",
#     "datasets==5.2.0",
#     "distro==1.9.0",
#     "easydict==1.14",
#     "einops==0.8.2",
#     "fastapi==0.165.0",
#     "flash-attn-4==4.0.0b36",
#     "gguf==0.19.0",
#     "interegular==0.3.3",
#     "ipython==9.18.1",
#     "kernels==0.14.1",
#     "llguidance==1.9.1",
#     "mistral-common==1.13.1",
#     "modelscope==1.40.2",
#     "msgspec==0.22.0",
#     "ninja==1.13.2",
#     "numpy==2.3.5",
#     "nvidia-ml-py==13.615.71",
#     "nvshmem4py-cu13==0.4.1",
#     "opentelemetry-exporter-otlp==1.45.2",
#     "opentelemetry-sdk==1.45.2",
#     "orjson==3.13.0",
#     "packaging==26.3",
#     "partial-json-parser==0.2.1.1.post7",
#     "pillow==13.0.0",
#     "prometheus-client==0.26.0",
#     "psutil==7.2.2",
#     "py-spy==0.4.3",
#     "pybase64==1.5.1",
#     "pydantic==2.14.3",
#     "python-dateutil==2.9.0.post0",
#     "python-multipart==0.0.34",
#     "pyzmq==27.3.0",
#     "regex==2026.11.15",
#     "requests==2.34.2",
#     "scipy==1.18.1",
#     "setproctitle==1.3.8",
#     "smg-grpc-servicer==0.14.1",
#     "tiktoken==0.14.0",
#     "torch-memory-saver==0.0.10",
#     "torchvision==0.29.2",
#     "tqdm==4.70.1",
#     "uvicorn==0.54.0",
#     "uvloop==0.23.0",
#     "watchfiles==1.3.0",
#     "xxhash==4.1.0",
#     "zstandard==0.25.0",
# ]
# --- end ---
