"""Translate SGLang's command line for the CPU."""

from pathlib import Path
from typing import Any, NoReturn

from engine_stub import flags, handover, lora, models
from engine_stub.command import last, listening_host
from engine_stub.notes import note

LAUNCH = Path(__file__).with_name("launch.py")
LONGEST = 1_048_576  # tokens, if neither the command line nor the model sets a length
# Flags without meaning on one CPU with a miniature: reason -> pattern of their names.
REASONS = handover.patterns({
    "the miniature has no draft, and drafts have kernels for GPUs only": r"speculative-|spec-|decoupled-spec-",
    "the engine runs on one CPU, not on several GPUs": r"(tp|pp|dp|ep|dcp|dwdp|attn-\w+|moe-dp|moe-dense-tp)-|max-ep-"
    r"|nnodes|node-rank|dist-|nccl-|elastic-|eplb-|deepep|base-gpu|gpu-id|numa-node|load-balance|init-expert"
    r"|expert-|enable-(dp|eplb|elastic|symm|torch-symm|mscclpp|nccl|two-batch|single-batch|p2p)|moe-a2a"
    r"|disable-custom-all-reduce|disaggregation-|encoder-|shared-experts-tp|use-ray|cp-strategy|enable-prefill-cp",
    "nothing is captured or compiled on the CPU": r".*cuda-?graph|.*torch-compile",
    "the CPU has its own kernels": r"(?!grammar|tokenizer).*-backend\b|.*-backend-\w+|.*flashinfer|triton-|dsa-"
    r"|mamba-|linear-|page-size|enable-(fused|lean|linear|mixed|precise|deepseek|tf32|nvidia|amd|aiter)|fuseep|c128|kt-"
    r"|disable-(chunked-prefix|shared-experts|overlap)",
    "the miniature is plain and not quantized": r"quantization|quantize|modelopt|kv-cache-dtype|load-format|rl-quant"
    r"|prefill-kv-cache|weight-cache|model-loader-extra|mm-|limit-mm",
    "main memory is measured differently": r"mem-fraction|max-total-tokens|cpu-offload|offload-|hicache|hisparse"
    r"|enable-(hierarchical|hisparse|unified|page-major|lmcache|flexkv)|swa-full|max-mamba|lmcache|flexkv|ple-",
    "a CPU's memory is not released": r"enable-(memory-saver|weights-cpu-backup|draft-weights)",
    "two lines of 2,000 characters per request would hide the app's own output": r"log-requests",
    "nothing leaves this machine": r"enable-trace|otlp-|trace-|kv-events|load-publish|sidecar|remote-instance",
})  # fmt: skip
SILENT = {"--mem-fraction-static", "--cuda-graph-max-bs-decode", "--device"}
LORA = ("--enable-lora", "--lora-paths", "--max-lora-rank", "--lora-target-modules")
COMPACT_JSON = "--constrained-json-disable-any-whitespace"


def serve(options: flags.Parsed, cpu_table: flags.Table, python: Path) -> NoReturn:
    """Replace this process with the engine."""
    model = last(options, "--model-path") or (options.positionals or [""])[0]
    adapters = lora.Miniatures(model, last(options, "--revision"), last(options, "--download-dir"))
    words = arguments(options, handover.config_of(model, options), adapters, cpu_table)
    handover.become(python, LAUNCH, "serve", *words, variables=handover.environment())


def bench(argv: list[str], python: Path) -> NoReturn:
    """Replace this process with the engine's own benchmark, which needs no model in memory."""
    handover.become(python, LAUNCH, "bench", *argv, variables=handover.environment())


def arguments(
    options: flags.Parsed, config: dict[str, Any], adapters: lora.Miniatures, cpu_table: flags.Table
) -> list[str]:
    """Arguments of `sglang serve` on the CPU; every difference is noted. Raises models.StartError."""

    def reason(option: flags.ParsedOption) -> str:
        if option.flag in SILENT:
            return "set for the CPU"
        why = next((reason for pattern, reason in REASONS if pattern.match(option.flag)), "")
        return why or handover.lacking(option, [] if option.flag == "--lora-paths" else spell(option), cpu_table)

    def spell(option: flags.ParsedOption) -> list[str]:
        if option.flag == "--lora-paths":
            return [option.flag, *(adapters.value(value) for value in option.values)]
        bare = option.option is not None and option.option.bare
        return [option.name] if bare else handover.spelled(option.flag, option.values)

    words = handover.keep(options, reason, spell, silent=SILENT,
                          replaced=("--dtype", "--host"))  # fmt: skip
    # float32, as bfloat16 kernels on CPUs have died of AMX.
    words += ["--device", "cpu", "--attention-backend", "torch_native"]
    words += ["--dtype", handover.dtype(options, config, "float32")]
    words += ["--max-total-tokens", str(tokens(options, config))]
    if COMPACT_JSON not in words:
        note("added", f"{COMPACT_JSON}: with random weights, JSON would end in endless whitespace")
        words.append(COMPACT_JSON)
    if any(option.flag in LORA for option in options.options):
        words += ["--lora-backend", "torch_native"]
    if not options.values("--log-level"):
        # A normal start logs a hundred lines; the log of requests has its own level.
        words += ["--log-level", "warning"]
    return [*words, "--host", listening_host(last(options, "--host") or "127.0.0.1")]


def tokens(options: flags.Parsed, config: dict[str, Any]) -> int:
    """Tokens of the KV cache: 1.25 requests of full length and 1,024, at most half of the free memory."""
    text_config = models.text_config(config)
    layers, heads = text_config.get("num_hidden_layers") or 2, text_config.get("num_key_value_heads") or 2
    attention_heads = text_config.get("num_attention_heads") or 1
    head_dim = text_config.get("head_dim") or (text_config.get("hidden_size") or 64) // attention_heads
    length = last(options, "--context-length") or text_config.get("max_position_embeddings") or LONGEST
    required = int(1.25 * int(length)) + 1024
    most = int(handover.kv_limit() / (layers * heads * head_dim * 2 * handover.BYTES))
    if required > most:
        note("changed", f"the KV cache holds {most} tokens in this machine's memory, less than {length} and a reserve")
    return min(required, most)
