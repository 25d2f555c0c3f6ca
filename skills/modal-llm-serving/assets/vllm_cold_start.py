"""An OpenAI-compatible API that scales to zero and wakes from a memory snapshot: vLLM on Modal,
on one L40S.

`modal run FILE` builds the image, verifies the weights, starts the endpoint and tests it.
Snapshots need a deployment: `modal deploy FILE`, then `modal run FILE --deployed` measures
cold starts.
"""

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

# --- Settings ---

MODEL = "Qwen/Qwen3-4B-Instruct-2507"
REVISIONS = {
    MODEL: "cdbee75f17c01a7cc42f958dc650907174af0554",
}
MAX_NUM_SEQS = 32  # requests that run at once; others wait
STARTUP_TIMEOUT = 600  # seconds, without a snapshot; the first start also compiles
PORT = 8000
PACKAGES = [
    "vllm==0.33.0",
    "aiohttp==3.14.5",
    "anthropic==2.11.0",
    "blake3==1.0.11",
    "cachetools==8.0.0",
    "cbor2==6.2.1",
    "cloudpickle==3.1.2",
    "einops==0.8.2",
    "fastapi==0.136.3",
    "fastsafetensors==0.5.0",
    "filelock==4.2.11",
    "huggingface-hub==2.4.0",
    "ijson==3.6.0",
    "instanttensor==0.2.2",
    "jsonschema==4.26.0",
    "llguidance==1.7.6",
    "mcp==2.3.0",
    "mistral-common==1.13.1",
    "model-hosting-container-standards==0.1.16",
    "msgspec==0.22.0",
    "multidict==7.2.1",
    "ninja==1.13.2",
    "numpy==2.3.5",
    "nvidia-cudnn-frontend==1.32.0",
    "openai==3.52.0",
    "opencv-python-headless==5.0.0.93",
    "opentelemetry-exporter-otlp==1.45.2",
    "opentelemetry-sdk==1.45.2",
    "opentelemetry-semantic-conventions-ai==0.5.1",
    "orjson==3.13.0",
    "oss-harmony==0.0.11",
    "partial-json-parser==0.2.1.1.post7",
    "pillow==13.0.0",
    "prometheus-client==0.26.0",
    "prometheus-fastapi-instrumentator==8.1.0",
    "protobuf==7.36.2",
    "psutil==7.2.2",
    "py-cpuinfo==9.0.0",
    "pybase64==1.5.1",
    "pydantic==2.14.3",
    "python-json-logger==4.2.0",
    "pyyaml==6.0.3",
    "pyzmq==27.3.0",
    "regex==2026.11.15",
    "requests==2.34.2",
    "safetensors==0.8.0",
    "sentencepiece==0.2.3",
    "setproctitle==1.3.8",
    "setuptools==80.10.2",
    "six==1.17.0",
    "starlette==1.10.0",
    "tiktoken==0.14.0",
    "tokenizers==0.23.3",
    "torchcodec==0.17.0",
    "tqdm==4.70.1",
    "transformers==5.20.2",
    "typing-extensions==4.16.0",
    "watchfiles==1.3.0",
]

# --- Image: CUDA devel image (JIT kernels need nvcc), engine, pinned dependencies ---

app = modal.App("vllm-cold-start-qwen3-4b-instruct-2507")
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
volumes = {
    "/weights": weights,
    "/compiled": modal.Volume.from_name("vllm-cache", create_if_missing=True),
}
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install(*PACKAGES)
    .env(
        {
            "HF_HUB_CACHE": "/weights",
            "HF_XET_HIGH_PERFORMANCE": "1",
            "VLLM_CACHE_ROOT": "/compiled",
        }
    )
)

# --- Preflight: on a CPU, while the image is built ---


def preflight() -> None:
    """Check the engine's version, then download the weights and verify each file's hash."""
    from huggingface_hub import HfApi, snapshot_download

    if f"vllm=={importlib.metadata.version('vllm')}" not in PACKAGES:
        raise RuntimeError(f"The installed vllm is not the pinned {PACKAGES[0]}.")
    for repository, commit in REVISIONS.items():
        snapshot_download(
            repository,
            revision=commit,
            ignore_patterns=[  # copies of the weights in other formats
                "original/*",
                "metal/*",
                "consolidated*",
                "*.bin",
                "*.pt",
                "*.pth",
                "*.gguf",
                "*.onnx",
                "*.msgpack",
                "*.h5",
            ],
        )
        check = HfApi().verify_repo_checksums(repository, revision=commit)
        for file in check.mismatches:
            (check.verified_path / file["path"]).resolve().unlink()
        if check.mismatches:
            raise RuntimeError(f"Run this again to download these files: {check.mismatches}")
        print(f"{repository}: {check.checked_count} files match the Hub's hashes", flush=True)
    weights.commit()


