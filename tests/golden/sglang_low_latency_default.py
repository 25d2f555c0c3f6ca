"""An OpenAI-compatible API with low latency: SGLang on Modal, on one H100.

`modal run FILE` builds the image, verifies the weights, starts the endpoint and tests it.
`modal deploy FILE` serves it at a permanent URL, and `modal run FILE --deployed` tests that.
Either test also runs a benchmark with `--bench`.
"""

import atexit
import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from pathlib import Path

import modal

# --- Settings ---

MODEL = "Qwen/Qwen3.6-35B-A3B-FP8"
REVISIONS = {
    MODEL: "95a723d08a9490559dae23d0cff1d9466213d989",
}
CONCURRENCY = 16  # requests that run at once; others wait
STARTUP_TIMEOUT = 600  # seconds; the first start also compiles kernels
PORT = 8000
PACKAGES = [
    "sglang==0.5.23",
    "aiohttp==3.14.5",
    "anthropic==2.11.0",
    "build==1.6.1",
    "cuda-python==13.4.4",
    "datasets==5.2.0",
    "distro==1.9.0",
    "easydict==1.14",
    "einops==0.8.2",
    "fastapi==0.165.0",
    "flash-attn-4==4.0.0b36",
    "gguf==0.19.0",
    "interegular==0.3.3",
    "ipython==9.18.1",
    "kernels==0.14.1",
    "llguidance==1.9.1",
    "mistral-common==1.13.1",
    "modelscope==1.40.2",
    "msgspec==0.22.0",
    "ninja==1.13.2",
    "numpy==2.3.5",
    "nvidia-ml-py==13.615.71",
    "nvshmem4py-cu13==0.4.1",
    "opentelemetry-exporter-otlp==1.45.2",
    "opentelemetry-sdk==1.45.2",
    "orjson==3.13.0",
    "packaging==26.3",
    "partial-json-parser==0.2.1.1.post7",
    "pillow==13.0.0",
    "prometheus-client==0.26.0",
    "psutil==7.2.2",
    "py-spy==0.4.3",
    "pybase64==1.5.1",
    "pydantic==2.14.3",
    "python-dateutil==2.9.0.post0",
    "python-multipart==0.0.34",
    "pyzmq==27.3.0",
    "regex==2026.11.15",
    "requests==2.34.2",
    "scipy==1.18.1",
    "setproctitle==1.3.8",
    "smg-grpc-servicer==0.14.1",
    "tiktoken==0.14.0",
    "torch-memory-saver==0.0.10",
    "torchvision==0.29.2",
    "tqdm==4.70.1",
    "uvicorn==0.54.0",
    "uvloop==0.23.0",
    "watchfiles==1.3.0",
    "xxhash==4.1.0",
    "zstandard==0.25.0",
]

# --- Image: CUDA devel image (JIT kernels need nvcc), engine, pinned dependencies ---

app = modal.App("sglang-low-latency-qwen3.6-35b-a3b-fp8")
weights = modal.Volume.from_name("huggingface-cache", create_if_missing=True)
volumes = {
    "/weights": weights,
    "/compiled": modal.Volume.from_name("sglang-cache", create_if_missing=True),
}
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .apt_install("libnuma1")
    .uv_pip_install(*PACKAGES)
    .env(
        {
            "HF_HUB_CACHE": "/weights",
            "HF_XET_HIGH_PERFORMANCE": "1",
            "SGLANG_CACHE_DIR": "/compiled",
        }
    )
)

# --- Preflight: on a CPU, while the image is built ---


def preflight() -> None:
    """Check the engine's version, then download the weights and verify each file's hash."""
    from huggingface_hub import HfApi, snapshot_download

    if f"sglang=={importlib.metadata.version('sglang')}" not in PACKAGES:
        raise RuntimeError(f"The installed sglang is not the pinned {PACKAGES[0]}.")
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
    "timeout": 3600,
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


