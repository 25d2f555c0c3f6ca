"""What is asked of a model, and which values make no sense for it on any GPU."""

from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, shown
from modal_serve_gen.gpus import parse_gpu
from modal_serve_gen.model import Model


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What is asked of the model. None means: the plan chooses."""

    engine: str = "vllm"
    engine_version: str | None = None  # None: the pinned one
    gpu: str | None = None  # such as "H100:2"
    gpu_candidates: tuple[str, ...] = ()  # the workflow's GPUs, best liked first; empty: every Modal GPU
    max_gpus: int = 8
    max_model_len: int | None = None
    default_max_model_len: int = 32_768
    concurrency: int | None = None
    default_concurrency: int = 32
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str | None = None
    max_num_batched_tokens: int | None = None
    region: str | None = None
    min_containers: int = 0
    max_containers: int | None = None
    extra_weight_bytes: int = 0  # adapters and drafts, on every GPU
    draft_layers: float = 0  # that keep a KV cache for speculation, counted in layers of the model's own size
    draft_tokens: int = 0  # that one step of speculation verifies


def check(model: Model, asked: Workload) -> None:
    rule = facts.overheads()["sizing"]
    if asked.gpu is not None:
        parse_gpu(asked.gpu)
    if (length := asked.max_model_len) is not None:
        _within("--max-model-len", length, rule["least_context"], model.max_context, f"{model.id} was made for")
    if (many := asked.concurrency) is not None:
        _within("--concurrency", many, 1, rule["most_concurrency"], "one container is given")
    if (share := asked.gpu_memory_utilization) is not None and not 0 < share < 1:
        raise BadInput(
            f"--gpu-memory-utilization {shown(share)} is not a fraction between 0 and 1.",
            f"Leave it out for {facts.overheads()['utilization']['default']}, or give less when the GPU is shared.",
        )
    known = facts.quantization()["cache_bytes"]
    if asked.kv_cache_dtype is not None and asked.kv_cache_dtype not in known:
        raise BadInput(
            f"--kv-cache-dtype {shown(asked.kv_cache_dtype)} is unknown.{nearest(asked.kv_cache_dtype, [*known])}",
            f"Use one of {', '.join(known)}.",
        )
    if (batch := asked.max_num_batched_tokens) is not None:
        _within("--max-num-batched-tokens", batch, 1, 2**20, "any engine's default")
        if batch < (asked.concurrency or 1):
            raise BadInput(
                f"--max-num-batched-tokens {batch} is below --concurrency {asked.concurrency}: one token each.",
                f"Give at least {asked.concurrency}, or leave it out.",
            )
    if asked.max_containers is not None and not 1 <= max(1, asked.min_containers) <= asked.max_containers:
        raise BadInput(
            f"--min-containers {asked.min_containers} is above --max-containers {asked.max_containers}.",
            "Raise --max-containers, or lower --min-containers.",
        )


def _within(option: str, value: int, least: int, most: int, why: str) -> None:
    if not least <= value <= most:
        raise BadInput(
            f"{option} {shown(value)} is out of range: {least:,} to {most:,} is what {why}.",
            f"Give {option} a value in that range, or leave it out.",
        )