cpu_only = {
    "volumes": volumes,
    "cpu": 4,
    "memory": 8192,
    "timeout": 2400,
}
image = base.run_function(preflight, **cpu_only)
# `modal run FILE::download` refills an emptied Volume.
download = app.function(image=image, name="download", **cpu_only)(preflight)

# --- Serving ---


def local_folder(repository: str) -> str:
    """Return the path of a repository in the Volume."""
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(
            repository,
            revision=REVISIONS[repository],
            local_files_only=True,
        )
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(
            f"{repository} is not in its Volume: modal run {Path(__file__).name}::download"
        ) from None


def start_engine(command: list[str], **variables: str) -> None:
    """Start the engine and return once it is healthy. If it exits, the container exits too."""
    engine = subprocess.Popen(command, env=os.environ | variables)
    # Exit handlers run in reverse order: terminate, wait, kill.
    atexit.register(engine.kill)
    atexit.register(engine.wait, timeout=20)
    atexit.register(engine.terminate)

    def watch() -> None:
        code = engine.wait()
        if threading.main_thread().is_alive():  # otherwise the container is shutting down
            print(f"The engine exited with code {code}; see the log above.", flush=True)
            os._exit(1)

    while engine.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://localhost:{PORT}/health", timeout=5),
        ):
            threading.Thread(target=watch, daemon=True).start()
            return
        time.sleep(0.2)
    raise RuntimeError(f"The engine exited with code {engine.returncode}; see the log above.")


class Gate:
    """vLLM middleware: the container's own key opens all, a client's key /v1/ and /metrics."""

    def __init__(self, app) -> None:
        self.app = app
        self.own_key = os.environ.get("OWN_KEY") or secrets.token_hex()
        self.api_key = os.environ.get("VLLM_API_KEY", "")

    async def __call__(self, scope, receive, send) -> None:
        path = scope.get("path", "/health")  # start-up and shutdown events have no path
        token = dict(scope.get("headers", ())).get(b"authorization", b"")
        if not (
            path == "/health"
            or secrets.compare_digest(token, f"Bearer {self.own_key}".encode())
            or (
                (path == "/metrics" or path.startswith("/v1/"))
                and (
                    not self.api_key
                    or secrets.compare_digest(token, f"Bearer {self.api_key}".encode())
                )
            )
        ):
            scope = {**scope, "path": "/v1/closed"}  # no route: 404, or without the key 401
        await self.app(scope, receive, send)


def ask(url: str, key: str, body=None, expect=200, deadline=0.0, **headers: str):
    """GET `url`, or POST `body`; retries on 303/429/503 until `deadline` (`time.monotonic`)."""
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            **headers,
        },
    )
    while True:
        try:
            response = urllib.request.urlopen(request, timeout=30 if deadline else 600)
        except OSError as error:  # no connection, or an HTTP error, which is a response too
            response = error
        status = getattr(response, "status", 503)
        if status == expect:
            return response
        if status not in (303, 429, 503) or time.monotonic() > deadline:
            reason = response.read().decode() if hasattr(response, "read") else response
            raise SystemExit(
                f"{url} answered {status} instead of {expect}: {reason}\n"
                f"See the log above, or: modal app logs {app.name}"
            )
        print(f"waiting for {url}: {status}", flush=True)
        time.sleep(1)