def command() -> list[str]:
    """Return SGLang's command line."""
    return [
        "sglang",
        "serve",
        "--model-path",
        local_folder(MODEL),
        "--served-model-name=" + MODEL,
        "--host=0.0.0.0",
        f"--port={PORT}",
        "--tp-size=1",
        "--dtype=auto",
        "--enable-metrics",
        f"--max-running-requests={CONCURRENCY}",
        f"--cuda-graph-max-bs-decode={CONCURRENCY}",
        "--context-length=16384",  # tokens of a prompt and its answer
        "--mem-fraction-static=0.93",  # weights and KV cache
        "--enable-cache-report",
        "--log-requests",
        "--log-requests-level=0",
        "--log-requests-format=json",
        "--tool-call-parser=qwen3_coder",
        "--reasoning-parser=qwen3",
        "--speculative-draft-model-path",  # the model's own prediction layers
        local_folder(MODEL),
        "--speculative-algorithm=NEXTN",
        "--speculative-num-steps=3",
        "--speculative-eagle-topk=1",
    ]


def compile_kernels() -> None:
    """Compile the FP8 kernels for this model, on the GPU that will serve it."""
    subprocess.run(
        [sys.executable, "-m", "sglang.compile_deep_gemm", *command()[2:]],
        check=True,
    )


image = image.run_function(
    compile_kernels,
    gpu="H100",
    volumes=volumes,
    timeout=3600,
)


@app.server(
    image=image,
    volumes=volumes,
    gpu="H100",
    env={"HF_HUB_OFFLINE": "1"},  # serve only what preflight verified
    compute_region=None,  # of the containers
    routing_region="us-east",  # of Modal's proxy
    port=PORT,
    unauthenticated=False,
    target_concurrency=13,  # above it, another container starts
    min_containers=1,
    max_containers=2,
    scaledown_window=300,  # seconds an idle container is kept, and billed
    startup_timeout=STARTUP_TIMEOUT,
    exit_grace_period=60,  # seconds to finish requests before a container stops
)
class Server:
    @modal.enter()
    def start(self) -> None:
        start_engine(command())


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
            "python",
            "-m",
            "sglang.benchmark.serving",
            "--backend=vllm-chat",
            f"--base-url={url}",
            "--model=" + MODEL,
            f"--tokenizer={local_folder(MODEL)}",
            "--dataset-name=random-ids",
            "--random-range-ratio=1",
            "--random-output-len=128",
            "--output-file=bench.jsonl",
            f"--max-concurrency={concurrency}",
            f"--num-prompts={8 * concurrency}",
        ],
        check=True,
        env=os.environ | {"OPENAI_API_KEY": key},
    )
    return json.loads(Path("bench.jsonl").read_text().splitlines()[-1])


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


def check_conversation(url: str, key: str, model: str) -> None:
    """Stream two turns of a conversation; the session's headers route both to one container."""
    affinity = dict.fromkeys(
        ("Modal-Session-ID", "Modal-Routing-Affinity-Key"),
        uuid.uuid4().hex,
    )
    body = {"model": model, "messages": [], "max_tokens": 128}
    for question in ("What is a GPU?", "And what is it good for?"):
        body["messages"].append({"role": "user", "content": question})
        began = time.monotonic()
        lines = [
            (time.monotonic(), line)
            for line in ask(
                f"{url}/v1/chat/completions",
                key,
                {**body, "stream": True, "stream_options": {"include_usage": True}},
                deadline=began + 60,
                **affinity,
            )
            if line.strip()
        ]
        if len(lines) < 3 or lines[-1][1].strip() != b"data: [DONE]":
            raise SystemExit(f"the stream ended early, after {len(lines)} lines")
        chunks = [json.loads(line.removeprefix(b"data: ")) for _, line in lines[:-1]]
        text = "".join(
            choice["delta"].get("content") or choice["delta"].get("reasoning_content") or ""
            for chunk in chunks
            for choice in chunk["choices"]
        )
        body["messages"].append({"role": "assistant", "content": text})
        usage = chunks[-1]["usage"]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        seconds = lines[-1][0] - lines[0][0]
        print(
            f"time to first token {lines[0][0] - began:.3f} s,",
            f"{1000 * seconds / max(usage['completion_tokens'] - 1, 1):.1f} ms per output token,",
            f"{cached} of {usage['prompt_tokens']} prompt tokens cached:",
            repr(text[:200]),
        )
    print(
        "plain answer:",
        json.load(
            ask(
                f"{url}/v1/chat/completions",
                key,
                {**body, "messages": body["messages"][:1]},
                deadline=began + 120,
            )
        )["choices"][0],
    )


