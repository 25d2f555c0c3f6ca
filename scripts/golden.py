"""Render the golden apps anew: `make golden`. A test compares them with what the generator renders today.

Each case is what a user could ask for; the folder shows it as a diff when a pin, a price or a template moves.
"""

import sys
from pathlib import Path

from modal_serve_gen.commands import new_app

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "golden"
GENERATOR = "golden"  # a release must not change every golden file
CASES = {
    "vllm_online_default": {},
    "vllm_online_small": {"model": "Qwen/Qwen3-0.6B", "gpu": "L4"},
    "vllm_online_two_gpus": {"model": "Qwen/Qwen3-32B", "gpu": "H100:2", "min_containers": 1},
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
    "sglang_low_latency_two_gpus": {"workflow": "sglang-low-latency", "model": "Qwen/Qwen3-32B", "gpu": "H100:2"},
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


def render(case: str) -> str:
    """The text of one case, as `new --offline` writes it."""
    return new_app.make(CASES[case], source=None, generator=GENERATOR, offline=True, say=print).text


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in set(FOLDER.glob("*.py")) - {FOLDER / f"{case}.py" for case in CASES}:
        old.unlink()
    for case in CASES:
        (FOLDER / f"{case}.py").write_text(render(case), "utf-8")
        print(f"tests/golden/{case}.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