def check_chat(url: str, key: str, model: str) -> None:
    """Request one chat completion, then the same one streamed."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "What is a GPU?"}],
        "max_tokens": 128,
    }
    print(  # reasoning models return text in `reasoning`
        "answer:",
        json.load(ask(f"{url}/v1/chat/completions", key, body))["choices"][0]["message"],
    )
    began = time.monotonic()
    lines = [
        (time.monotonic(), line)
        for line in ask(
            f"{url}/v1/chat/completions",
            key,
            {**body, "stream": True, "stream_options": {"include_usage": True}},
        )
        if line.strip()
    ]
    if len(lines) < 3 or lines[-1][1].strip() != b"data: [DONE]":
        raise SystemExit(f"the stream ended early, after {len(lines)} lines")
    tokens = json.loads(lines[-2][1].removeprefix(b"data: "))["usage"]["completion_tokens"]
    print(
        f"streamed {tokens} tokens:",
        f"time to first token {lines[0][0] - began:.2f} s,",
        f"then {tokens / max(lines[-1][0] - lines[0][0], 1e-9):.0f} tokens/s",
    )


@app.cls(
    image=image,
    volumes=volumes,
    gpu="L40S",
    memory=24576,  # MiB; holds the weights while the engine sleeps
    region=None,
    enable_memory_snapshot=True,
    experimental_options={"enable_gpu_snapshot": True},
    env={
        "HF_HUB_OFFLINE": "1",  # serve only what preflight verified
        "VLLM_ENABLE_STARTUP_PLAN": "1",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
        "VLLM_SERVER_DEV_MODE": "1",  # opens /sleep and /wake_up, and others: hence the gate
    },
    startup_timeout=STARTUP_TIMEOUT,
    timeout=3600,  # seconds for one request, streamed ones included
    max_containers=3,
    scaledown_window=60,  # seconds an idle container is kept, and billed
)
@modal.concurrent(
    max_inputs=MAX_NUM_SEQS,
    target_inputs=26,  # above it, another container starts
)
class Server:
    @modal.enter(snap=True)
    def start(self) -> None:
        """Start vLLM, warm it up and put it to sleep; the snapshot is taken after that."""
        self.task = os.environ["MODAL_TASK_ID"]
        self.own_key = secrets.token_urlsafe()
        Path("gate.py").write_text(f"import os\nimport secrets\n\n\n{inspect.getsource(Gate)}")
        start_engine(
            [
                "vllm",
                "serve",
                local_folder(MODEL),
                "--served-model-name=" + MODEL,
                "--host=0.0.0.0",
                f"--port={PORT}",
                "--enable-sleep-mode",
                "--middleware=gate.Gate",
                "--dtype=auto",
                "--disable-access-log-for-endpoints=/health,/metrics",
                f"--max-num-seqs={MAX_NUM_SEQS}",
                "--max-model-len=16384",  # tokens of a prompt and its answer
                # Tokens per scheduler step; bounds activation memory.
                "--max-num-batched-tokens=2048",
                # The share of GPU memory for weights, activations and KV cache.
                "--gpu-memory-utilization=0.8",
                "--enable-auto-tool-choice",
                "--tool-call-parser=hermes",
            ],
            PYTHONPATH=str(Path.cwd()),  # of gate.py
            OWN_KEY=self.own_key,
        )
        check_chat(f"http://localhost:{PORT}", os.environ.get("LLM_API_KEY", ""), MODEL)
        ask(f"http://localhost:{PORT}/sleep?level=1", self.own_key, {})

    @modal.enter(snap=False)
    def wake(self) -> None:
        """Wake vLLM: a container restored from the snapshot starts here."""
        ask(f"http://localhost:{PORT}/wake_up", self.own_key, {})

    @modal.web_server(
        PORT,
        startup_timeout=STARTUP_TIMEOUT,
        requires_proxy_auth=True,
    )
    def serve(self) -> None:
        """vLLM is listening already."""

    @modal.method()
    def origin(self, retire: bool = False) -> str:
        """Tell how the container started; with `retire` it takes no more requests."""
        if retire:
            modal.experimental.stop_fetching_inputs()
        return "started anew" if os.environ["MODAL_TASK_ID"] == self.task else "restored"


# --- Smoke test ---


@app.function(
    image=image,
    volumes=volumes,
    env={"HF_HUB_OFFLINE": "1"},
    cpu=4,
    memory=8192,
    timeout=3600,
)
def measure(url: str, key: str, concurrency: int) -> dict:
    """Run the engine's own benchmark: random prompts of 1024 tokens, answers of 128."""
    subprocess.run(
        [
            "vllm",
            "bench",
            "serve",
            f"--base-url={url}",
            "--model=" + MODEL,
            f"--tokenizer={local_folder(MODEL)}",
            f"--max-concurrency={concurrency}",
            f"--num-prompts={8 * concurrency}",
            "--save-result",
            "--result-filename=bench.json",
        ],
        check=True,
        env=os.environ | {"OPENAI_API_KEY": key},
    )
    return json.loads(Path("bench.json").read_text())


