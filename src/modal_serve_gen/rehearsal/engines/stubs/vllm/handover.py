"""Hand a checked command line over to the real engine on the CPU; what a CPU cannot do is left out, with a note."""

import math
import os
from pathlib import Path

from vllm import flags, models
from vllm.command import note

LAUNCH = Path(__file__).with_name("launch.py")
GIB = 2**30
MOST_BATCHED = 2048  # tokens of the warm-up's one step: 8 times more take seconds longer on a small machine
KV_SHARE = 0.5  # of the free memory, at most
# Flags that mean nothing to one CPU and a miniature, by the reason that is given for leaving them out.
LEFT_OUT = {
    "a CPU has no memory to put to sleep (the developer routes still answer)": (
        "--enable-sleep-mode", "--sleep-mode-backend", "--sleep-mode-offload-cudagraph", "--enable-cumem-allocator",
        "--sleep-preserve-parameter-names",
    ),
    "the miniature is not quantised": ("--quantization", "--quantization-config", "--allow-deprecated-quantization"),
    "the engine runs on one CPU, not on several GPUs": (
        "--tensor-parallel-size", "--pipeline-parallel-size", "--data-parallel-size", "--data-parallel-size-local",
        "--data-parallel-backend", "--data-parallel-address", "--data-parallel-rpc-port", "--data-parallel-rank",
        "--data-parallel-start-rank", "--data-parallel-hybrid-lb", "--data-parallel-external-lb",
        "--data-parallel-multi-port-external-lb", "--data-parallel-supervisor-port", "--prefill-context-parallel-size",
        "--decode-context-parallel-size", "--dcp-comm-backend", "--dcp-kv-cache-interleave-size", "--dcp-q-replicate",
        "--cp-kv-cache-interleave-size", "--enable-expert-parallel", "--enable-eplb", "--eplb-config",
        "--expert-placement-strategy", "--enable-ep-weight-filter", "--enable-elastic-ep", "--all2all-backend",
        "--disable-custom-all-reduce", "--disable-nccl-for-dp-synchronization", "--distributed-executor-backend",
        "--nnodes", "--node-rank", "--master-addr", "--master-port", "--device-ids", "--numa-bind",
        "--numa-bind-nodes", "--numa-bind-cpus", "--enable-dbo", "--ubatch-size", "--dbo-decode-token-threshold",
        "--dbo-prefill-token-threshold", "--api-server-count", "--mm-encoder-tp-mode", "--fully-sharded-loras",
    ),
    "the kernel is the CPU's own": (
        "--attention-backend", "--attention-config", "--moe-backend", "--linear-backend", "--kernel-config",
        "--gdn-prefill-backend", "--kda-decode-backend", "--kda-prefill-backend", "--mamba-backend",
        "--mamba-ssu-algorithm", "--sparse-indexer-topk-backend", "--mm-encoder-attn-backend",
        "--mm-encoder-attn-dtype", "--enable-flashinfer-autotune", "--disable-cascade-attn", "--ir-op-priority",
        "--block-size", "--mamba-block-size", "--jit-monitor-mode", "--jit-monitor-verbose",
    ),
    "nothing is compiled or captured on the CPU": (
        "--compilation-config", "--optimization-level", "--cudagraph-capture-sizes", "--max-cudagraph-capture-size",
        "--cudagraph-metrics", "--enforce-eager",
    ),
    "main memory is measured otherwise": (
        "--kv-cache-memory-bytes", "--num-gpu-blocks-override", "--cpu-offload-gb", "--cpu-offload-params",
        "--kv-offloading-size", "--kv-offloading-backend", "--offload-backend", "--offload-group-size",
        "--offload-num-in-group", "--offload-prefetch-step", "--offload-params", "--gpu-memory-utilization",
    ),
    "nothing leaves this machine": (
        "--otlp-traces-endpoint", "--collect-detailed-traces", "--kv-transfer-config", "--ec-transfer-config",
        "--kv-events-config", "--weight-transfer-config",
    ),
}  # fmt: skip
REASONS = {flag: reason for reason, found in LEFT_OUT.items() for flag in found}
HARMLESS = {"--enforce-eager", "--gpu-memory-utilization"}  # left out or said again without a word
ONE = {flag for flag in REASONS if flag.endswith("-size")}  # of which 1 is what is here: no note then
SPECULATION = (
    "--speculative-config",
    "--spec-method",
    "--spec-model",
    "--spec-tokens",
    "--per-request-spec-decode-metrics",
)
FORMATS = {"--load-format": ("auto", "hf", "safetensors", "dummy"), "--tokenizer-mode": ("auto", "hf", "slow"),
           "--config-format": ("auto", "hf"), "--kv-cache-dtype": ("auto",)}  # fmt: skip


