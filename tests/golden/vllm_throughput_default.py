"""Answers for a file of prompts at a low cost per token: vLLM on Modal, one H100 each.

`modal run FILE` answers two test prompts. `modal run --detach FILE --input prompts.jsonl` answers
a file, even if this machine is switched off meanwhile: run it again to follow the job, to resume
it after an interruption or to fetch its results. A line of input has "prompt" or "messages", and
any sampling options, or is a request in OpenAI's batch format; results are in that format.
"""

import contextlib
import hashlib
import importlib.metadata
import inspect
import io
import json
import os
import re
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import modal.experimental

# --- Settings ---

MODEL = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"
REVISIONS = {
    MODEL: "5a5a776300a41aaa681dd7ff0106608ef2bc90db",
}
MAX_NUM_SEQS = 128  # prompts that one container works on at once
MAX_MODEL_LEN = 8192  # tokens of a prompt and its answer
MAX_TOKENS = 1024  # tokens of an answer, unless its line sets max_tokens
SHARD = 4 * MAX_NUM_SEQS  # prompts per call; a call that is interrupted starts again
GPUS = 1
USD_PER_HOUR = 3.95  # of one container
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
DATASETS = [
    "datasets==5.2.0",
    "anyio==4.16.0",
    "click==8.5.1",
    "dill==0.4.1",
    "filelock==4.2.11",
    "fsspec==2026.9.0",
    "h11==0.16.0",
    "hf-xet==1.8.0",
    "httpx2==2.16.2",
    "huggingface-hub==2.4.0",
    "idna==3.20",
    "multiprocess==0.70.19",
    "numpy==2.5.5",
    "packaging==26.3",
    "pandas==3.1.1",
    "pyarrow==26.0.1",
    "python-dateutil==4.0.0",
    "pyyaml==6.0.3",
    "tqdm==4.70.1",
    "truststore==0.10.5",
    "typing-extensions==4.16.0",
    "tzdata==2026.6",
    "xxhash==4.1.0",
]

# --- Image: CUDA devel image (JIT kernels need nvcc), engine, pinned dependencies ---

app = modal.App("vllm-throughput-qwen3-30b-a3b-instruct-2507-fp8")
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
    "timeout": 3000,
}
image = base.run_function(preflight, **cpu_only)
# `modal run FILE::download` refills an emptied Volume.
download = app.function(image=image, name="download", **cpu_only)(preflight)

# --- Serving: a job is a folder with one file of results per shard ---

jobs = modal.Volume.from_name(
    "vllm-throughput-qwen3-30b-a3b-instruct-2507-fp8-jobs",
    create_if_missing=True,
    version=2,
)
on_cpu = {
    "image": modal.Image.debian_slim(python_version="3.12").uv_pip_install(*DATASETS),
    "volumes": {"/jobs": jobs},
    "env": {"JOBS": "/jobs"},
    "cpu": 1,
    "memory": 2048,
    "timeout": 86400,
}


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


