"""Plans by what an engine logged at its start, in place of what is estimated for it (pure)."""

from dataclasses import replace

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, quoted
from modal_serve_gen.models import Model
from modal_serve_gen.plan.boot_log import BootLog
from modal_serve_gen.plan.gpus import gpu_facts, gpu_option, parse_gpu
from modal_serve_gen.plan.ledger import Line, Memory, Setup, memory
from modal_serve_gen.plan.overheads import GIB, parse_version
from modal_serve_gen.plan.records import Measured
from modal_serve_gen.plan.workload import Workload

# GiB by which the driver's total may differ between cards of one kind, and what is in use before SGLang first logs.
TOTAL_GIB, TAKEN_GIB = 0.7, 2.0
FAR = 0.15  # relative difference of a logged pool from the estimate from which a note asks whether the GPU is right
SMALL_GIB = 10.0  # a smaller pool is compared with this
ROUNDED = 0.01  # relative difference of tokens and requests that rounding explains
CACHE_DTYPES = {"fp8_e4m3": "fp8", "fp8_e5m2": "fp8"}


def measured_memory(log: BootLog, model: Model, setup: Setup, estimate: Memory) -> Memory:
    """`estimate` with the logged weights, and the logged pool for limits as in the log.

    For other limits the pool changes by as much as the estimate does.
    """
    logged = _logged(log, setup)
    there = memory(model, logged)
    pool = _effective_gib(log, there, logged) + estimate.mid - there.mid
    return replace(estimate, lines=_lines(log, pool, estimate, setup), low=pool, mid=pool, high=pool)


def _effective_gib(log: BootLog, there: Memory, logged: Setup) -> float:
    """The pool that holds the logged requests by this package's count of their bytes, which may differ a little from
    the engine's."""
    requests = log.tokens / logged.max_model_len
    if log.max_concurrency and abs(log.max_concurrency / requests - 1) > ROUNDED:
        requests = log.max_concurrency  # the tokens were those of one kind of layer
    size = (requests * there.pool.request + there.pool.reserved) / there.pool.share
    return (size + there.pool.block / 2) / GIB


def _lines(log: BootLog, pool: float, estimate: Memory, setup: Setup) -> tuple[Line, ...]:
    """Weights and the rest: what the engine's share leaves beside them and the pool."""
    weights = next(line for line in estimate.lines if line.item == "weights")
    if (gib := log.weights_gib) is not None:
        weights = Line("weights", gib, gib, gib, True, "startup log", gib)
    usable = gpu_facts(setup.gpu).usable_gib
    total = usable - (log.left_gib or 0.0) if setup.engine == "sglang" else usable * estimate.utilization
    rest = total - pool - weights.mid
    return weights, Line("everything_else", rest, rest, rest, True, "startup log: what is left of the share", rest)


def measured_record(model: Model, workload: Workload, setup: Setup) -> Measured | None:
    """What was logged, beside the estimate for the same limits; None without a log."""
    log = workload.boot_log
    if log is None:
        return None
    estimate = memory(model, _logged(log, setup))
    return Measured(
        **{name: getattr(log, name) for name in Measured.model_fields if hasattr(log, name)},
        engine_version=log.version,
        pool_gib_estimated=round(estimate.mid, 2),
        weights_gib_estimated=round(next(line.mid for line in estimate.lines if line.item == "weights"), 2),
    )


def far_off(model: Model, workload: Workload, setup: Setup) -> Measured | None:
    """The figures of a log whose pool is far from the estimate; None for others."""
    record = measured_record(model, workload, setup)
    if record is None or abs(record.pool_gib - record.pool_gib_estimated) <= FAR * max(record.pool_gib, SMALL_GIB):
        return None
    return record


def _logged(log: BootLog, setup: Setup) -> Setup:
    """`setup` with the limits of the log."""
    return replace(
        setup,
        max_model_len=log.max_model_len or setup.max_model_len,
        max_num_seqs=log.max_num_seqs or setup.max_num_seqs,
        batched_tokens=log.max_num_batched_tokens or setup.batched_tokens,
        utilization=log.utilization or setup.utilization,
    )