def smoke_test(url: str, key: str, bench: bool) -> None:
    """Wait for the endpoint, then use it as an OpenAI client does."""
    began = time.monotonic()
    ask(f"{url}/health", key, deadline=began + STARTUP_TIMEOUT)
    print(f"{url}/v1 is ready after {time.monotonic() - began:.1f} s:", MODEL)
    ask(f"{url}/v1/models", "", expect=401)  # no answer without a key
    check_conversation(url, key, MODEL)
    if bench:
        results = [measure.remote(url, key, n) for n in (1, CONCURRENCY)]
        Path("bench.json").write_text(json.dumps(results, indent=2))
        if sum(result["completed"] for result in results) < 8 * (1 + CONCURRENCY):
            raise SystemExit("Requests of the benchmark failed: see bench.json and the log above.")


@app.local_entrypoint()
def main(deployed: bool = False, bench: bool = False) -> None:
    """Test the app, or with `--deployed` its deployment; `--bench` also measures it."""
    url = (modal.Server.from_name(app.name, "Server") if deployed else Server).get_url()
    with contextlib.ExitStack() as stack:
        smoke_test(url, proxy_token(stack), bench)
    print("Smoke test passed." + ("" if deployed else f" Next: modal deploy {Path(__file__).name}"))


# --- provenance: `modal-serve-gen new --spec` reads this block and the lists it names ---
# generator = "golden"
#
# [options]
# workflow = "sglang-low-latency"
#
# [spec]
# workflow = "sglang-low-latency"
# model = "Qwen/Qwen3.6-35B-A3B-FP8"
# endpoint = "server"
# auth = "proxy"
# min_containers = 1
# max_containers = 2
# scaledown_window = 300
# name = "sglang-low-latency-qwen3.6-35b-a3b-fp8"
# served_model_name = "Qwen/Qwen3.6-35B-A3B-FP8"
#
# [model]
# id = "Qwen/Qwen3.6-35B-A3B-FP8"
# revision = "95a723d08a9490559dae23d0cff1d9466213d989"
# gated = false
# weight_bytes = 37473589657
# quantization = "fp8"
# multimodal = true
# tool_parser = "qwen3_coder"
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
# gpu_memory_utilization = 0.93
# startup_timeout_s = 600
# usd_per_hour = 3.95
# price_date = "2026-10"
# gpu_gib = 79.1
# weights_gib = 34.1
# kv_gib = 35.8
# kv_tokens = 1068574
# compute_capability = 9.0
#
# [pins]
# cuda = "13.0.3"
# base_image = "nvidia/cuda:13.0.3-devel-ubuntu24.04"
# python = "3.12"
# packages = "PACKAGES"
#
# [speculation]
# arguments = [
#     "--speculative-algorithm=NEXTN",
#     "--speculative-num-steps=3",
#     "--speculative-eagle-topk=1",
# ]
# draft = [
#     "Qwen/Qwen3.6-35B-A3B-FP8",
#     "95a723d08a9490559dae23d0cff1d9466213d989",
# ]
# extra_weight_bytes = 854319165
# vocabulary_bytes = 2034237440
# draft_layers = 1.0
# draft_tokens = 4
# --- end ---
