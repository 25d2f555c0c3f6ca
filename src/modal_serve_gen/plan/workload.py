"""The planner's input, and which of its values no GPU can satisfy."""

from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models import Model
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan.boot_log import BootLog
from modal_serve_gen.plan.gpus import parse_gpu
from modal_serve_gen.plan.overheads import check_version
from modal_serve_gen.plan.splitting import Ranks
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
    fixed: bool = False  # an existing setup: other limits are the engine's defaults, and one request must fit
    server: bool = True  # the engine's defaults for a server, not for offline use
    sleep: bool = False  # the app puts its engine to sleep
    extra_weight_bytes: int = 0  # of adapters and drafts, on every GPU
    vocabulary_bytes: int = 0  # of a draft's embedding and head, divided by tensor parallelism
    draft_layers: float = 0  # layers with a KV cache for speculation, in layers of the model's own size
    draft_tokens: int = 0  # tokens that one speculative step verifies
    boot_log: BootLog | None = None  # a start on `gpu`, whose figures replace the estimate
    state_slots: int | None = None  # states of linear attention, where SGLang is told their number

    def ranks(self, gpu: str, count: int) -> Ranks:
        """The engine's processes on `count` of that GPU."""
        stages, replicas = self.pipeline_parallel_size, self.data_parallel_size
        return Ranks(
            engine=self.engine,
            version=self.engine_version,
            gpu=gpu,
            tp=count // (stages * replicas),
            pp=stages,
            dp=replicas,
            expert_parallel=self.enable_expert_parallel,
        )


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
        vocabulary_bytes=draft.vocabulary_bytes,
        draft_layers=draft.draft_layers,
        draft_tokens=draft.draft_tokens,
    )


def check(model: Model, workload: Workload) -> None:
    """Raises BadInput for values that no GPU can satisfy."""
    check_version(workload.engine, workload.engine_version)
    _check_parallelism(workload)
    _check_regions(workload.region)
    _check_targets(workload)
    _check_limits(model, workload)
    _check_cache(workload)
    _check_offload(workload)
    if workload.max_containers is not None and not 1 <= max(1, workload.min_containers) <= workload.max_containers:
        raise BadInput(
            f"--min-containers {workload.min_containers} exceeds --max-containers {workload.max_containers}.",
            "Raise --max-containers, or lower --min-containers.",
        )


def _check_parallelism(workload: Workload) -> None:
    stages, replicas = workload.pipeline_parallel_size, workload.data_parallel_size
    for option, size in (("--pipeline-parallel-size", stages), ("--data-parallel-size", replicas)):
        _require_range(option, size, 1, 64)
    if replicas > 1 and not workload.server:
        raise BadInput(
            f"--data-parallel-size {replicas} does not apply to a batch: vllm.LLM runs one replica in a process.",
            "Leave it out; more containers are more replicas.",
        )
    if workload.gpu is not None and (count := parse_gpu(workload.gpu)[1]) % (stages * replicas):
        raise BadInput(
            f"--gpu {quoted(workload.gpu)} has {count} GPUs, which cannot be divided into {stages} "
            f"pipeline stages of {replicas} data-parallel replicas.",
            f"Use a multiple of {stages * replicas} GPUs.",
        )


def _check_regions(regions: str | None) -> None:
    compute = facts.regions().compute
    for region in (part.strip() for part in regions.split(",")) if regions is not None else ():
        if region not in compute.regions:
            raise BadInput(
                f"--region {quoted(region)} is not a Modal region.{nearest(region, compute.regions)}",
                f"Use one such as {', '.join(compute.broad)}, or leave it out.",
            )


def _check_targets(workload: Workload) -> None:
    targets = {
        "--budget": workload.budget,
        "--time-per-output-token": workload.time_per_output_token,
        "--tokens-per-s": workload.tokens_per_s,
        "--ready-within": workload.ready_within,
    }
    for option, target in targets.items():
        if target is not None and not 0 < target < 1e9:
            raise BadInput(f"{option} {quoted(target)} is not a positive number.", "Raise it, or leave it out.")

    if workload.ready_within is not None and not workload.server:
        raise BadInput(
            f"--ready-within {workload.ready_within:g} has no effect: nobody waits for a batch to start.",
            "Leave it out, or choose another --workflow.",
        )


def _check_limits(model: Model, workload: Workload) -> None:
    rule, concurrency = facts.overheads().sizing, workload.concurrency
    if workload.max_model_len is not None:
        why = f" for {model.id}"
        _require_range("--max-model-len", workload.max_model_len, rule.least_context, model.max_context, why)
    if concurrency is not None:
        _require_range("--concurrency", concurrency, 1, rule.most_concurrency)
    if (batch := workload.max_num_batched_tokens) is not None:
        _require_range("--max-num-batched-tokens", batch, 1, 2**20)
        if batch < (concurrency or 1):
            raise BadInput(
                f"--max-num-batched-tokens {batch} is below --concurrency {concurrency}: each request takes a token.",
                f"Use at least {concurrency}, or leave it out.",
            )


def _check_cache(workload: Workload) -> None:
    utilization, dtype = workload.gpu_memory_utilization, workload.kv_cache_dtype
    if utilization is not None and not 0 < utilization < 1:
        raise BadInput(
            f"--gpu-memory-utilization {quoted(utilization)} is not a fraction between 0 and 1.",
            "Leave it out for the engine's default, or lower it if the GPU is shared.",
        )
    dtypes = [*facts.quantization().cache_bytes]
    if dtype is not None and dtype not in dtypes:
        raise BadInput(
            f"--kv-cache-dtype {quoted(dtype)} is unknown.{nearest(dtype, dtypes)}", f"Use one of {', '.join(dtypes)}."
        )


def _check_offload(workload: Workload) -> None:
    """The container's memory has a limit, of which the engine's own processes take a part."""
    if (gib := workload.kv_offload) is None:
        return
    most = int(facts.limits().memory_mib.range[1]) // 1024 - facts.host_memory().engine.gib
    _require_range("--kv-offload", gib, 1, most)
    if (workload.kv_cache_dtype or "").startswith("nvfp4") and workload.engine == "sglang":
        raise BadInput(
            "--kv-offload does not apply to a KV cache in nvfp4: SGLang keeps no scales for it in host memory.",
            "Use --kv-cache-dtype fp8, or leave --kv-offload out.",
        )


def _require_range(option: str, value: int, least: int, most: int, why: str = "") -> None:
    if not least <= value <= most:
        raise BadInput(
            f"{option} {quoted(value)} is out of range: {least:,} to {most:,}{why}.",
            f"Use a value of {option} in that range, or leave it out.",
        )
