"""The formula for the KV cache compared with the real engine, for miniatures of every kind of attention."""

import json
import os
import re
import subprocess

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models import from_config
from modal_serve_gen.models.blocks import request_blocks
from modal_serve_gen.models.text_config import text_fields
from modal_serve_gen.rehearsal.engines import engine_env
from modal_serve_gen.rehearsal.engines.shrinking import LAYER_COUNTS, shrink
from tests.conftest import LIMIT_S
from tests.rehearsal.engines import needs_vllm

POOL = 200_000_000  # bytes
# With 1,025 tokens in flight, a window or chunk of 1,024 fills blocks of 128 exactly, or exceeds them by one token, so
# that a formula that is off by one token is off by one block. 5,000 is not a multiple of a block.
LENGTH, IN_FLIGHT = 5000, 1025
LOGGED = re.compile(r"KV cache size: ([\d,]+) tokens, Maximum concurrency for ([\d,]+) tokens per request: ([\d.]+)x")
# Fields about the order of layers, which are taken from the model unchanged.
ORDER = ("full_attention_interval", "sliding_window_pattern", "_sliding_window_pattern", "no_rope_layer_interval")
FULL, WINDOW = "full_attention", "sliding_attention"

QWEN, DEEPSEEK, GEMMA, NEMOTRON = (
    "Qwen/Qwen3-4B", "deepseek-ai/DeepSeek-R1-0528", "google/gemma-4-31B-it",
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
)  # fmt: skip
FOUR = {"num_attention_heads": 4, "num_key_value_heads": 2}
# For a multimodal model of which only the language model is tested.
TEXT_ONLY = {"architectures": ["Gemma4ForCausalLM"], "model_type": "gemma4_text"}
UNCACHED, ONE_BYTE, SHORT = {"enable_prefix_caching": False}, {"kv_cache_dtype": "fp8"}, {"max_model_len": 1000}

# Group -> name, model, layers, changes of its configuration, options of the engine.
KINDS = {
    "full": [
        ("grouped heads", QWEN, 5, {"num_attention_heads": 8, "num_key_value_heads": 4}),
        ("a key for each head", QWEN, 3, {"num_attention_heads": 3, "num_key_value_heads": 3}),
        ("one key for all heads", QWEN, 3, {"num_attention_heads": 4, "num_key_value_heads": 1}),
        ("grouped heads, one byte", QWEN, 5, FOUR, ONE_BYTE),
    ],
    "latent": [
        ("DeepSeek R1", DEEPSEEK, 4, {}),
        ("GLM 4.7 Flash", "zai-org/GLM-4.7-Flash", 3, {}),
        ("DeepSeek R1, one byte", DEEPSEEK, 4, {}, ONE_BYTE),
    ],
    "windows": [
        ("windows only", "mistralai/Mistral-7B-Instruct-v0.3", 3, {**FOUR, "sliding_window": 500}),
        ("Gemma 3", "google/gemma-3-27b-it", 16, FOUR),
        ("Gemma 3, one byte", "google/gemma-3-27b-it", 16, FOUR, ONE_BYTE),
        ("gpt-oss", "openai/gpt-oss-20b", 6, FOUR),
        ("gpt-oss, one window more", "openai/gpt-oss-20b", 7, FOUR),
        ("Llama 4", "meta-llama/Llama-4-Scout-17B-16E-Instruct", 8, {**FOUR, "attention_chunk_size": 1024}),
    ],
    "two sizes of heads": [
        ("as in Gemma 4 31B", GEMMA, 11, {"layer_types": [*[WINDOW] * 5, FULL, *[WINDOW] * 4, FULL]}),
        ("not a multiple", GEMMA, 6, {
            "num_attention_heads": 6, "num_key_value_heads": 3, "num_global_key_value_heads": 1,
        }),
        ("keys that are values", "google/gemma-4-12B-it", 12, TEXT_ONLY),
        ("shared keys and values", "google/gemma-4-E4B-it", 24, {**TEXT_ONLY, "num_kv_shared_layers": 8}),
    ],
    "states": [
        # Its configuration lacks the dtype of the states, so the engine uses the default of the CPU.
        ("Qwen3-Next", "Qwen/Qwen3-Next-80B-A3B-Instruct", 8, FOUR, {"mamba_ssm_cache_dtype": "float32"}),
        ("Qwen3.5", "Qwen/Qwen3.5-9B", 10, FOUR),
        ("Qwen3.5, two bytes", "Qwen/Qwen3.5-9B", 8, {**FOUR, "mamba_ssm_dtype": "bfloat16"}, {
            "mamba_ssm_cache_dtype": "bfloat16",
        }),
        ("Qwen3.5, no prefixes cached", "Qwen/Qwen3.5-9B", 8, FOUR, UNCACHED),
        ("Mamba-2", NEMOTRON, 11, {**FOUR, "hybrid_override_pattern": "MM-M*-MM*-M"}),
        ("Mamba-2, no prefixes cached", NEMOTRON, 11, {**FOUR, "hybrid_override_pattern": "MM-M*-MM*-M"}, UNCACHED),
        ("short convolutions, experts", "LiquidAI/LFM2.5-8B-A1B", 10, FOUR),
        ("short convolutions", "LiquidAI/LFM2.5-1.2B-Instruct", 10, {**FOUR, "conv_dim": 128, "block_dim": 128}),
    ],
    "packed": [
        ("DeepSeek V4, uneven", "deepseek-ai/DeepSeek-V4-Flash", 5, {}, SHORT),
        ("DeepSeek V4, two groups", "deepseek-ai/DeepSeek-V4-Flash", 12, {}, SHORT),
    ],
}  # fmt: skip
REFUSED = [
    ("an index", "deepseek-ai/DeepSeek-V3.2", 3, {}),
    ("Mamba-2, experts", NEMOTRON, 4, {**FOUR, "hybrid_override_pattern": "MEM*"}),
]
REASONS = {
    "an index": "Sparse Attention is not supported on CPU.",
    "Mamba-2, experts": "is_act_and_mul=False is supported only for CUDA, XPU and ROCm for now",
}
# On some processors (seen without AMX) the CPU engine registers no kernel for packed weights.
MISSING_KERNEL = "convert_weight_packed"
PACKED_WEIGHTS = {"DeepSeek V4, two groups", "DeepSeek V4, uneven"}