@app.cls(
    image=image,
    volumes={**volumes, "/jobs": jobs},
    gpu="H100",
    region=None,
    env={
        "HF_HUB_OFFLINE": "1",  # use only what preflight verified
        "JOBS": "/jobs",
    },
    max_containers=4,  # unless `--replicas` sets another limit
    scaledown_window=30,  # seconds an idle container is kept, and billed
    startup_timeout=600,  # seconds; the first start also compiles
    timeout=7200,  # seconds for one shard
    retries=modal.Retries(max_retries=3, initial_delay=1.0),
)
class Engine:
    @modal.enter()
    def load(self) -> None:
        from vllm import LLM

        self.llm = LLM(
            model=local_folder(MODEL),
            tensor_parallel_size=GPUS,
            dtype="auto",
            max_model_len=MAX_MODEL_LEN,
            max_num_seqs=MAX_NUM_SEQS,
            # Tokens per scheduler step; bounds activation memory.
            max_num_batched_tokens=8192,
            # The share of GPU memory for weights, activations and KV cache.
            gpu_memory_utilization=0.92,
        )
        default = self.llm.get_default_sampling_params()
        self.defaults = {
            "max_tokens": MAX_TOKENS,
            "temperature": default.temperature,
            "top_p": default.top_p,
            "top_k": default.top_k,
            "min_p": default.min_p,
        }

    @modal.method()
    def answer(self, job: str, shard: int, lines: list[bytes]) -> dict:
        """Answer the lines of a shard; each gets a response or an error."""
        began = time.monotonic()
        rows = enumerate(lines, shard * SHARD + 1)
        results = [self.enqueue(number, row) for number, row in rows if row.strip()]
        try:
            outputs = iter(self.llm.wait_for_completion(use_tqdm=False))
        except Exception:  # of the engine: another container tries the shard again
            modal.experimental.stop_fetching_inputs()
            raise
        accepted = [result for result in results if not result["error"]]
        for result in accepted:
            result["response"] = {"status_code": 200, "body": completion(next(outputs))}
        target = Path(os.environ["JOBS"], job, f"results/{shard:07}.jsonl")
        partial = target.with_suffix(f".{os.environ['MODAL_TASK_ID']}")
        partial.write_text(
            "".join(json.dumps(result, ensure_ascii=False) + "\n" for result in results),
            encoding="utf-8",
            errors="replace",
        )
        partial.rename(target)
        jobs.commit()
        return {
            "prompts": len(lines),
            "errors": len(results) - len(accepted),
            "tokens": sum(r["response"]["body"]["usage"]["total_tokens"] for r in accepted),
            "seconds": time.monotonic() - began,
        }

    def enqueue(self, number: int, row: bytes) -> dict:
        """Pass a line of input to the engine; return its result, with an error if it is refused."""
        result = {"custom_id": f"line-{number}", "response": None, "error": None}
        try:
            request = json.loads(row[: 2**24])  # a longer line is no prompt, and an error here
            result["custom_id"] = str(request.get("custom_id", result["custom_id"]))
            # Refuses what standard JSON does not have: NaN, infinity, halves of surrogate pairs.
            json.dumps(request, ensure_ascii=False, allow_nan=False).encode()
            body = request.get("body", request)
            messages = body.get("messages") or body["prompt"]
            if not body.get("messages") and isinstance(messages, str):
                messages = [{"role": "user", "content": messages}]
            self.llm.enqueue_chat(
                [messages],
                self.sampling(body),
                use_tqdm=False,
                chat_template_kwargs=body.get("chat_template_kwargs"),
                tools=body.get("tools"),
            )
        except Exception as error:
            result["error"] = {"message": f"{type(error).__name__}: {error}"[:1000]}
        return result

    def sampling(self, body: dict):
        """Return the sampling options of a request; those it leaves out are the model's own."""
        from vllm.sampling_params import SamplingParams, StructuredOutputsParams

        known = inspect.signature(SamplingParams).parameters
        options = self.defaults | {n: body[n] for n in known if body.get(n) is not None}
        options["max_tokens"] = body.get("max_completion_tokens") or options["max_tokens"]
        form = body.get("response_format") or {}
        structure = body.get("structured_outputs")
        match form.get("type"):
            case "json_object":
                structure = {"json_object": True}
            case "json_schema":
                structure = {"json": form["json_schema"]["schema"]}
        if structure:
            options["structured_outputs"] = StructuredOutputsParams(**structure)
        return SamplingParams(**options)


def completion(output) -> dict:
    """Return an answer of the engine in OpenAI's format."""
    prompt_tokens = len(output.prompt_token_ids)
    completion_tokens = sum(len(choice.token_ids) for choice in output.outputs)
    return {
        "object": "chat.completion",
        "model": MODEL,
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": choice.text},
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(output.outputs)
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def job_id(prompts) -> str:
    """Return an id that is the same for the same prompts under the same settings."""
    settings = repr((MODEL, REVISIONS[MODEL], SHARD, MAX_MODEL_LEN, MAX_TOKENS))
    return hashlib.file_digest(prompts, lambda: hashlib.sha256(settings.encode())).hexdigest()[:16]


def unanswered(prompts: Path, folder: Path):
    """Yield the shards of a file that have no results: the job, the shard's number, its lines."""
    with prompts.open("rb") as lines:
        for number, shard in enumerate(iter(lambda: list(islice(lines, SHARD)), [])):
            if not (folder / f"results/{number:07}.jsonl").exists():
                yield folder.name, number, shard


def fetch_dataset(dataset: str, folder: Path) -> Path:
    """Save one column of a dataset, OWNER/NAME@COMMIT:SPLIT:COLUMN, as a file of prompts."""
    from datasets import load_dataset

    match = re.fullmatch(r"([^/]+/[^/]+)@([0-9a-f]{40}):(.+):(.+)", dataset)
    if not match:
        raise ValueError(f"{dataset} is not OWNER/NAME@COMMIT:SPLIT:COLUMN with a 40-digit COMMIT")
    name, commit, split, column = match.groups()
    target = folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:16]}.jsonl"
    if not target.exists():
        with target.with_suffix(".partial").open("w") as lines:
            rows = load_dataset(name, revision=commit, split=split, streaming=True)
            lines.writelines(
                json.dumps({"prompt": row[column]}, default=str) + "\n" for row in rows
            )
        target.with_suffix(".partial").rename(target)
    return target


