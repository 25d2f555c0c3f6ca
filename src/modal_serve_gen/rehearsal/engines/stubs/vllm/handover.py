"""Translate vLLM's command line for the CPU build."""

import math
import os
from pathlib import Path
from typing import Any, NoReturn

from engine_stub import flags, handover, lora, models
from engine_stub.command import last, listening_host
from engine_stub.notes import note
from vllm.lengths import model_of, size

LAUNCH = Path(__file__).with_name("launch.py")
GIB = 2**30
MOST_BATCHED = 2048  # tokens of the warm-up's single step: 8 times as many take seconds longer on a small machine
# Flags without meaning on one CPU with a miniature: reason -> pattern of their names.
REASONS = handover.patterns({
    "a CPU has no memory to put to sleep (the developer routes still answer)": r"enable-sleep-mode|sleep-mode-"
    r"|sleep-preserve|enable-cumem",
    "the miniature is not quantized": r"quantization|allow-deprecated-quantization",
    "the engine runs on one CPU, not on several GPUs": r"(tensor|pipeline|data|(prefill|decode)-context)-parallel-"
    r"|dcp-|cp-kv-cache-interleave|enable-(expert-parallel|eplb|ep-weight|elastic-ep|dbo)|eplb-config"
    r"|expert-placement|all2all|disable-(custom-all-reduce|nccl)|distributed-executor|nnodes|node-rank|master-"
    r"|device-ids|numa-bind|ubatch-size|dbo-|api-server-count|mm-encoder-tp|fully-sharded-loras",
    "the CPU has its own kernels": r"(attention|moe|linear|mamba|kda-\w+|gdn-prefill|mm-encoder-attn)-backend"
    r"|attention-config|kernel-config|mamba-ssu|sparse-indexer|mm-encoder-attn-dtype|enable-flashinfer"
    r"|disable-cascade|ir-op-priority|block-size|mamba-block-size|jit-monitor",
    "nothing is compiled or captured on the CPU": r"compilation-config|optimization-level|cudagraph-|max-cudagraph"
    r"|enforce-eager",
    "main memory is measured differently": r"kv-cache-memory-bytes|num-gpu-blocks|cpu-offload|kv-offloading|offload-"
    r"|gpu-memory-utilization",
    "nothing leaves this machine": r"otlp-|collect-detailed|(kv|ec|weight)-transfer-config|kv-events",
})  # fmt: skip
SILENT = {"--enforce-eager", "--gpu-memory-utilization"}
SPECULATION = ("--speculative-config", "--spec-method", "--spec-model", "--spec-tokens")
FORMATS = {"--load-format": ("auto", "hf", "safetensors", "dummy"), "--tokenizer-mode": ("auto", "hf", "slow"),
           "--config-format": ("auto", "hf"), "--kv-cache-dtype": ("auto",)}  # fmt: skip


def serve(options: flags.Parsed, table: flags.Table, cpu_table: flags.Table, python: Path) -> NoReturn:
    """Replace this process with the engine."""
    model = model_of(options, table)
    config = handover.config_of(model, options)
    words = [
        *arguments(options, config, cpu_table, adapters_of(model, options)),
        "--host",
        listening_host(last(options, "--host") or ""),
    ]
    handover.become(python, LAUNCH, "serve", *words, variables=environment(options, config))


def bench(options: flags.Parsed, cpu_table: flags.Table, python: Path) -> NoReturn:
    """Replace this process with the engine's own benchmark, which needs no model in memory."""
    words = handover.keep(
        options,
        lambda option: _lacking(option, cpu_table),
        lambda option: _spelled(option, cpu_table),
        silent=(),
        replaced=(),
    )
    handover.become(python, LAUNCH, "bench", "serve", *words, variables=environment(options, {}))


def environment(options: flags.Parsed, config: dict[str, Any]) -> dict[str, str]:
    """The variables of the engine's process."""
    # A normal start logs a hundred lines at the default level, which would hide the app's own.
    values = {} if "VLLM_LOGGING_LEVEL" in os.environ else {"VLLM_LOGGING_LEVEL": "WARNING"}
    return handover.environment(
        without=("VLLM_USE_V1",),
        plugins=bool(options.values("--middleware")),
        VLLM_NO_USAGE_STATS="1",
        VLLM_HOST_IP="127.0.0.1",
        VLLM_ENABLE_V1_MULTIPROCESSING="0",  # by default one more process starts, only to set the number of threads
        VLLM_CPU_KVCACHE_SPACE=str(kv_gib(config, options)),
        **values,
    )


def adapters_of(model: str, options: flags.Parsed) -> lora.Miniatures:
    """Miniatures for the LoRA adapters of `model`."""
    return lora.Miniatures(model, last(options, "--revision"), last(options, "--download-dir"))


