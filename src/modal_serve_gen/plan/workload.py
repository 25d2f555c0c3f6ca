"""What is asked of a model, and which values make no sense for it on any GPU."""

from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models import Model
from modal_serve_gen.plan.gpus import parse_gpu
from modal_serve_gen.plan.overheads import check_version


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
    scaledown_window: int = 300  # seconds that an idle container is kept, and paid for
    goal: str | None = None  # latency or throughput: what alternatives are ranked by instead of the price
    budget: float | None = None  # USD per hour of one container
    time_per_output_token: float | None = None  # milliseconds that all requests at once may take for each
    tokens_per_s: float | None = None  # output tokens that one container has to give
    fixed: bool = False  # a set-up as it is: limits that are not given are the engine's own, and one request must fit
    server: bool = True  # the engine's defaults for a server, not for offline use
    pp: int = 1  # pipeline stages
    dp: int = 1  # data-parallel replicas of attention
    expert_parallel: bool = False
    sleep: bool = False  # the app puts its engine to sleep
    extra_weight_bytes: int = 0  # adapters and drafts, on every GPU
    draft_layers: float = 0  # that keep a KV cache for speculation, counted in layers of the model's own size
    draft_tokens: int = 0  # that one step of speculation verifies


def check(model: Model, asked: Workload) -> None:
    rule = facts.overheads().sizing
    check_version(asked.engine, asked.engine_version)
    if asked.gpu is not None:
        count = parse_gpu(asked.gpu)[1]
        if count % (asked.pp * asked.dp):
            raise BadInput(
                f"--gpu {quoted(asked.gpu)} has {count} GPUs, which {asked.pp} pipeline stages of {asked.dp} "
                "data-parallel replicas do not divide.",
                f"Give a multiple of {asked.pp * asked.dp}.",
            )
    if asked.region is not None:
        known = facts.regions().compute.regions
        for part in (each.strip() for each in asked.region.split(",")):
            if part not in known:
                raise BadInput(
                    f"--region {quoted(part)} is none that Modal has.{nearest(part, known)}",
                    f"Use one such as {', '.join(facts.regions().compute.broad)}, or leave it out.",
                )
    for option, size in (("--pipeline-parallel-size", asked.pp), ("--data-parallel-size", asked.dp)):
        _within(option, size, 1, 64, "one container can have")
    for option, target in (
        ("--budget", asked.budget), ("--time-per-output-token", asked.time_per_output_token),
        ("--tokens-per-s", asked.tokens_per_s),
    ):  # fmt: skip
        if target is not None and not 0 < target < 1e9:
            raise BadInput(f"{option} {quoted(target)} is not a positive number.", "Give more, or leave it out.")
    if (length := asked.max_model_len) is not None:
        _within("--max-model-len", length, rule.least_context, model.max_context, f"{model.id} was made for")
    if (many := asked.concurrency) is not None:
        _within("--concurrency", many, 1, rule.most_concurrency, "one container is given")
    if (share := asked.gpu_memory_utilization) is not None and not 0 < share < 1:
        raise BadInput(
            f"--gpu-memory-utilization {quoted(share)} is not a fraction between 0 and 1.",
            "Leave it out for the engine's own share, or give less when the GPU is shared.",
        )
    known = facts.quantization().cache_bytes
    if asked.kv_cache_dtype is not None and asked.kv_cache_dtype not in known:
        raise BadInput(
            f"--kv-cache-dtype {quoted(asked.kv_cache_dtype)} is unknown.{nearest(asked.kv_cache_dtype, [*known])}",
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
            f"{option} {quoted(value)} is out of range: {least:,} to {most:,} is what {why}.",
            f"Give {option} a value in that range, or leave it out.",
        )
