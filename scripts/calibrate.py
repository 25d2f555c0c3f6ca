"""Score the planner on setups whose memory an engine logged: `python -m scripts.calibrate [--all]`.

The figures of facts/overheads.toml are fitted to the setups that are not held out, and judged by those that are.
Errors are relative to the pool, or to 10 GiB where the pool is smaller. A verdict is wrong where a setup that started
does not fit, or one that failed fits.
"""

import argparse
import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from modal_serve_gen.facts.loading import record
from modal_serve_gen.models import Model, hub
from modal_serve_gen.plan import Workload, plan
from modal_serve_gen.plan.candidates import default_limits
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.ledger import Memory, Setup, memory
from modal_serve_gen.plan.overheads import GIB

LOGS = Path(__file__).parent.parent / "tests" / "data" / "memory_logs.json"
SMALLEST_GIB = 10.0
# Reported GiB of GPUs that Modal does not offer.
TOTAL_GIB = {"A40": 44.4, "RTX 4090": 23.52, "RTX 4090 24GB": 23.52, "RTX 3090": 23.56, "RTX 5090 32GB": 31.36}


@dataclass(frozen=True)
class LoggedSetup:
    """One setup, and what the engine logged about it. None: the engine's default, or not logged."""

    id: str
    model: str
    engine_version: str
    gpu: str
    tensor_parallel_size: int
    source: str
    held_out: bool
    engine: str = "vllm"
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    expert_parallel: bool = False
    gpu_memory_utilization: float | None = None
    max_model_len: int | None = None
    max_num_batched_tokens: int | None = None
    max_num_seqs: int | None = None
    kv_cache_dtype: str | None = None
    prefix_caching: bool | None = None
    draft_weights_gib: float = 0.0
    draft_layers: int = 0
    draft_tokens: int = 0
    state_slots: int | None = None  # SGLang's --max-mamba-cache-size
    state_bytes: int | None = None  # per element, by its --mamba-ssm-dtype
    server: bool = False
    eager: bool = False
    started: bool = False
    status: str = ""
    card: str = ""  # the actual GPU, where Modal does not offer it
    total_gib: float = 0.0
    kv_gib: float | None = None
    kv_blocks: int | None = None
    weights_gib: float | None = None
    free_before_gib: float | None = None  # SGLang: before the weights are loaded
    free_after_gib: float | None = None
    kv_tokens: int | None = None
    max_concurrency: float | None = None
    between_releases: bool = False  # a build of the main branch: its rules may be those of neither release
    like: str = ""
    note: str = ""

    @property
    def gpus(self) -> int:
        return self.tensor_parallel_size * self.pipeline_parallel_size * self.data_parallel_size


@dataclass(frozen=True)
class Score:
    """The logged pool in GiB next to the predicted one."""

    id: str
    engine: str
    held_out: bool
    logged: float
    low: float
    mid: float
    high: float
    weights_error: float | None  # relative
    between_releases: bool = False

    @property
    def error(self) -> float:
        return (self.mid - self.logged) / max(SMALLEST_GIB, self.logged)

    @property
    def inside(self) -> bool:
        return self.low <= self.logged <= self.high


@cache
def setups() -> tuple[LoggedSetup, ...]:
    """Every logged setup."""
    points = json.loads(LOGS.read_text("utf-8"))["points"]
    return tuple(record(LoggedSetup, point, point["id"]) for point in points)


def _model(logged: LoggedSetup) -> Model:
    """The planned model, with states of the logged type."""
    model = hub.bundled(logged.model)
    if logged.state_bytes is None:
        return model
    layers = tuple(replace(layer, recurrent_bytes=logged.state_bytes) for layer in model.layers)
    return model.model_copy(update={"layers": layers})


def predicted(logged: LoggedSetup) -> tuple[Memory, float]:
    """The planner's memory for that setup, and the GiB by which the logged GPU is larger than the planned one."""
    tokens, sequences = default_limits(logged.engine, logged.engine_version, logged.gpu, server=logged.server)
    model = _model(logged)
    batch = logged.max_num_batched_tokens or tokens
    setup = Setup(
        engine=logged.engine,
        gpu=logged.gpu,
        gpus=logged.gpus,
        max_model_len=logged.max_model_len or model.max_context,
        max_num_seqs=logged.max_num_seqs or min(sequences, batch),
        batched_tokens=batch,
        cache_bytes=1 if (logged.kv_cache_dtype or "").startswith("fp8") else 2,
        utilization=logged.gpu_memory_utilization,
        extra_weight_bytes=round(logged.draft_weights_gib * GIB),
        draft_layers=logged.draft_layers,
        draft_tokens=logged.draft_tokens,
        version=logged.engine_version,
        pp=logged.pipeline_parallel_size,
        dp=logged.data_parallel_size,
        expert_parallel=logged.expert_parallel,
        eager=logged.eager,
        fixed=True,
        state_slots=logged.state_slots,
    )
    planned = memory(model, setup, 0.0)
    total = logged.total_gib or TOTAL_GIB.get(logged.card, 0)
    return planned, planned.utilization * (total - gpu_facts(logged.gpu).usable_gib) if total else 0.0


