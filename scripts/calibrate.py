"""Score the planner on setups whose memory an engine logged: `python -m scripts.calibrate [--all]`.

The figures of facts/overheads.toml are fitted to the setups that are not held out, and judged by those that are.
Errors are relative to the pool, or to 10 GiB where the pool is smaller.
"""

import argparse
import json
import statistics
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modal_serve_gen.facts.loading import record
from modal_serve_gen.models import hub
from modal_serve_gen.plan import overheads
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.ledger import Memory, Setup, memory

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
    kv_gib: float
    source: str
    held_out: bool
    gpu_memory_utilization: float | None = None
    max_model_len: int | None = None
    max_num_batched_tokens: int | None = None
    max_num_seqs: int | None = None
    kv_cache_dtype: str | None = None
    server: bool = False
    eager: bool = False
    started: bool = False
    status: str = ""
    card: str = ""  # the actual GPU, where Modal does not offer it
    total_gib: float = 0.0
    weights_gib: float | None = None
    kv_tokens: int | None = None
    max_concurrency: float | None = None
    like: str = ""
    note: str = ""


@dataclass(frozen=True)
class Score:
    """The logged pool in GiB next to the predicted one."""

    id: str
    held_out: bool
    logged: float
    low: float
    mid: float
    high: float
    weights_error: float | None  # relative

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


def predicted(logged: LoggedSetup) -> tuple[Memory, float]:
    """The planner's memory for that setup, and the GiB by which the logged GPU is larger than the planned one."""
    tokens, sequences = overheads.defaults("vllm", logged.engine_version, logged.gpu, server=logged.server)
    model = hub.bundled(logged.model)
    batch = logged.max_num_batched_tokens or tokens
    setup = Setup(
        engine="vllm",
        gpu=logged.gpu,
        gpus=logged.tensor_parallel_size,
        max_model_len=logged.max_model_len or model.max_context,
        max_num_seqs=logged.max_num_seqs or min(sequences, batch),
        batched_tokens=batch,
        cache_bytes=1 if logged.kv_cache_dtype else 2,
        utilization=logged.gpu_memory_utilization,
        version=logged.engine_version,
        eager=logged.eager,
    )
    planned = memory(model, setup, 0.0)
    total = logged.total_gib or TOTAL_GIB.get(logged.card, 0)
    return planned, planned.utilization * (total - gpu_facts(logged.gpu).usable_gib) if total else 0.0


def score(logged: LoggedSetup) -> Score:
    planned, larger = predicted(logged)
    weights = next(line.mid for line in planned.lines if line.item == "weights")
    return Score(
        id=logged.id,
        held_out=logged.held_out,
        logged=logged.kv_gib,
        low=planned.low + larger,
        mid=planned.mid + larger,
        high=planned.high + larger,
        weights_error=weights / logged.weights_gib - 1 if logged.weights_gib else None,
    )


def summary(scores: list[Score]) -> str:
    """Median and worst errors, and the number of logged values inside the predicted range."""
    pools = [abs(score.error) for score in scores]
    sizes = [abs(score.weights_error) for score in scores if score.weights_error is not None]
    inside = sum(score.inside for score in scores)
    return (
        f"{len(scores)} setups: pool {statistics.median(pools):.1%} median, {max(pools):.1%} worst; "
        f"weights {statistics.median(sizes):.2%} median, {max(sizes):.1%} worst; {inside} of {len(scores)} inside"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="print a line for each setup as well")
    arguments = parser.parse_args()
    scores = [score(logged) for logged in setups()]
    for row in scores if arguments.all else ():
        size = "" if row.weights_error is None else f"  weights {row.weights_error:+.1%}"
        print(
            f"{'held out ' if row.held_out else '         '}{row.id:<66} logged {row.logged:7.2f}  "
            f"{row.low:7.2f} {row.mid:7.2f} {row.high:7.2f}  {row.error:+7.1%} "
            f"{'' if row.inside else 'OUTSIDE'}{size}"
        )
    print("calibration:", summary([row for row in scores if not row.held_out]))
    print("held out:   ", summary([row for row in scores if row.held_out]))


if __name__ == "__main__":
    main()