@app.function(**on_cpu, retries=3)
def run_job(source: str = "input.jsonl", replicas: int = 4) -> dict:
    """Answer the shards of `source`, a dataset or a path in the Volume, that have no results."""
    root = Path(os.environ["JOBS"])
    jobs.reload()
    path = root / source if source.endswith(".jsonl") else fetch_dataset(source, root)
    with path.open("rb") as prompts:
        folder = root / job_id(prompts)
    (folder / "results").mkdir(parents=True, exist_ok=True)
    call = folder / "call"
    if call.exists() and call.read_text() != modal.current_function_call_id():
        with contextlib.suppress(Exception):  # an earlier run of this job: wait until it ends
            modal.FunctionCall.from_id(call.read_text()).get()
        jobs.reload()
    call.write_text(modal.current_function_call_id())
    jobs.commit()
    sizes = [len(lines) for _, _, lines in unanswered(path, folder)]
    waiting = sum(sizes)
    print(f"job {folder.name}: {waiting} prompts in {len(sizes)} shards to answer", flush=True)
    began = time.monotonic()
    totals = Counter(prompts=0, errors=0, tokens=0, seconds=0, failed=0)
    answers = Engine.with_options(max_containers=replicas)().answer.starmap(
        unanswered(path, folder),
        order_outputs=False,
        return_exceptions=True,
    )
    for answer in answers:
        if isinstance(answer, BaseException):
            print(f"a shard failed after its retries: {answer!r}", flush=True)
            answer = {"failed": 1}
        totals.update(answer)
        rate = max(totals["prompts"], 1) / (time.monotonic() - began)
        print(
            f"{totals['prompts']} of {waiting} prompts, {rate:.1f} per second,",
            f"{(waiting - totals['prompts']) / rate:.0f} s left",
            flush=True,
        )
    jobs.reload()
    if not totals["failed"]:
        with (folder / "partial").open("wb") as joined:
            joined.writelines(path.read_bytes() for path in sorted(folder.glob("results/*.jsonl")))
        (folder / "partial").rename(folder / "results.jsonl")
        jobs.commit()
    return {**totals, "results": f"{folder.name}/results.jsonl"}


# --- Smoke test, and the command line of a job ---


@app.local_entrypoint()
def main(
    input: str = "",
    dataset: str = "",
    output: str = "results.jsonl",
    replicas: int = 4,
) -> None:
    """Answer `--input FILE` or `--dataset OWNER/NAME@COMMIT:SPLIT:COLUMN`, or two test prompts."""
    if (input and not Path(input).is_file()) or not Path(output).parent.is_dir():
        raise SystemExit(f"There is no file {input} here, or no folder for {output}.")
    source = dataset
    if not dataset:
        test = io.BytesIO(b'{"prompt": "What is a GPU?"}\n{"prompt": "What is a TPU?"}\n')
        with Path(input).open("rb") if input else test as prompts:
            source = f"uploads/{job_id(prompts)}.jsonl"
            with jobs.batch_upload(force=True) as batch:
                batch.put_file(input or test, f"/{source}")
    done = run_job.remote(source, replicas)
    if done["failed"]:
        raise SystemExit(f"{done['failed']} shards failed. Run this again to compute only these.")
    results = jobs.read_file(done["results"])
    if input or dataset:
        with Path(f"{output}.partial").open("wb") as file:
            file.writelines(results)
        Path(f"{output}.partial").replace(output)
        print(f"results: {output}; answered now: {done['prompts']}, errors: {done['errors']}")
    else:
        print(b"".join(results).decode())
    if done["tokens"]:
        speed = done["tokens"] / done["seconds"]
        print(
            f"{speed / GPUS:.0f} tokens/s per GPU,",
            f"${USD_PER_HOUR / 3600 / speed * 1e6:.3f} per million tokens",
        )


# --- provenance: `modal-serve-gen new --spec` reads this block and the lists it names ---
# generator = "golden"
#
# [options]
# workflow = "vllm-throughput"
#
# [spec]
# workflow = "vllm-throughput"
# model = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"
# max_containers = 4
# scaledown_window = 30
# name = "vllm-throughput-qwen3-30b-a3b-instruct-2507-fp8"
# served_model_name = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"
#
# [model]
# id = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"
# revision = "5a5a776300a41aaa681dd7ff0106608ef2bc90db"
# gated = false
# weight_bytes = 31174123520
# quantization = "fp8"
# tool_parser = "hermes"
#
# [plan]
# gpu = "H100"
# gpus = 1
# tensor_parallel_size = 1
# dtype = "auto"
# max_model_len = 8192
# max_num_seqs = 128
# max_num_batched_tokens = 8192
# gpu_memory_utilization = 0.92
# startup_timeout_s = 600
# usd_per_hour = 3.95
# price_date = "2026-10"
# gpu_gib = 79.1
# weights_gib = 29.1
# kv_gib = 39.6
# kv_tokens = 433024
# compute_capability = 9.0
#
# [pins]
# cuda = "13.0.3"
# base_image = "nvidia/cuda:13.0.3-devel-ubuntu24.04"
# python = "3.12"
# packages = "PACKAGES"
#
# [also]
# datasets = "DATASETS"
# --- end ---
