"""Render the golden apps again: `make golden`. A test compares them with what the generator renders today.

The default app of each workflow is stored complete, each other case as its difference from that default: this is what
a reviewer sees of an option, and of a change to a pin or a template. `app` returns the complete text of any case.
"""

import difflib
import sys
from functools import cache
from pathlib import Path
from typing import Any

from modal_serve_gen.commands import new_app

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden"
GENERATOR = "golden"  # instead of the version, so that a release changes no golden app
CASES: dict[str, dict[str, Any]] = {
    "vllm_online_default": {},
    "vllm_online_small": {"model": "Qwen/Qwen3-0.6B", "gpu": "L4"},
    "vllm_online_two_gpus": {"model": "Qwen/Qwen3-32B", "gpu": "H100:2", "min_containers": 1, "kv_offload": 160},
    "vllm_online_gated": {"model": "meta-llama/Llama-3.1-8B-Instruct", "region": "us"},
    "vllm_online_open": {"model": "Qwen/Qwen3-8B", "auth": "none", "engine_arg": ["--seed=7"]},
    "vllm_online_api_key": {"model": "openai/gpt-oss-20b", "auth": "api-key", "otlp_endpoint": "http://otel:4317"},
    "vllm_online_server": {"endpoint": "server", "region": "eu"},
    "vllm_cold_start_default": {"workflow": "vllm-cold-start"},
    "vllm_cold_start_small": {"workflow": "vllm-cold-start", "model": "Qwen/Qwen3-0.6B", "gpu": "T4", "region": "us"},
    "vllm_cold_start_api_key": {"workflow": "vllm-cold-start", "model": "Qwen/Qwen3-8B", "auth": "api-key"},
    "vllm_cold_start_open": {"workflow": "vllm-cold-start", "model": "Qwen/Qwen3.5-9B", "auth": "none"},
    "sglang_low_latency_default": {"workflow": "sglang-low-latency"},
    "sglang_low_latency_small": {"workflow": "sglang-low-latency", "model": "Qwen/Qwen3-0.6B", "gpu": "L4"},
    "sglang_low_latency_two_gpus": {
        "workflow": "sglang-low-latency",
        "model": "Qwen/Qwen3-32B",
        "gpu": "H100:2",
        "kv_offload": 160,
        "kv_cache_dtype": "fp8",
    },
    "sglang_low_latency_api_key": {"workflow": "sglang-low-latency", "auth": "api-key", "region": "us-west"},
    "sglang_low_latency_open": {
        "workflow": "sglang-low-latency",
        "model": "Qwen/Qwen3-8B",
        "auth": "none",
        "otlp_endpoint": "http://otel:4317",
    },
    "sglang_low_latency_http_server": {"workflow": "sglang-low-latency", "endpoint": "http-server"},
    "vllm_throughput_default": {"workflow": "vllm-throughput"},
    "vllm_throughput_small": {"workflow": "vllm-throughput", "model": "Qwen/Qwen3-0.6B", "engine_arg": ["--seed=7"]},
    "vllm_throughput_two_gpus": {
        "workflow": "vllm-throughput",
        "model": "Qwen/Qwen3-32B",
        "gpu": "H100:2",
        "schedule": "0 2 * * *",
    },
}


def default_of(case: str) -> str:
    """Return the default case of the same workflow."""
    return next(name for name in CASES if name.endswith("_default") and case.startswith(name.removesuffix("default")))


@cache
def app(case: str) -> str:
    """Return the complete text of one case, as `new --offline` writes it."""
    return new_app.make(CASES[case], source=None, generator=GENERATOR, offline=True, say=print).text


def path(case: str) -> Path:
    """Return the file that stores a case: NAME.py for a default, otherwise NAME.diff."""
    return FOLDER / f"{case}.{'py' if case == default_of(case) else 'diff'}"


def stored(case: str) -> str:
    """Return what the file of a case should contain."""
    default = default_of(case)
    if case == default:
        return app(case)
    before, after = (app(name).splitlines(keepends=True) for name in (default, case))
    return "".join(difflib.unified_diff(before, after, f"{default}.py", f"{case}.py", n=1))


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in {*FOLDER.glob("*.py"), *FOLDER.glob("*.diff")} - {path(case) for case in CASES}:
        stale.unlink()
    for case in CASES:
        path(case).write_text(stored(case), "utf-8")
        print(path(case).relative_to(FOLDER.parent.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