# Run by the engine's Python: one process per miniature, since a process can have one engine only.
START = """
import gc, json, os, sys, traceback
from pathlib import Path
from vllm import EngineArgs
from vllm.model_executor.models import registry
from vllm.v1.engine.core import EngineCore
from vllm.v1.executor import Executor
from vllm.v1.worker import cpu_worker

registry._run_in_subprocess = lambda inspect: inspect()  # without another Python process
gc.freeze()  # so that children do not collect imported modules
for folder in map(Path, sys.argv[1:]):
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1), os.dup2(log, 2)
    result = {}
    try:
        options = json.loads((folder / "engine.json").read_text())
        config = EngineArgs(model=str(folder), **options).create_engine_config()
        result["block"] = config.cache_config.block_size
        core = EngineCore(config, Executor.get_class(config), log_stats=False)
        result |= {
            "blocks": core.scheduler.kv_cache_config.num_blocks,
            "in_flight": config.max_in_flight_tokens,
            "prefix_caching": config.cache_config.enable_prefix_caching,
        }
    except Exception as fault:
        traceback.print_exc()
        result["refused"] = str(fault)
    (folder / "result.json").write_text(json.dumps(result))
    sys.stdout.flush(), sys.stderr.flush(), os._exit(0)
"""
OPTIONS = {
    "load_format": "dummy", "skip_tokenizer_init": True, "language_model_only": True, "enforce_eager": True,
    "dtype": "bfloat16", "max_model_len": LENGTH, "max_num_batched_tokens": IN_FLIGHT, "max_num_seqs": 8,
    "kv_cache_memory_bytes": POOL,
}  # fmt: skip


def small(model_id: str, layers: int, changes: dict) -> dict:
    """The model's configuration with its first layers only, shrunk, and with `changes` of its language model."""
    original = facts.config(model_id).config
    shrunk = shrink(original, 8192, {"<|endoftext|>": 1, "<|im_end|>": 2})[0]
    before, text = text_fields(original), text_fields(shrunk)
    for key, value in before.items():
        if key in LAYER_COUNTS:
            text[key] = layers
        elif isinstance(value, list) and len(value) >= before["num_hidden_layers"]:
            text[key] = value[:layers]
        elif key in ORDER:
            text[key] = value
    text |= changes
    return {"dtype": "bfloat16", **text} if "architectures" in changes else shrunk


def start(kinds: list[tuple], tmp_path) -> dict[str, dict]:
    """For each kind, the figures that the engine logs (`logged`), or why it does not start (`refused`)."""
    folders = {}
    for name, model_id, layers, changes, *more in kinds:
        folder = folders[name] = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(small(model_id, layers, changes)))
        (folder / "engine.json").write_text(json.dumps(OPTIONS | (more[0] if more else {})))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    subprocess.run(
        [engine_env.folder() / "bin" / "python", "-I", "-c", START, *folders.values()],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=True,
    )  # fmt: skip
    return {name: read(folder) for name, folder in folders.items()}


def read(folder) -> dict:
    result = json.loads((folder / "result.json").read_text())
    if "refused" not in result:
        result["logged"] = LOGGED.search((folder / "log").read_text()).groups()
    return result


def expected(kind: tuple, result: dict) -> dict:
    """The result with the figures of the formula; a CPU engine differs in its defaults only."""
    _, model_id, layers, changes, *more = kind
    options = OPTIONS | (more[0] if more else {})
    length = options["max_model_len"]
    request = request_blocks(
        from_config("me/small", "0" * 40, small(model_id, layers, changes), weight_bytes=1), length,
        cache_bytes=1 if "kv_cache_dtype" in options else 2, block=result["block"], in_flight=result["in_flight"],
        prefix_caching=result["prefix_caching"], flashinfer=False,
    )  # fmt: skip
    blocks = POOL // request.size
    concurrency = blocks / request.count
    logged = (f"{int(concurrency * length):,}", f"{length:,}", f"{concurrency:.2f}")
    return {**result, "blocks": blocks, "logged": logged}


@pytest.mark.slow
@needs_vllm
def test_the_engine_logs_the_cache_size_that_the_formula_gives(tmp_path):
    """Blocks, tokens and concurrency are the same to the last digit for every kind that the CPU engine serves.

    One process starts all of them, since the engine's imports take longest.
    """
    kinds = [kind for family in KINDS.values() for kind in family]
    results = start([*kinds, *REFUSED], tmp_path)
    refused = {name: row["refused"] for name, row in results.items() if "refused" in row}
    missing = {name for name, reason in refused.items() if MISSING_KERNEL in reason}
    assert {name: reason for name, reason in refused.items() if name not in missing} == REASONS
    assert missing <= PACKED_WEIGHTS
    for kind in kinds:
        if kind[0] in missing:
            continue
        assert results[kind[0]] == expected(kind, results[kind[0]]), kind[0]