def arguments(
    options: flags.Parsed, config: dict[str, Any], cpu_table: flags.Table, adapters: lora.Miniatures
) -> list[str]:
    """Arguments of `vllm serve` on the CPU, except for the host; every difference is noted. Raises StartError."""
    method = next((values[-1] for flag in SPECULATION[:2] if (values := options.values(flag))), "")

    def reason(option: flags.ParsedOption) -> str:
        speculates = option.flag in SPECULATION or option.flag == "--per-request-spec-decode-metrics"
        if speculates and "ngram" not in method:
            return "the miniature has no draft to speculate with"
        return _reason(option, cpu_table)

    def spell(option: flags.ParsedOption) -> list[str]:
        if option.flag != "--lora-modules":
            return _spelled(option, cpu_table)
        return [option.flag, *(adapters.value(value) for value in option.values if value is not None)]

    words = handover.keep(options, reason, spell, silent=SILENT,
                          replaced=("--dtype", "--max-num-batched-tokens", "--host", "--seed"))  # fmt: skip
    text_config = models.text_config(config)
    # Linear attention exists in bfloat16 only; other bfloat16 kernels on CPUs have died of AMX.
    linear = "linear_num_value_heads" in text_config or "linear_attention" in (text_config.get("layer_types") or ())
    words += ["--enforce-eager", "--distributed-executor-backend", "uni"]
    words += ["--dtype", handover.dtype(options, config, "bfloat16" if linear else "float32")]
    words += ["--seed", last(options, "--seed") or "0"]
    words += ["--max-num-batched-tokens", str(_batched(options, config))]
    if _multimodal(config) and not options_have(options, "--language-model-only"):
        note("added", "--language-model-only: the miniature handles text only, no images or audio")
        words.append("--language-model-only")
    return words


def options_have(options: flags.Parsed, flag: str) -> bool:
    return any(option.flag == flag for option in options.options)


def _reason(option: flags.ParsedOption, cpu_table: flags.Table) -> str:
    """Why an option is left out; '' if it stays."""
    if reason := next((reason for pattern, reason in REASONS if pattern.match(option.flag)), ""):
        return reason
    allowed = FORMATS.get(option.flag)
    if allowed and option.values and option.values[-1] not in allowed:
        return "the miniature has the Hub's plain format and no quantized cache"
    return _lacking(option, cpu_table)


def _lacking(option: flags.ParsedOption, cpu_table: flags.Table) -> str:
    words = _spelled(option, cpu_table) if cpu_table.find(option.flag) else []
    return handover.lacking(option, words, cpu_table)


def _spelled(parsed: flags.ParsedOption, cpu_table: flags.Table) -> list[str]:
    """An option as the CPU build spells it: its canonical name, or its negation in this version."""
    option = cpu_table.find(parsed.flag)
    if parsed.option.bare and not parsed.keys:
        off = parsed.name in parsed.option.negations
        return [option.negations[0] if off and option.negations else parsed.flag]
    return handover.spelled(".".join((parsed.flag, *parsed.keys)), parsed.values)


def _batched(options: flags.Parsed, config: dict[str, Any]) -> int:
    """--max-num-batched-tokens: small enough for a quick warm-up, and at least the engine's minimum."""
    value, text_config = size(last(options, "--max-num-batched-tokens")), models.text_config(config)
    least = size(last(options, "--max-num-seqs"))
    if "kv_lora_rank" in text_config:  # the CPU's kernels for it take a prompt in one piece
        length = size(last(options, "--max-model-len")) or text_config.get("max_position_embeddings", 0)
        least = max(least, length)
    batched = max(min(value or MOST_BATCHED, MOST_BATCHED), least)
    if value and value != batched:
        why = (
            "so that the warm-up takes seconds"
            if batched < value
            else "since the kernels there take a prompt in one piece"
        )
        note("changed", f"--max-num-batched-tokens {value} is {batched} on the CPU, {why}")
    return batched


def kv_gib(config: dict[str, Any], options: flags.Parsed) -> int:
    """Whole GiB for the KV cache: 1.25 requests of full length, at most half of the free memory."""
    text_config = models.text_config(config)
    attention_heads = text_config.get("num_attention_heads") or 1
    head_dim = max(text_config.get("head_dim") or 0, text_config.get("global_head_dim") or 0)
    head_dim = head_dim or (text_config.get("hidden_size") or 64) // attention_heads
    numbers = 2 * (text_config.get("num_key_value_heads") or attention_heads) * head_dim
    if "kv_lora_rank" in text_config:
        numbers = text_config["kv_lora_rank"] + text_config.get("qk_rope_head_dim", 0)
    length = size(last(options, "--max-model-len")) or text_config.get("max_position_embeddings") or 4096
    layers = text_config.get("num_hidden_layers") or 2
    required = max(1, math.ceil(1.25 * layers * numbers * handover.BYTES * length / GIB))
    most = max(1, int(handover.kv_limit() / GIB))
    if required > most:
        note(
            "changed",
            f"the KV cache has {most} GiB of this machine's memory; a full-length request needs {required}",
        )
    return min(required, most)


def _multimodal(config: dict[str, Any]) -> bool:
    """True if the model has a vision or audio part, even if its configuration does not describe it."""
    conditional = any(name.endswith("ForConditionalGeneration") for name in config.get("architectures") or ())
    return conditional or "vision_config" in config or "audio_config" in config
