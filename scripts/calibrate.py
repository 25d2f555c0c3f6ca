"""Score the planner on set-ups whose memory an engine logged: `python -m scripts.calibrate [--all]`.

Half of the work on facts/overheads.toml: its figures are set by the points that are not held out, and judged by those
that are. Errors are of the pool, or of 10 GiB where the pool is smaller.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.models import Model, from_config, hub
from modal_serve_gen.plan import overheads
from modal_serve_gen.plan.gpus import gpu_facts
from modal_serve_gen.plan.ledger import Memory, Setup, memory

LOGS = Path(__file__).parent.parent / "tests" / "data" / "memory_logs.json"
SMALLEST_GIB = 10.0


def points() -> list[dict[str, Any]]:
    """Every logged set-up."""
    return json.loads(LOGS.read_text("utf-8"))["points"]


def model_of(point: dict[str, Any]) -> Model:
    """The bundled model, quantised as the point says."""
    held = facts.config(point["model"]).config
    if "quantization_config" not in point:
        return hub.bundled(point["model"])
    config = {**held, "quantization_config": point["quantization_config"]}
    return from_config(point["model"], "0" * 40, config, source="a log")


def predicted(point: dict[str, Any]) -> tuple[Memory, float]:
    """The memory of that set-up by the planner, and by how many GiB the logged card is larger than the one it is
    planned as."""
    version, gpu = point["engine_version"], point["gpu"]
    tokens, sequences = overheads.defaults("vllm", version, gpu, server=point.get("server", False))
    model = model_of(point)
    batch = point.get("max_num_batched_tokens") or tokens
    setup = Setup(
        engine="vllm",
        gpu=gpu,
        gpus=point["tensor_parallel_size"],
        max_model_len=point.get("max_model_len") or model.max_context,
        max_num_seqs=point.get("max_num_seqs") or min(sequences, batch),
        batched_tokens=batch,
        cache_bytes=1 if "kv_cache_dtype" in point else 2,
        utilization=point.get("gpu_memory_utilization"),
        version=version,
        eager=point.get("eager", False),
    )
    found = memory(model, setup, 0.0)
    total = point.get("total_gib") or (TOTALS.get(point["card"], 0) if "card" in point else 0)
    return found, found.utilization * (total - gpu_facts(gpu).usable_gib) if total else 0.0


# Reported GiB of cards that Modal does not have.
TOTALS = {"A40": 44.4, "RTX 4090": 23.52, "RTX 4090 24GB": 23.52, "RTX 3090": 23.56, "RTX 5090 32GB": 31.36}


def score(point: dict[str, Any]) -> dict[str, Any]:
    """What was logged beside what is predicted; `error` relative, `inside` the interval."""
    found, more = predicted(point)
    weights = next(line.mid for line in found.lines if line.item == "weights")
    logged = point["kv_gib"]
    return {
        "id": point["id"],
        "held_out": point["held_out"],
        "logged": logged,
        "low": found.low + more,
        "mid": found.mid + more,
        "high": found.high + more,
        "error": (found.mid + more - logged) / max(SMALLEST_GIB, logged),
        "inside": found.low + more <= logged <= found.high + more,
        "weights_error": weights / point["weights_gib"] - 1 if "weights_gib" in point else None,
    }


def summary(scores: list[dict[str, Any]]) -> str:
    """Median and worst errors, and how often the logged value lies in the interval."""
    pools = [abs(one["error"]) for one in scores]
    sizes = [abs(one["weights_error"]) for one in scores if one["weights_error"] is not None]
    inside = sum(one["inside"] for one in scores)
    return (
        f"{len(scores)} set-ups: pool {statistics.median(pools):.1%} median, {max(pools):.1%} worst; "
        f"weights {statistics.median(sizes):.2%} median, {max(sizes):.1%} worst; {inside} of {len(scores)} inside"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="one line for each set-up, too")
    wanted = parser.parse_args()
    scores = [score(point) for point in points()]
    for one in scores if wanted.all else ():
        size = "" if one["weights_error"] is None else f"  weights {one['weights_error']:+.1%}"
        print(
            f"{'held out ' if one['held_out'] else '         '}{one['id']:<66} logged {one['logged']:7.2f}  "
            f"{one['low']:7.2f} {one['mid']:7.2f} {one['high']:7.2f}  {one['error']:+7.1%} "
            f"{'' if one['inside'] else 'OUTSIDE'}{size}"
        )
    print("calibration:", summary([one for one in scores if not one["held_out"]]))
    print("held out:   ", summary([one for one in scores if one["held_out"]]))


if __name__ == "__main__":
    main()