def serve(argv: list[str], table: flags.Table, cpu_table: flags.Table, python: Path) -> int:
    """Become the engine. Does not return."""
    options = flags.parse(argv, table)
    config = config_of(options, table)
    command = [str(python), "-P", str(LAUNCH), "serve", *arguments(options, config, cpu_table)]
    os.execve(python, command, environment(options, config))


def bench(options: flags.Parsed, cpu_table: flags.Table, python: Path) -> None:
    """Become the real engine's benchmark, which needs no model in memory. Does not return."""
    words: list[str] = []
    for given in options.options:
        if cpu_table.find(given.flag) is None:
            note("left_out", f"{given.spelled}: the CPU build, {cpu_table.version}, does not know it")
        else:
            words += _spelled(given, cpu_table)
    os.execve(python, [str(python), "-P", str(LAUNCH), "bench", "serve", *words], environment(options, {}))


def environment(options: flags.Parsed, config: dict) -> dict[str, str]:
    """What the engine's process is given: the container's variables without those of the container's own Python."""
    # The engine's own account of a normal start is a hundred lines, which would hide what the app says.
    values = {"VLLM_LOGGING_LEVEL": "WARNING"} | {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("REHEARSAL_FAULTS", "VIRTUAL_ENV", "VLLM_USE_V1")
    }
    values |= {
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # of the engine's packages to their own authors
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_HOST_IP": "127.0.0.1",
        # With its default the engine would start one more process, only to set the number of threads.
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_KVCACHE_SPACE": str(kv_gib(config, options)),
    }
    # Code of the app's that the engine is told to import lies where the app's PYTHONPATH says.
    own = os.environ.get("PYTHONPATH") if options.values("--middleware") else None
    if paths := [path for path in (os.environ.get("REHEARSAL_SHIM"), own) if path]:
        values["PYTHONPATH"] = os.pathsep.join(paths)
    return values


def arguments(options: flags.Parsed, config: dict, cpu_table: flags.Table, *, serves: bool = True) -> list[str]:
    """What follows `vllm serve` on the CPU, or what says the same to `vllm.LLM`; every difference is noted."""
    kept: list[str] = [word for word in options.positionals if word is not None]
    speculation = next((values for flag in SPECULATION[:2] if (values := options.values(flag))), ())
    for given in options.options:
        text = " ".join([given.spelled, *(value for value in given.values if value is not None)])
        if reason := _reason(given, speculation, cpu_table):
            if given.flag not in HARMLESS and not (given.flag in ONE and given.values == ("1",)):
                note("left_out", f"{text}: {reason}")
        elif given.flag not in ("--dtype", "--max-num-batched-tokens", "--host", "--seed"):
            kept += _spelled(given, cpu_table)
    kept += ["--enforce-eager", "--distributed-executor-backend", "uni", "--dtype", _dtype(options, config)]
    kept += ["--seed", _last(options, "--seed") or "0"]
    kept += _batched(options, config)
    host = _last(options, "--host") or "0.0.0.0"
    if host in ("0.0.0.0", "::") and not os.environ.get("REHEARSAL_OUTER"):
        host = "127.0.0.1"  # outside a rehearsed container nothing may listen beyond this machine
    kept += ["--host", host] if serves else []
    said = any(given.flag == "--language-model-only" for given in options.options)
    if not said and (any(key in config for key in ("vision_config", "audio_config")) or _conditional(config)):
        note("added", "--language-model-only: the miniature answers text, not pictures or sound")
        kept.append("--language-model-only")
    return kept


def _reason(given: flags.Given, speculation: tuple, cpu_table: flags.Table) -> str:
    """Why an option is left out; '' when it stays."""
    if reason := REASONS.get(given.flag):
        return reason
    if given.flag in SPECULATION and "ngram" not in (speculation[-1] if speculation else ""):
        return "the miniature has no draft to speculate with"
    allowed = FORMATS.get(given.flag)
    if allowed and given.values and given.values[-1] not in allowed:
        return "the miniature has the Hub's plain format and no quantised cache"
    if cpu_table.find(given.flag) is None:
        return f"the CPU build, {cpu_table.version}, does not know it"
    problems = flags.check(_spelled(given, cpu_table), cpu_table, whole=False)
    if any(problem.kind == "error" for problem in problems):
        return f"the CPU build, {cpu_table.version}, does not know this value"
    return ""


