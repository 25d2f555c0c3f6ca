"""Answers for a file of prompts, at a low cost per token: vLLM on Modal, on 2 H100, $7.90 per hour each.
`modal run FILE` answers two prompts; `modal run --detach FILE --input prompts.jsonl` answers a file, also with this
machine switched off: run it again to follow, to go on after an interruption, or to fetch the results. A line holds
"prompt" or "messages" with any sampling options, or is of OpenAI's batch format, as the lines of the results are."""

import contextlib
import hashlib
import importlib.metadata
import inspect
import io
import json
import os
import re
import shutil
import time
from itertools import islice
from pathlib import Path

import modal.experimental

app = modal.App("vllm-throughput-qwen3-32b")
ENGINE, VERSION = "vllm", "0.33.0"  # on CUDA 13.0.3 with its compiler; and what the engine leaves open, pinned
PACKAGES = "aiohttp==3.14.5 anthropic==2.11.0 blake3==1.0.11 cachetools==8.0.0 cbor2==6.2.1 cloudpickle==3.1.2 einops==0.8.2 fastapi==0.136.3 fastsafetensors==0.5.0 filelock==4.2.11 huggingface-hub==2.4.0 ijson==3.6.0 instanttensor==0.2.2 jsonschema==4.26.0 llguidance==1.7.6 mcp==2.3.0 mistral-common==1.13.1 model-hosting-container-standards==0.1.16 msgspec==0.22.0 multidict==7.2.1 ninja==1.13.2 numpy==2.3.5 nvidia-cudnn-frontend==1.32.0 openai==3.52.0 opencv-python-headless==5.0.0.93 opentelemetry-exporter-otlp==1.45.2 opentelemetry-sdk==1.45.2 opentelemetry-semantic-conventions-ai==0.5.1 orjson==3.13.0 oss-harmony==0.0.11 partial-json-parser==0.2.1.1.post7 pillow==13.0.0 prometheus-client==0.26.0 prometheus-fastapi-instrumentator==8.1.0 protobuf==7.36.2 psutil==7.2.2 py-cpuinfo==9.0.0 pybase64==1.5.1 pydantic==2.14.3 python-json-logger==4.2.0 pyyaml==6.0.3 pyzmq==27.3.0 regex==2026.11.15 requests==2.34.2 safetensors==0.8.0 sentencepiece==0.2.3 setproctitle==1.3.8 setuptools==80.10.2 six==1.17.0 starlette==1.10.0 tiktoken==0.14.0 tokenizers==0.23.3 torchcodec==0.17.0 tqdm==4.70.1 transformers==5.20.2 typing-extensions==4.16.0 watchfiles==1.3.0"  # noqa: E501
base = (
    modal.Image.from_registry("nvidia/cuda:13.0.3-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])
    .uv_pip_install(f"{ENGINE}=={VERSION}", *PACKAGES.split())
    .env({"HF_HUB_CACHE": "/weights", "HF_XET_HIGH_PERFORMANCE": "1", "VLLM_CACHE_ROOT": "/compiled"})
)
# The model: one commit, 65.5 GB. Copies of the same weights in other formats stay where they are.
MODEL, REVISION = "Qwen/Qwen3-32B", "9216db5781bf21249d130ec9da846c4624c16137"
REPOSITORIES = {MODEL: REVISION}
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


cpu_only = {"volumes": volumes, "cpu": 4, "memory": 8192, "timeout": 4200}
image = base.run_function(preflight, **cpu_only)
download = app.function(image=image, name="download", **cpu_only)(preflight)  # FILE::download refills a Volume


def local_folder(repository: str, commit: str) -> str:
    from huggingface_hub import errors, snapshot_download

    try:
        return snapshot_download(repository, revision=commit, local_files_only=True)
    except errors.LocalEntryNotFoundError:
        raise RuntimeError(f"{repository} is not in its Volume: modal run {Path(__file__).name}::download") from None


# The jobs: each a folder with its prompts and a file of results per shard, which is all that a resumed run needs.
jobs = modal.Volume.from_name("vllm-throughput-qwen3-32b-jobs", create_if_missing=True, version=2)
MAX_NUM_SEQS = 128  # prompts that one container works on at once
SHARD, LENGTH = 4 * MAX_NUM_SEQS, 8192  # prompts per call, lost if it is; tokens of each with its answer
MAX_TOKENS, GPUS, USD_PER_HOUR = 1024, 2, 7.9  # of an answer whose line does not say; of one container


@app.cls(
    image=image, volumes={**volumes, "/jobs": jobs}, gpu="H100:2", region=None,
    env={"HF_HUB_OFFLINE": "1", "JOBS": "/jobs"},  # offline: what preflight verified
    max_containers=4, scaledown_window=30,  # at most $31.60 per hour, unless --replicas asks for more
    startup_timeout=600,  # seconds: 65.5 GB to read, then compilation, which only the first start pays
    timeout=7200, retries=modal.Retries(max_retries=3, initial_delay=1.0),  # of one shard
)  # fmt: skip
class Engine:
    @modal.enter()
    def load(self) -> None:
        from vllm import LLM

        self.llm = LLM(
            model=local_folder(MODEL, REVISION), tensor_parallel_size=GPUS, dtype="auto",
            max_model_len=LENGTH, max_num_seqs=MAX_NUM_SEQS,  # the KV cache holds 298848 tokens in all
            max_num_batched_tokens=8192,  # of one step; with it the activations' memory is known
            gpu_memory_utilization=0.92,  # of 79.1 GiB, 30.5 are weights and about 36.5 KV cache, on each GPU
        )  # fmt: skip
        default, names = self.llm.get_default_sampling_params(), ("temperature", "top_p", "top_k", "min_p")
        self.defaults = {"max_tokens": MAX_TOKENS} | {name: getattr(default, name) for name in names}

    @modal.method()
    def answer(self, job: str, shard: int, offset: int, count: int) -> dict:
        """Answer `count` lines from byte `offset` on; each gets its result or, alone, its error. What it took."""
        folder, began = Path(os.environ["JOBS"], job), time.monotonic()
        jobs.reload()
        with (folder / "input.jsonl").open("rb") as lines:
            lines.seek(offset)
            rows = [(at, line) for at, line in enumerate(islice(lines, count), shard * SHARD + 1) if line.strip()]
        results, accepted, tokens = [], [], 0
        for at, row in rows:
            results.append(result := {"custom_id": f"line-{at}", "response": None, "error": None})
            try:
                line = json.loads(row)
                result["custom_id"], body = line.get("custom_id", result["custom_id"]), line.get("body", line)
                messages = body.get("messages") or [{"role": "user", "content": body["prompt"]}]
                passed = {name: body.get(name) for name in ("chat_template_kwargs", "tools")}
                self.llm.enqueue_chat([messages], self.sampling(body), use_tqdm=False, **passed)
                accepted.append(result)
            except Exception as fault:  # of this row: its JSON, its options, its length
                result["error"] = {"message": f"{type(fault).__name__}: {fault}"}
        try:
            outputs = self.llm.wait_for_completion(use_tqdm=False)
        except Exception:  # of the engine: the shard is tried again, in another container
            modal.experimental.stop_fetching_inputs()
            raise
        for result, output in zip(accepted, outputs, strict=True):
            lengths = len(output.prompt_token_ids), sum(len(answer.token_ids) for answer in output.outputs)
            usage = {"prompt_tokens": lengths[0], "completion_tokens": lengths[1], "total_tokens": sum(lengths)}
            choices = [
                {"index": n, "message": {"role": "assistant", "content": x.text}, "finish_reason": x.finish_reason}
                for n, x in enumerate(output.outputs)
            ]
            body = {"object": "chat.completion", "model": MODEL, "choices": choices, "usage": usage}
            result["response"], tokens = {"status_code": 200, "body": body}, tokens + sum(lengths)
        partial = folder / f"results/{shard:07}.{os.environ['MODAL_TASK_ID']}"
        partial.write_text("".join(json.dumps(result, ensure_ascii=False) + "\n" for result in results))
        partial.rename(folder / f"results/{shard:07}.jsonl")
        jobs.commit()
        took = time.monotonic() - began
        return {"prompts": count, "errors": len(rows) - len(accepted), "tokens": tokens, "seconds": took}

    def sampling(self, body: dict):
        from vllm.sampling_params import SamplingParams, StructuredOutputsParams

        known = inspect.signature(SamplingParams).parameters
        options = self.defaults | {name: value for name, value in body.items() if name in known and value is not None}
        options["max_tokens"] = body.get("max_completion_tokens") or options["max_tokens"]
        form, wanted = body.get("response_format") or {}, body.get("structured_outputs")
        if form.get("type") in ("json_schema", "json_object"):
            wanted = {"json": form["json_schema"]["schema"]} if "json_schema" in form else {"json_object": True}
        return SamplingParams(**{**options, "structured_outputs": wanted and StructuredOutputsParams(**wanted)})


DATASETS = "datasets==5.2.0 anyio==4.16.0 click==8.5.1 dill==0.4.1 filelock==4.2.11 fsspec==2026.9.0 h11==0.16.0 hf-xet==1.8.0 httpx2==2.16.2 huggingface-hub==2.4.0 idna==3.20 multiprocess==0.70.19 numpy==2.5.5 packaging==26.3 pandas==3.1.1 pyarrow==26.0.1 python-dateutil==4.0.0 pyyaml==6.0.3 tqdm==4.70.1 truststore==0.10.5 typing-extensions==4.16.0 tzdata==2026.6 xxhash==4.1.0"  # noqa: E501
on_cpu = {
    "image": modal.Image.debian_slim(python_version="3.12").uv_pip_install(*DATASETS.split()),
    "volumes": {"/jobs": jobs}, "env": {"JOBS": "/jobs"}, "cpu": 1, "memory": 2048, "timeout": 86400,
}  # fmt: skip


def job_id(prompts) -> str:
    """The same prompts under the same settings are the same job."""
    settings = hashlib.sha256(repr((MODEL, REVISION, SHARD, LENGTH, MAX_TOKENS)).encode())
    return hashlib.file_digest(prompts, lambda: settings).hexdigest()[:16]


def shards(source: Path, size: int):
    """(number, offset in bytes, lines) of each shard of a file."""
    with source.open("rb") as lines:
        number = offset = 0
        while chunk := list(islice(lines, size)):
            yield number, offset, len(chunk)
            number, offset = number + 1, offset + sum(map(len, chunk))


def fetch_dataset(dataset: str, folder: Path) -> Path:
    """One column of a dataset, named as OWNER/NAME@COMMIT:SPLIT:COLUMN, as a file of prompts."""
    from datasets import load_dataset

    if not (parts := re.fullmatch(r"([^/]+/[^/]+)@([0-9a-f]{40}):(.+):(.+)", dataset)):
        raise ValueError(f"{dataset} is not OWNER/NAME@COMMIT:SPLIT:COLUMN with a commit of 40 hex digits")
    name, commit, split, column = parts.groups()
    target = folder / f"{hashlib.sha256(dataset.encode()).hexdigest()[:16]}.jsonl"
    if not target.exists():
        with target.with_suffix(".partial").open("w") as lines:
            for row in load_dataset(name, revision=commit, split=split, streaming=True):
                lines.write(json.dumps({"prompt" if isinstance(row[column], str) else "messages": row[column]}) + "\n")
        target.with_suffix(".partial").rename(target)
    return target


@app.function(**on_cpu, retries=3, schedule=modal.Cron("0 2 * * *"))  # of what these defaults name
def run_job(source: str = "input.jsonl", replicas: int = 4) -> dict:
    """Have every shard of `source`, a dataset or a path in the Volume, answered that has no results yet; join them."""
    root, me = Path(os.environ["JOBS"]), modal.current_function_call_id()
    jobs.reload()
    path = root / source if source.endswith(".jsonl") else fetch_dataset(source, root)
    with path.open("rb") as prompts:
        folder = root / job_id(prompts)
    (folder / "results").mkdir(parents=True, exist_ok=True)
    if (call := folder / "call").exists() and call.read_text() != me:
        with contextlib.suppress(Exception):  # the last run of this job: waited for, and what it answered is kept
            modal.FunctionCall.from_id(call.read_text()).get()
        jobs.reload()
    call.write_text(me)
    shutil.copyfile(path, folder / "input.jsonl")
    jobs.commit()
    every = [(folder.name, *shard) for shard in shards(folder / "input.jsonl", SHARD)]
    todo = [shard for shard in every if not (folder / f"results/{shard[1]:07}.jsonl").exists()]
    waiting, began = sum(count for *_, count in todo), time.monotonic()
    print(f"job {folder.name}: {waiting} prompts in {len(todo)} of {len(every)} shards to answer", flush=True)
    took, failed = {"prompts": 0, "errors": 0, "tokens": 0, "seconds": 0.0}, 0
    engine = Engine.with_options(max_containers=replicas)()
    for done in engine.answer.starmap(todo, order_outputs=False, return_exceptions=True):
        if isinstance(done, BaseException):
            failed += 1
            print(f"a shard failed, also when tried again: {done!r}", flush=True)
            continue
        took = {name: value + done[name] for name, value in took.items()}
        count, rate = took["prompts"], max(took["prompts"], 1) / (time.monotonic() - began)
        print(f"{count} of {waiting} prompts, {rate:.1f} per second, {(waiting - count) / rate:.0f} s left", flush=True)
    jobs.reload()
    if not failed:
        with (folder / "partial").open("wb") as joined:
            joined.writelines((folder / f"results/{shard:07}.jsonl").read_bytes() for _, shard, *_ in every)
        (folder / "partial").rename(folder / "results.jsonl")
        jobs.commit()
    return {**took, "failed": failed, "results": f"{folder.name}/results.jsonl"}


@app.local_entrypoint()
def main(input: str = "", dataset: str = "", output: str = "results.jsonl", replicas: int = 4) -> None:
    """Answer `--input prompts.jsonl` or `--dataset OWNER/NAME@COMMIT:SPLIT:COLUMN`; without either, two prompts."""
    if (input and not Path(input).is_file()) or not Path(output).parent.is_dir():
        raise SystemExit(f"There is no file {input} here, or no folder for {output}.")
    if not dataset:
        test = io.BytesIO(b'{"prompt": "What is a GPU?"}\n{"prompt": "What is a TPU?"}\n')
        with Path(input).open("rb") if input else test as prompts, jobs.batch_upload(force=True) as batch:
            source = f"uploads/{job_id(prompts)}.jsonl"
            batch.put_file(input or test, f"/{source}")  # by name: blocks of one open file would mix up
    took = run_job.remote(dataset or source, replicas)
    if took["failed"]:
        raise SystemExit(f"{took['failed']} shards have no results: run this again, only they are computed.")
    if input or dataset:
        with Path(f"{output}.partial").open("wb") as results:
            results.writelines(jobs.read_file(took["results"]))
        Path(f"{output}.partial").replace(output)
        print(f"results: {output}; done now: {took['prompts']} prompts, {took['errors']} of them with an error")
    else:
        print(b"".join(jobs.read_file(took["results"])).decode())
    if speed := took["tokens"] / (took["seconds"] or 1):
        print(f"{speed / GPUS:.0f} tokens/s per GPU, ${USD_PER_HOUR / 3600 / speed * 1e6:.3f} per million tokens")


# --- what this file was made from: `modal-serve-gen new --spec` reads this block, not the code above ---
# generator = "golden"
#
# [asked]
# workflow = "vllm-throughput"
# model = "Qwen/Qwen3-32B"
# gpu = "H100:2"
# schedule = "0 2 * * *"
#
# [spec]
# workflow = "vllm-throughput"
# model = "Qwen/Qwen3-32B"
# gpu = "H100:2"
# min_containers = 0
# max_containers = 4
# scaledown_window = 30
# name = "vllm-throughput-qwen3-32b"
# served_model_name = "Qwen/Qwen3-32B"
# lora = []
# hf_secret = "huggingface-secret"
# api_key_secret = "llm-api-key"
# schedule = "0 2 * * *"
# engine_arg = []
#
# [model]
# id = "Qwen/Qwen3-32B"
# revision = "9216db5781bf21249d130ec9da846c4624c16137"
# gated = false
# weight_bytes = 65522892800
# multimodal = false
# tool_parser = "hermes"
# reasoning_parser = "qwen3"
#
# [plan]
# gpu = "H100"
# gpus = 2
# tensor_parallel_size = 2
# dtype = "auto"
# max_model_len = 8192
# max_num_seqs = 128
# max_num_batched_tokens = 8192
# gpu_memory_utilization = 0.92
# startup_timeout_s = 600
# usd_per_hour = 7.9
# price_date = "2026-10"
# gpu_gib = 79.1
# weights_gib = 30.5
# kv_gib = 36.5
# kv_tokens = 298848
# compute_capability = 9.0
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
#
# [also]
# datasets = [
#     "datasets==5.2.0",
#     "anyio==4.16.0",
#     "click==8.5.1",
#     "dill==0.4.1",
#     "filelock==4.2.11",
#     "fsspec==2026.9.0",
#     "h11==0.16.0",
#     "hf-xet==1.8.0",
#     "httpx2==2.16.2",
#     "huggingface-hub==2.4.0",
#     "idna==3.20",
#     "multiprocess==0.70.19",
#     "numpy==2.5.5",
#     "packaging==26.3",
#     "pandas==3.1.1",
#     "pyarrow==26.0.1",
#     "python-dateutil==4.0.0",
#     "pyyaml==6.0.3",
#     "tqdm==4.70.1",
#     "truststore==0.10.5",
#     "typing-extensions==4.16.0",
#     "tzdata==2026.6",
#     "xxhash==4.1.0",
# ]
# --- end ---
