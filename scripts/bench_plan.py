"""Measure the planner: `python -m scripts.bench_plan`. Exit 1 if it is too slow.

Plans of fixed setups per second, and the time of a plan over all GPUs and counts.
"""

import statistics
import time

from modal_serve_gen import facts
from modal_serve_gen.models import hub
from modal_serve_gen.plan import Workload, plan

LEAST_PLANS_PER_S, MOST_MS = 1000, 50


def main() -> int:
    models = [hub.bundled(name) for name in sorted(facts.models())]
    fixed = Workload(gpu="H200:8", max_model_len=4096, fixed=True)
    start = time.perf_counter()
    for model in models * 10:
        plan(model, fixed, others=False)
    rate = 10 * len(models) / (time.perf_counter() - start)
    print(f"fixed setups: {rate:,.0f} plans per second (at least {LEAST_PLANS_PER_S:,})")
    times = []
    for model in models:
        copies = hub.copies(model.id, "vllm")
        start = time.perf_counter()
        plan(model, Workload(max_model_len=4096, concurrency=8), copies=copies)
        times.append(1000 * (time.perf_counter() - start))
    print(
        f"all GPUs and counts, with alternatives and copies: {statistics.median(times):.1f} ms median, "
        f"{max(times):.1f} ms worst (at most {MOST_MS} ms; {len(models)} models)"
    )
    return 0 if rate >= LEAST_PLANS_PER_S and max(times) <= MOST_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
