"""An OpenAI-compatible API that wakes from a memory snapshot: vLLM on Modal, on one A100-80GB, $2.50 per hour.
`modal run FILE` builds the image, verifies the weights, starts the endpoint for a moment and tests it. Snapshots are
for deployed apps: `modal deploy FILE`, and then `modal run FILE --deployed` measures cold starts."""

import atexit
import contextlib
import importlib.metadata
import inspect
import json
import os
import secrets
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import modal.experimental

app = modal.App("vllm-cold-start-qwen3-8b")

ENGINE, VERSION = "vllm", "0.33.0"  # on CUDA 13.0.3 with its compiler; and what the engine leaves open, pinned
PACKAGES = "aiohttp==3.14.5 anthropic==2.11.0 blake3==1.0.11 cachetools==8.0.0 cbor2==6.2.1 cloudpickle==3.1.2 einops==0.8.2 fastapi==0.136.3 fastsafetensors==0.5.0 filelock==4.2.11 huggingface-hub==2.4.0 ijson==3.6.0 instanttensor==0.2.2 jsonschema==4.26.0 llguidance==1.7.6 mcp==2.3.0 mistral-common==1.13.1 model-hosting-container-standards==0.1.16 msgspec==0.22.0 multidict==7.2.1 ninja==1.13.2 numpy==2.3.5 nvidia-cudnn-frontend==1.32.0 openai==3.52.0 opencv-python-headless==5.0.0.93 opentelemetry-exporter-otlp==1.45.2 opentelemetry-sdk==1.45.2 opentelemetry-semantic-conventions-ai==0.5.1 orjson==3.13.0 oss-harmony==0.0.11 partial-json-parser==0.2.1.1.post7 pillow==13.0.0 prometheus-client==0.26.0 prometheus-fastapi-instrumentator==8.1.0 protobuf==7.36.2 psutil==7.2.2 py-cpuinfo==9.0.0 pybase64==1.5.1 pydantic==2.14.3 python-json-logger==4.2.0 pyyaml==6.0.3 pyzmq==27.3.0 regex==2026.11.15 requests==2.34.2 safetensors==0.8.0 sentencepiece==0.2.3 setproctitle==1.3.8 setuptools==80.10.2 six==1.17.0 starlette==1.10.0 tiktoken==0.14.0 tokenizers==0.23.3 torchcodec==0.17.0 tqdm==4.70.1 transformers==5.20.2 typing-extensions==4.16.0 watchfiles==1.3.0"  # noqa: E501
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install(f"{ENGINE}=={VERSION}", *PACKAGES.split())
    .env({"HF_HUB_CACHE": "/weights", "HF_XET_HIGH_PERFORMANCE": "1", "VLLM_CACHE_ROOT": "/compiled"})
)
# The model: one commit, 16.4 GB. Copies of the same weights in other formats stay where they are.
MODEL, REVISION = "Qwen/Qwen3-8B", "b968826d9c46dd6066d109eabc6255188de91218"
SERVED_NAME, REPOSITORIES = "Qwen/Qwen3-8B", {MODEL: REVISION}
SKIP = ["original/*", "metal/*", "consolidated*", "*.bin", "*.pt", "*.pth", "*.gguf", "*.onnx", "*.msgpack", "*.h5"]
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)  # caches outlive containers
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
    """ASGI middleware of the engine: developer mode is for its owner; others have /v1, whose key the engine checks."""

    def __init__(self, app) -> None:
        self.app, self.own, self.key = app, *(os.environ.get(n, "").encode() for n in ("OWN_KEY", "VLLM_API_KEY"))

    async def __call__(self, scope, receive, send) -> None:
        path, given = scope.get("path", "/health"), dict(scope.get("headers", ())).get(b"authorization", b"")
        owner, guest = (key and secrets.compare_digest(given, b"Bearer " + key) for key in (self.own, self.key))
        known = guest or not self.key
        if not (owner or path == "/health" or path.startswith("/v1/") or (known and path == "/metrics")):
            scope = {**scope, "path": "/closed"}  # which the engine does not have
        await self.app(scope, receive, send)


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


api_key = modal.Secret.from_name("llm-api-key", required_keys=["LLM_API_KEY"])
STARTUP_TIMEOUT = 600  # seconds, without a snapshot: 16.4 GB to read, then compilation
PORT, MAX_NUM_SEQS = 8000, 32  # where the engine listens; requests that are answered at once, others wait


