"""The planner's input, and which of its values no GPU can satisfy."""

from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models import Model
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan.gpus import parse_gpu
from modal_serve_gen.plan.overheads import check_version
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.workflows import Workflow


@dataclass(frozen=True, kw_only=True)
class Workload(Request):
    """A request with the defaults of its workflow and the size of its adapters and draft model."""

    engine: str = "vllm"
    gpu_candidates: tuple[str, ...] = ()  # the workflow's GPUs; empty: every GPU on Modal
    max_gpus: int = 8
    default_max_model_len: int = 32_768
    default_concurrency: int = 32
    fixed: bool = False  # an existing set-up: other limits are the engine's defaults, and one request must fit
    server: bool = True  # the engine's defaults for a server, not for offline use
    sleep: bool = False  # the app puts its engine to sleep
    extra_weight_bytes: int = 0  # of adapters and drafts, on every GPU
    draft_layers: float = 0  # layers with a KV cache for speculation, in layers of the model's own size
    draft_tokens: int = 0  # tokens that one speculative step verifies


def workload_for(request: Request, workflow: Workflow, draft: Speculation, adapter_bytes: int = 0) -> Workload:
    """The planner's input for `request`, served by `workflow`."""
    return Workload(
        **vars(request),
        engine=workflow.engine,
        gpu_candidates=workflow.gpus,
        max_gpus=workflow.max_gpus,
        default_max_model_len=workflow.max_model_len,
        default_concurrency=workflow.concurrency,
        fixed=request.is_fixed,
        server=bool(workflow.endpoints),
        sleep=workflow.sleep and not request.is_fixed,
        extra_weight_bytes=adapter_bytes + draft.extra_weight_bytes,
        draft_layers=draft.draft_layers,
        draft_tokens=draft.draft_tokens,
    )


def check(model: Model, asked: Workload) -> None:
    rule = facts.overheads().sizing
    check_version(asked.engine, asked.engine_version)
    if asked.gpu is not None:
        count, replicas = parse_gpu(asked.gpu)[1], asked.data_parallel_size
        if count % (asked.pipeline_parallel_size * replicas):
            raise BadInput(
                f"--gpu {quoted(asked.gpu)} has {count} GPUs, which {asked.pipeline_parallel_size} pipeline stages of "
                f"{replicas} data-parallel replicas do not divide.",
                f"Give a multiple of {asked.pipeline_parallel_size * replicas}.",
            )
    if asked.region is not None:
        known = facts.regions().compute.regions
        for part in (each.strip() for each in asked.region.split(",")):
            if part not in known:
                raise BadInput(
                    f"--region {quoted(part)} is none that Modal has.{nearest(part, known)}",
                    f"Use one such as {', '.join(facts.regions().compute.broad)}, or leave it out.",
                )
    for option, size in (
        ("--pipeline-parallel-size", asked.pipeline_parallel_size),
        ("--data-parallel-size", asked.data_parallel_size),
    ):
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
