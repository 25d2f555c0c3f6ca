"""Hand a checked command line over to the real SGLang on the CPU; what a CPU cannot do is left out, with a note."""

import os
import re
from pathlib import Path

from sglang import flags, models
from sglang.notes import note

LAUNCH = Path(__file__).with_name("launch.py")
KV_SHARE = 0.5  # of the free memory, at most
LONGEST = 1_048_576  # tokens, where neither the command line nor the model says
# Flags that mean nothing to one CPU and a miniature: the reason that is given, and what their names look like.
LEFT_OUT = {
    "the miniature has no draft, and drafts have kernels for GPUs only": r"speculative-|spec-|decoupled-spec-",
    "the engine runs on one CPU, not on several GPUs": r"(tp|pp|dp|ep|dcp|dwdp|attn-\w+|moe-dp|moe-dense-tp)-|max-ep-"
    r"|nnodes|node-rank|dist-|nccl-|elastic-|eplb-|deepep|base-gpu|gpu-id|numa-node|load-balance|init-expert"
    r"|expert-|enable-(dp|eplb|elastic|symm|torch-symm|mscclpp|nccl|two-batch|single-batch|p2p)|moe-a2a"
    r"|disable-custom-all-reduce|disaggregation-|encoder-|shared-experts-tp|use-ray|cp-strategy|enable-prefill-cp",
    "nothing is captured or compiled on the CPU": r".*cuda-?graph|.*torch-compile",
    "the kernel is the CPU's own": r"(?!grammar|tokenizer).*-backend\b|.*-backend-\w+|.*flashinfer|triton-|dsa-|mamba-"
    r"|linear-|page-size|enable-(fused|lean|linear|mixed|precise|deepseek|tf32|nvidia|amd|aiter)|fuseep|c128|kt-"
    r"|disable-(chunked-prefix|shared-experts|overlap)",
    "the miniature is plain and not quantised": r"quantization|quantize|modelopt|kv-cache-dtype|load-format|rl-quant"
    r"|prefill-kv-cache|weight-cache|model-loader-extra|mm-|limit-mm",
    "main memory is measured otherwise": r"mem-fraction|max-total-tokens|cpu-offload|offload-|hicache|hisparse"
    r"|enable-(hierarchical|hisparse|unified|page-major|lmcache|flexkv)|swa-full|max-mamba|lmcache|flexkv|ple-",
    "a CPU's memory is not given back": r"enable-(memory-saver|weights-cpu-backup|draft-weights)",
    "two lines of 2,000 characters for each request would hide what the app says": r"log-requests",
    "nothing leaves this machine": r"enable-trace|otlp-|trace-|kv-events|load-publish|sidecar|remote-instance",
}
REASONS = [(re.compile(f"--({pattern})"), reason) for reason, pattern in LEFT_OUT.items()]
HARMLESS = {"--mem-fraction-static", "--cuda-graph-max-bs-decode", "--device"}  # left out without a word
LORA = ("--enable-lora", "--lora-paths", "--max-lora-rank", "--lora-target-modules")


def serve(argv: list[str], table: flags.Table, python: Path) -> int:
    """Become the engine. Does not return."""
    options = flags.parse(argv, table)
    config = config_of(options)
    command = [str(python), "-P", str(LAUNCH), "serve", *arguments(options, config)]
    os.execve(python, command, environment())


def bench(argv: list[str], python: Path) -> None:
    """Become the engine's benchmark, which needs no model in memory. Does not return."""
    os.execve(python, [str(python), "-P", str(LAUNCH), "bench", *argv], environment())


def environment() -> dict[str, str]:
    """What the engine's process is given: the container's variables without those of the container's own Python."""
    values = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("REHEARSAL_FAULTS", "VIRTUAL_ENV")
    }
    # Plugins lie where the app's PYTHONPATH says.
    paths = [path for path in (os.environ.get("REHEARSAL_SHIM"), os.environ.get("PYTHONPATH")) if path]
    return values | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # of the engine's packages to their own authors
    }


def arguments(options: flags.Parsed, config: dict) -> list[str]:
    """What follows `sglang serve` on the CPU; every difference is noted."""
    kept: list[str] = [word for word in options.positionals if word is not None]
    for given in options.options:
        text = " ".join([given.spelled, *(value for value in given.values if value is not None)])
        reason = next((reason for pattern, reason in REASONS if pattern.match(given.flag)), "")
        if reason or given.flag in HARMLESS:
            if given.flag not in HARMLESS and not (given.flag.endswith("-size") and given.values == ("1",)):
                note("left_out", f"{text}: {reason}")
        elif given.flag not in ("--dtype", "--host"):
            joined = len(given.values) == 1 and given.values[0].startswith("-")
            kept += [f"{given.flag}={given.values[0]}"] if joined else [given.flag, *given.values]
    kept += ["--device", "cpu", "--attention-backend", "torch_native", "--dtype", _dtype(options, config)]
    kept += ["--max-total-tokens", str(tokens(options, config))]
    if "--constrained-json-disable-any-whitespace" not in kept:
        note(
            "added", "--constrained-json-disable-any-whitespace: random weights would answer JSON with blanks for ever"
        )
        kept.append("--constrained-json-disable-any-whitespace")
    if any(given.flag in LORA for given in options.options):
        kept += ["--lora-backend", "torch_native"]
    if not options.values("--log-level"):
        # The engine's own account of a normal start is a hundred lines; what it logs of requests has its own level.
        kept += ["--log-level", "warning"]
    host = _last(options, "--host") or "127.0.0.1"
    if host in ("0.0.0.0", "::") and not os.environ.get("REHEARSAL_OUTER"):
        host = "127.0.0.1"  # outside a rehearsed container nothing may listen beyond this machine
    return [*kept, "--host", host]


def tokens(options: flags.Parsed, config: dict) -> int:
    """Tokens of the KV cache: one request of full length and something over, at most half of the free memory."""
    text = next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), config)
    layers, heads = text.get("num_hidden_layers") or 2, text.get("num_key_value_heads") or 2
    size = text.get("head_dim") or (text.get("hidden_size") or 64) // (text.get("num_attention_heads") or 1)
    length = _last(options, "--context-length") or text.get("max_position_embeddings") or LONGEST
    wanted = int(1.25 * int(length)) + 1024
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    most = int(KV_SHARE * free / (layers * heads * size * 2 * 4))
    if wanted > most:
        note("changed", f"the KV cache has room for {most} tokens in this machine's memory, not for {length} and over")
    return min(wanted, most)


def config_of(options: flags.Parsed) -> dict:
    """The configuration of the model that is asked for; empty where it is not found, which the engine then says."""
    model = _last(options, "--model-path") or (options.positionals or [""])[0]
    try:
        return models.resolve(model, _last(options, "--revision"), _last(options, "--download-dir"))[1]
    except models.Missing:
        return {}


def _dtype(options: flags.Parsed, config: dict) -> str:
    """float32, as CPU kernels in bfloat16 have died of AMX."""
    asked = _last(options, "--dtype") or "auto"
    text = next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), config)
    own = next((part[key] for part in (text, config) for key in ("dtype", "torch_dtype") if part.get(key)), "bfloat16")
    if (own if asked == "auto" else asked) not in ("float32", "float"):
        note("changed", f"--dtype {asked} is float32 on the CPU")
    return "float32"


def _last(options: flags.Parsed, flag: str) -> str | None:
    values = options.values(flag)
    return values[-1] if values else None