@app.cls(
    image=image, volumes=volumes, gpu="A100-80GB", memory=32768,  # MiB: asleep, the weights lie in it
    region=None, enable_memory_snapshot=True, experimental_options={"enable_gpu_snapshot": True},
    env={"HF_HUB_OFFLINE": "1", "VLLM_ENABLE_STARTUP_PLAN": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1",
         "VLLM_SERVER_DEV_MODE": "1"},  # opens /sleep and /wake_up, and much else: hence the gate
    secrets=[api_key],
    startup_timeout=STARTUP_TIMEOUT, timeout=3600,
    max_containers=3, scaledown_window=60,  # at most $7.50 per hour; idle for so many seconds, one goes
)  # fmt: skip
@modal.concurrent(max_inputs=MAX_NUM_SEQS, target_inputs=26)  # beyond the target another container starts
class Server:
    @modal.enter(snap=True)
    def start(self) -> None:
        """What a snapshot spares the next container: imports, reading, compiling, a first answer. Then to sleep."""
        self.task, self.own_key = os.environ["MODAL_TASK_ID"], secrets.token_urlsafe()
        command = [
            "vllm", "serve", local_folder(MODEL, REVISION), "--served-model-name", SERVED_NAME,
            "--host", "0.0.0.0", "--port", str(PORT), "--enable-sleep-mode", "--middleware", "gate.Gate",
            "--dtype", "auto", "--disable-access-log-for-endpoints", "/health,/metrics",
            "--max-num-seqs", str(MAX_NUM_SEQS), "--max-model-len", "16384",  # tokens; the KV cache holds 329008 in all
            "--max-num-batched-tokens", "2048",  # of one step; with it the activations' memory is known
            "--gpu-memory-utilization", "0.8",  # of 79.1 GiB, 15.3 are weights and about 45.2 KV cache
            "--enable-auto-tool-choice", "--tool-call-parser", "hermes",
            "--reasoning-parser", "qwen3",
        ]  # fmt: skip
        Path("gate.py").write_text(f"import os\nimport secrets\n\n\n{inspect.getsource(Gate)}")
        keys = {"OWN_KEY": self.own_key, "VLLM_API_KEY": os.environ["LLM_API_KEY"] or secrets.token_hex()}
        start_engine(command, PORT, PYTHONPATH=str(Path.cwd()), **keys)
        check_chat(f"http://localhost:{PORT}", os.environ.get("LLM_API_KEY"), SERVED_NAME)
        ask(f"http://localhost:{PORT}/sleep?level=1", self.own_key, {})

    @modal.enter(snap=False)
    def wake(self) -> None:
        """A restored container begins here."""
        ask(f"http://localhost:{PORT}/wake_up", self.own_key, {})
        self.made = "started anew" if os.environ["MODAL_TASK_ID"] == self.task else "restored from a snapshot"
        print(f"This container was {self.made}.", flush=True)

    @modal.web_server(PORT, startup_timeout=STARTUP_TIMEOUT, requires_proxy_auth=False)
    def serve(self) -> None:
        """The engine listens already."""

    @modal.method()
    def origin(self, retire: bool = False) -> str:  # with `retire` this is the last that a container answers
        if retire:
            modal.experimental.stop_fetching_inputs()
        return self.made


@app.function(image=image, volumes=volumes, env={"HF_HUB_OFFLINE": "1"}, cpu=4, memory=8192, timeout=3600)
def measure(url: str, key: str | None, concurrency: int) -> dict:  # prompts of 1024 tokens, answers of 128
    command = [
        "vllm", "bench", "serve", "--base-url", url, "--model", SERVED_NAME, "--max-concurrency", str(concurrency),
        "--tokenizer", local_folder(MODEL, REVISION), "--num-prompts", str(8 * concurrency),
        "--save-result", "--result-filename", "bench.json",
    ]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"OPENAI_API_KEY": key or ""})
    if (result := json.loads(Path("bench.json").read_text()))["failed"]:
        raise RuntimeError(f"{result['failed']} requests of the benchmark failed")
    return result


@app.function(secrets=[api_key])
def read_key() -> str:
    return os.environ["LLM_API_KEY"]  # for the smoke test


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
    """Ask the endpoint as an OpenAI client does; `--deployed` measures the cold starts of the deployed app."""
    server = modal.Cls.from_name(app.name, "Server")() if deployed else Server()
    url = server.serve.get_web_url()
    print(f"OpenAI-compatible endpoint: {url}/v1, model {SERVED_NAME}")
    try:
        key = read_key.remote()
        for _ in range(3 if deployed else 1):  # the first starts after a deployment make the snapshots
            began, stats = time.monotonic(), server.origin.get_current_stats
            if deployed and stats().num_total_runners:
                print(f"ending a container that was {server.origin.remote(retire=True)}", flush=True)
            while deployed and stats().num_total_runners and time.monotonic() - began < STARTUP_TIMEOUT:
                time.sleep(1)
            began = time.monotonic()
            ask(f"{url}/health", key, patience=STARTUP_TIMEOUT)
            check_chat(url, key, SERVED_NAME)
            print(f"both answers after {time.monotonic() - began:.1f} s, by one {server.origin.remote()}")
        if ask(f"{url}/v1/models", None, accept=(200, 401)).status == 200:
            raise RuntimeError("the endpoint answers without a key: it is open to everybody")
        if bench:
            Path("bench.json").write_text(json.dumps([measure.remote(url, key, n) for n in (1, MAX_NUM_SEQS)]))
    except Exception as fault:
        raise SystemExit(f"Smoke test failed: {fault or repr(fault)}\nIts log: modal app logs {app.name}") from None
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---
# generator = "golden"
#
# [asked]
# workflow = "vllm-cold-start"
# model = "Qwen/Qwen3-8B"
# auth = "api-key"
#
# [spec]
# workflow = "vllm-cold-start"
# model = "Qwen/Qwen3-8B"
# endpoint = "web-server"
# auth = "api-key"
# min_containers = 0
# max_containers = 3
# scaledown_window = 60
# name = "vllm-cold-start-qwen3-8b"
# served_model_name = "Qwen/Qwen3-8B"
# lora = []
# hf_secret = "huggingface-secret"
# api_key_secret = "llm-api-key"
# engine_arg = []
#
# [model]
# id = "Qwen/Qwen3-8B"
# revision = "b968826d9c46dd6066d109eabc6255188de91218"
# gated = false
# weight_bytes = 16380854272
# multimodal = false
# tool_parser = "hermes"
# reasoning_parser = "qwen3"
#
# [plan]
# gpu = "A100-80GB"
# gpus = 1
# tensor_parallel_size = 1
# dtype = "auto"
# max_model_len = 16384
# max_num_seqs = 32
# max_num_batched_tokens = 2048
# gpu_memory_utilization = 0.8
# startup_timeout_s = 600
# usd_per_hour = 2.5
# price_date = "2026-10"
# gpu_gib = 79.1
# weights_gib = 15.3
# kv_gib = 45.2
# kv_tokens = 329008
# compute_capability = 8.0
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