def proxy_token(stack: contextlib.ExitStack) -> str:
    """Return a proxy token: from the environment, or a new one, deleted when `stack` closes."""
    if "MODAL_PROXY_TOKEN_ID" in os.environ:
        return os.environ["MODAL_PROXY_TOKEN_ID"] + "." + os.environ["MODAL_PROXY_TOKEN_SECRET"]
    tokens = modal.Workspace.from_context().proxy_tokens
    token = tokens.create()
    stack.callback(tokens.delete, token.token_id)
    print(
        f"MODAL_PROXY_TOKEN_ID and MODAL_PROXY_TOKEN_SECRET are not set: created {token.token_id},",
        "which is deleted when the smoke test ends",
    )
    tokens.allow(token.token_id, modal.Environment.from_context().hydrate().name)
    return f"{token.token_id}.{token.token_secret}"


def smoke_test(server, url: str, key: str, deployed: bool, bench: bool) -> None:
    """Use the endpoint as an OpenAI client does; if it is deployed, after three cold starts."""
    if deployed and server.origin.get_current_stats().num_total_runners:
        server.origin.remote(retire=True)
    for _ in range(3 if deployed else 1):  # the first starts after a deployment take snapshots
        began = time.monotonic()
        while deployed and server.origin.get_current_stats().num_total_runners:
            if time.monotonic() - began > STARTUP_TIMEOUT:
                raise SystemExit("Containers are still serving: measure when there is no traffic.")
            print("waiting until the last container has ended", flush=True)
            time.sleep(2)
        began = time.monotonic()
        ask(f"{url}/health", key, deadline=began + STARTUP_TIMEOUT)
        check_chat(url, key, MODEL)
        print(
            f"both answers after {time.monotonic() - began:.1f} s,",
            f"by a container that was {server.origin.remote(deployed)}",
        )
    ask(f"{url}/v1/models", "", expect=401)  # no answer without a key
    if bench:
        results = [measure.remote(url, key, n) for n in (1, MAX_NUM_SEQS)]
        Path("bench.json").write_text(json.dumps(results, indent=2))
        if any(result["failed"] for result in results):
            raise SystemExit("Requests of the benchmark failed: see bench.json and the log above.")


@app.local_entrypoint()
def main(deployed: bool = False, bench: bool = False) -> None:
    """Test the app; `--deployed` measures cold starts, `--bench` throughput."""
    server = modal.Cls.from_name(app.name, "Server")() if deployed else Server()
    url = server.serve.get_web_url()
    with contextlib.ExitStack() as stack:
        smoke_test(server, url, proxy_token(stack), deployed, bench)
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- provenance: `modal-serve-gen new --spec` reads this block and the lists it names ---
# generator = "0.1.0"
#
# [options]
# workflow = "vllm-cold-start"
#
# [spec]
# workflow = "vllm-cold-start"
# model = "Qwen/Qwen3-4B-Instruct-2507"
# endpoint = "web-server"
# auth = "proxy"
# max_containers = 3
# scaledown_window = 60
# name = "vllm-cold-start-qwen3-4b-instruct-2507"
# served_model_name = "Qwen/Qwen3-4B-Instruct-2507"
#
# [model]
# id = "Qwen/Qwen3-4B-Instruct-2507"
# revision = "cdbee75f17c01a7cc42f958dc650907174af0554"
# gated = false
# weight_bytes = 8044544000
# tool_parser = "hermes"
#
# [plan]
# gpu = "L40S"
# gpus = 1
# tensor_parallel_size = 1
# dtype = "auto"
# max_model_len = 16384
# max_num_seqs = 32
# max_num_batched_tokens = 2048
# gpu_memory_utilization = 0.8
# startup_timeout_s = 600
# usd_per_hour = 1.95
# price_date = "2026-10"
# gpu_gib = 44.3
# weights_gib = 7.5
# kv_gib = 25.1
# kv_tokens = 182704
# compute_capability = 8.9
#
# [pins]
# cuda = "13.0.3"
# base_image = "nvidia/cuda:13.0.3-devel-ubuntu24.04"
# python = "3.12"
# packages = "PACKAGES"
# --- end ---