def check(log: BootLog, model_id: str, engine: str, name: str) -> None:
    """Raises BadInput for the log of another engine or model. A path outside the Hub's cache names no model."""
    if log.engine != engine:
        raise BadInput(
            f"{quoted(name)} is a log of {log.engine}, and this workflow runs {engine}.",
            "Pass a log of that engine, or choose a workflow with the other one.",
        )
    stated = log.model or ""
    if "/" in stated.strip("/") and not stated.startswith(("/", ".")) and stated.lower() != model_id.lower():
        raise BadInput(
            f"{quoted(name)} is a log of {quoted(stated)}, not of {model_id}.",
            "Pass a log of this model, or plan the other one.",
        )


def gpu_of(log: BootLog, option: str | None, name: str) -> str:
    """The value of --gpu for the GPUs of the log: `option` if it agrees. Raises BadInput."""
    fitting = [gpu for gpu in facts.gpus() if _same_memory(log, gpu)]
    if option is not None:
        gpu, count = parse_gpu(option)
        if _memory_of(log) and facts.gpu_aliases().get(gpu, gpu) not in fitting:
            raise BadInput(
                f"{quoted(name)} is a log of a GPU with {_memory_of(log):g} GiB, not of {gpu}.",
                f"Leave out --gpu, or use {' or '.join(fitting)}." if fitting else "Pass a log of this GPU.",
            )
        if (taken := (log.weights_gib or 0.0) + log.pool_gib) > gpu_facts(gpu).usable_gib:
            raise BadInput(
                f"The weights and the KV cache of {quoted(name)} take {taken:.1f} GiB, more than {gpu} has.",
                "Use the --gpu that the start had.",
            )
        if count != log.gpus:
            gpus = "one GPU" if log.gpus == 1 else f"{log.gpus} GPUs"
            raise BadInput(
                f"{quoted(name)} is a log of {gpus}, not of {count}.",
                f"Use --gpu {gpu_option(gpu, log.gpus)}.",
            )
        return gpu_option(gpu, count)
    if len(fitting) != 1:
        which = " or ".join(gpu_option(gpu, log.gpus) for gpu in fitting) or "NAME:COUNT"
        raise BadInput(
            f"{quoted(name)} does not say which GPU the engine ran on.", f"Add --gpu {which}, as the start had it."
        )
    return gpu_option(fitting[0], log.gpus)


def _memory_of(log: BootLog) -> float | None:
    return log.total_gib or log.free_gib


def _same_memory(log: BootLog, gpu: str) -> bool:
    usable = gpu_facts(gpu).usable_gib
    if log.total_gib is not None:
        return abs(usable - log.total_gib) <= TOTAL_GIB
    return log.free_gib is not None and 0 <= usable - log.free_gib <= TAKEN_GIB


def workload_for(log: BootLog, workload: Workload, gpu: str, name: str, *, app: bool) -> Workload:
    """`workload` on the GPUs of the log, with the log's limits where the user gave none. Raises BadInput.

    The limits of an `app` may have been lowered by an estimate, so the workflow's count again.
    """
    dtype = CACHE_DTYPES.get(log.kv_cache_dtype or "", log.kv_cache_dtype)
    if workload.kv_cache_dtype and (dtype or "auto") != CACHE_DTYPES.get(
        workload.kv_cache_dtype, workload.kv_cache_dtype
    ):
        raise BadInput(
            f"{quoted(name)} is a log with a KV cache in {dtype or 'auto'}, not in {workload.kv_cache_dtype}.",
            "Leave out the data type, or pass a log of a start with it.",
        )
    known = facts.quantization().cache_bytes
    return replace(
        workload,
        gpu=gpu,
        gpu_candidates=(),
        fixed=False,
        engine_version=log.version if log.version and _is_release(log.version) else workload.engine_version,
        kv_cache_dtype=workload.kv_cache_dtype or (dtype if dtype in known else None),
        gpu_memory_utilization=workload.gpu_memory_utilization or log.utilization,
        max_num_batched_tokens=workload.max_num_batched_tokens or log.max_num_batched_tokens,
        pipeline_parallel_size=log.pp,
        data_parallel_size=log.dp,
        default_max_model_len=(not app and log.max_model_len) or workload.default_max_model_len,
        default_concurrency=(not app and log.max_num_seqs) or workload.default_concurrency,
        boot_log=log,
    )


def _is_release(version: str) -> bool:
    try:
        return parse_version(version) >= parse_version(facts.overheads().defaults.first_version)
    except BadInput:
        return False