def score(logged: LoggedSetup) -> Score | None:
    """None where the log has neither the pool nor its number of blocks."""
    planned, larger = predicted(logged)
    pool = logged.kv_gib
    if logged.kv_blocks is not None:
        pool = logged.kv_blocks * planned.pool.block / GIB
    if pool is None:
        return None
    weights = next(line.mid for line in planned.lines if line.item == "weights")
    return Score(
        id=logged.id,
        engine=logged.engine,
        held_out=logged.held_out,
        logged=pool,
        low=planned.low + larger,
        mid=planned.mid + larger,
        high=planned.high + larger,
        weights_error=weights / logged.weights_gib - 1 if logged.weights_gib else None,
        between_releases=logged.between_releases,
    )


@cache
def scores(*, between_releases: bool = False) -> tuple[Score, ...]:
    """Every setup of a release with a logged pool, or every one of a build between releases."""
    rows = (row for logged in setups() if (row := score(logged)))
    return tuple(row for row in rows if row.between_releases == between_releases)


def wrong_verdict(logged: LoggedSetup) -> str | None:
    """The plan's verdict where the engine's was another; None where both agree, or Modal does not offer the GPU."""
    if logged.card:
        return None
    workload = Workload(
        engine=logged.engine,
        gpu=f"{logged.gpu}:{logged.gpus}",
        gpu_memory_utilization=logged.gpu_memory_utilization,
        max_model_len=logged.max_model_len,
        concurrency=logged.max_num_seqs,
        max_num_batched_tokens=logged.max_num_batched_tokens,
        kv_cache_dtype="fp8" if (logged.kv_cache_dtype or "").startswith("fp8") else None,
        engine_version=logged.engine_version,
        server=logged.server,
        pipeline_parallel_size=logged.pipeline_parallel_size,
        data_parallel_size=logged.data_parallel_size,
        enable_expert_parallel=logged.expert_parallel,
        extra_weight_bytes=round(logged.draft_weights_gib * GIB),
        draft_layers=logged.draft_layers,
        draft_tokens=logged.draft_tokens,
        state_slots=logged.state_slots,
        fixed=True,
    )
    planned = plan(_model(logged), workload, others=False)
    return planned.verdict if planned.fits != logged.started else None


def summary(scores: Iterable[Score]) -> str:
    """Median and worst errors, and the number of logged values inside the predicted range."""
    rows = [*scores]
    pools = [abs(score.error) for score in rows]
    sizes = [abs(score.weights_error) for score in rows if score.weights_error is not None]
    inside = sum(score.inside for score in rows)
    weights = f"weights {statistics.median(sizes):.2%} median, {max(sizes):.1%} worst; " if sizes else ""
    return (
        f"{len(rows)} setups: pool {statistics.median(pools):.1%} median, {max(pools):.1%} worst; "
        f"{weights}{inside} of {len(rows)} inside"
    )


def verdicts(setups: Iterable[LoggedSetup]) -> str:
    """How many of the setups that started are refused, and how many of those that failed are accepted."""
    rows = [(logged.started, wrong_verdict(logged)) for logged in setups if not logged.card]
    started = [wrong for began, wrong in rows if began]
    failed = [wrong for began, wrong in rows if not began]
    cautious = sum(wrong == "may not fit" for wrong in started)
    refused = sum(wrong is not None for wrong in started) - cautious
    return (
        f"of {len(started)} that started {refused} refused, {cautious} 'may not fit'; "
        f"of {len(failed)} that failed {sum(wrong is not None for wrong in failed)} accepted"
    )


def _print_rows() -> None:
    for row in (*scores(), *scores(between_releases=True)):
        size = "" if row.weights_error is None else f"  weights {row.weights_error:+.1%}"
        print(
            f"{'held out ' if row.held_out else '         '}{row.id:<66} logged {row.logged:7.2f}  "
            f"{row.low:7.2f} {row.mid:7.2f} {row.high:7.2f}  {row.error:+7.1%} "
            f"{'' if row.inside else 'OUTSIDE'}{size}"
        )
    for logged in setups():
        if wrong := wrong_verdict(logged):
            print(f"{logged.id} {'started' if logged.started else 'failed'}, planned: {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="print a line for each setup as well")
    if parser.parse_args().all:
        _print_rows()
    for engine in ("vllm", "sglang"):
        for held_out, name in ((False, "calibration"), (True, "held out")):
            some = [logged for logged in setups() if (logged.engine, logged.held_out) == (engine, held_out)]
            known = [row for row in scores() if (row.engine, row.held_out) == (engine, held_out)]
            print(f"{engine:<7}{name + ':':<13}{summary(known)}; {verdicts(some)}")
    print(f"not counted, builds between releases: {summary(scores(between_releases=True))}")


if __name__ == "__main__":
    main()