def _spelled(given: flags.Given, cpu_table: flags.Table) -> list[str]:
    """An option as the CPU build reads it: its canonical name, or the negation that this version has."""
    option = cpu_table.find(given.flag)
    if given.option.bare and not given.keys:
        off = cpu_table.canonical(given.spelled) in given.option.negations
        return [option.negations[0] if off and option.negations else given.flag]
    name = ".".join((given.flag, *given.keys))
    if len(given.values) == 1:
        return [f"{name}={given.values[0]}"] if given.values[0].startswith("-") else [name, given.values[0]]
    return [name, *given.values]


def _dtype(options: flags.Parsed, config: dict) -> str:
    """float32, as CPU kernels in bfloat16 have died of AMX; but linear attention exists in bfloat16 only."""
    text = _text(config)
    linear = "linear_num_value_heads" in text or "linear_attention" in (text.get("layer_types") or ())
    dtype = "bfloat16" if linear else "float32"
    asked = _last(options, "--dtype") or "auto"
    own = next((part[key] for part in (text, config) for key in ("dtype", "torch_dtype") if part.get(key)), "bfloat16")
    if (own if asked == "auto" else asked) != dtype:
        note("changed", f"--dtype {asked} is {dtype} on the CPU")
    return dtype


def _batched(options: flags.Parsed, config: dict) -> list[str]:
    """--max-num-batched-tokens, no more than a warm-up in seconds allows, and as many as the engine insists on."""
    asked = _number(_last(options, "--max-num-batched-tokens"))
    least = _number(_last(options, "--max-num-seqs")) or 0
    if "kv_lora_rank" in _text(config):  # the CPU's kernels for it take a prompt in one piece
        least = max(
            least, _number(_last(options, "--max-model-len")) or _text(config).get("max_position_embeddings", 0)
        )
    given = max(min(asked or MOST_BATCHED, MOST_BATCHED), least)
    if asked and asked != given:
        why = "so that the warm-up takes seconds" if given < asked else "which takes a prompt in one piece there"
        note("changed", f"--max-num-batched-tokens {asked} is {given} on the CPU, {why}")
    return ["--max-num-batched-tokens", str(given)]


def kv_gib(config: dict, options: flags.Parsed) -> int:
    """Whole GiB for the KV cache: one request of full length and something over, at most half of the free memory."""
    text = _text(config)
    layers = text.get("num_hidden_layers") or 2
    size = max(text.get("head_dim") or 0, text.get("global_head_dim") or 0) or (
        (text.get("hidden_size") or 64) // (text.get("num_attention_heads") or 1)
    )
    heads = text.get("num_key_value_heads") or text.get("num_attention_heads") or 1
    numbers = 2 * heads * size
    if "kv_lora_rank" in text:
        numbers = text["kv_lora_rank"] + text.get("qk_rope_head_dim", 0)
    length = _number(_last(options, "--max-model-len")) or text.get("max_position_embeddings") or 4096
    wanted = max(1, math.ceil(1.25 * layers * numbers * 4 * length / GIB))
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    most = max(1, int(KV_SHARE * free / GIB))
    if wanted > most:
        note(
            "changed", f"the KV cache has {most} GiB of this machine's memory; a request of full length wants {wanted}"
        )
    return min(wanted, most)


def config_of(options: flags.Parsed, table: flags.Table) -> dict:
    """The configuration of the model that is asked for; empty where it is not found, which the engine then says."""
    model = options.positionals[0] if options.positionals else _last(options, "--model")
    try:
        model = model or table.options["--model"].default
        return models.resolve(model, _last(options, "--revision"), _last(options, "--download-dir"))[1]
    except models.Missing:
        return {}


def _text(config: dict) -> dict:
    return next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), config)


def _conditional(config: dict) -> bool:
    """Whether the architecture has a part that sees or hears, although the configuration does not describe it."""
    return any(name.endswith("ForConditionalGeneration") for name in config.get("architectures") or ())


def _last(options: flags.Parsed, flag: str) -> str | None:
    values = options.values(flag)
    return values[-1] if values and values[-1] not in ("", "None") else None


def _number(text: str | None) -> int:
    """A size such as 16384 or 32k; 0 for none and for `auto`."""
    from vllm.stub import SIZES

    digits = (text or "").strip()
    try:
        return int(float(digits.rstrip("kmgtKMGT")) * SIZES.get(digits[-1:], 1))
    except ValueError:
        return 0
