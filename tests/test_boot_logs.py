"""Startup logs of vLLM and SGLang: reading them, and plans by them."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import facts
from modal_serve_gen.commands import boot_logs
from modal_serve_gen.errors import BadInput
from modal_serve_gen.models import hub
from modal_serve_gen.plan import Workload, boot_log, plan
from modal_serve_gen.plan.overheads import parse_version
from scripts import calibrate
from tests.test_planning import plan_json

LOGGED = [
    point
    for point in calibrate.setups()
    if point.started and point.kv_tokens and point.kv_gib and not point.card and point.model in facts.models()
]
QWEN = next(point for point in LOGGED if point.engine == "vllm")
SMALL = replace(
    QWEN, model="Qwen/Qwen3-8B", gpu="L40S", tensor_parallel_size=1, engine_version="0.12.0", weights_gib=15.2683,
    kv_gib=22.05, kv_tokens=160_560, max_concurrency=9.8, max_model_len=16384, max_num_seqs=32,
    gpu_memory_utilization=0.9, max_num_batched_tokens=None, kv_cache_dtype=None,
)  # fmt: skip


def vllm_log(point: calibrate.LoggedSetup, model: str | None = None) -> list[str]:
    """The lines of a start, as this release writes them."""
    version, model = parse_version(point.engine_version), model or point.model
    api, core = ("(APIServer pid=1) ", "(EngineCore_DP0 pid=79) ") if version >= (0, 10, 2) else ("", "")
    core = "(EngineCore pid=79) " if version >= (0, 17) else core
    time, length = "INFO 12-25 04:54:03", point.max_model_len or 32768
    asked = {"model": model, "max_model_len": length}
    for name in ("max_num_seqs", "max_num_batched_tokens", "gpu_memory_utilization"):
        if getattr(point, name) is not None:
            asked[name] = getattr(point, name)
    banner = f"{api}{time} [api_server.py:1896] vLLM API server version {point.engine_version}"
    if version >= (0, 20):
        banner = (
            f"{api}{time} [startup.py:40] \n{api}{time} [startup.py:40]        █     █     █▄   ▄█\n"
            f"{api}{time} [startup.py:40]  ▄▄ ▄█ █     █     █ ▀▄▀ █  version {point.engine_version}\n"
            f"{api}{time} [startup.py:40]   █▄█▀ █     █     █     █  model   {model}"
        )
    took = "took" if version >= (0, 15) else "takes"
    unit = "s" if version >= (0, 18) else "seconds"
    memory = "GiB memory and" if version >= (0, 11, 1) else "GiB and"
    lines = [
        *banner.split("\n"),
        f"{api}{time} [utils.py:233] non-default args: {asked!r}",
        f"{core}{time} [core.py:93] Initializing a V1 LLM engine (v{point.engine_version}) with config: "
        f"model='{model}', speculative_config=None, tokenizer='{model}', revision=None, dtype=torch.bfloat16, "
        f"max_seq_len={length}, load_format=auto, tensor_parallel_size={point.tensor_parallel_size}, "
        f"pipeline_parallel_size={point.pipeline_parallel_size}, data_parallel_size={point.data_parallel_size}, "
        f"quantization=None, kv_cache_dtype={point.kv_cache_dtype or 'auto'}, device_config=cuda, seed=0",
        "Loading safetensors checkpoint shards: 100% Completed | 5/5 [00:07<00:00,  1.87it/s]",
        f"{core}{time} [default_loader.py:308] Loading weights took 12.41 seconds",
        f"{core}{time} [monitor.py:34] torch.compile {took} 25.11 s in total",
        f"{core}{time} [gpu_worker.py:359] Available KV cache memory: {point.kv_gib} GiB",
    ]
    if point.weights_gib:
        lines.append(
            f"{core}{time} [gpu_model_runner.py:3549] Model loading took {point.weights_gib} {memory} 17.1 seconds"
        )
    concurrency = f"Maximum concurrency for {length:,} tokens per request: {_concurrency(point, length):.2f}x"
    if version >= (0, 27):
        lines.append(
            f"{core}{time} [kv_cache_utils.py:2315] GPU KV cache size: {point.kv_tokens:,} tokens, {concurrency}"
        )
    else:
        lines.append(f"{core}{time} [kv_cache_utils.py:1286] GPU KV cache size: {point.kv_tokens:,} tokens")
        lines.append(f"{core}{time} [kv_cache_utils.py:1291] {concurrency}")
    return [
        *lines,
        f"{core}{time} [gpu_model_runner.py:4587] Graph capturing finished in 9 secs, took 0.66 GiB",
        f"{core}{time} [core.py:259] init engine (profile, create kv cache, warmup model) took 107.64 {unit}",
        f"{api}INFO:     Application startup complete.",
    ]


def _concurrency(point: calibrate.LoggedSetup, length: int) -> float:
    return point.max_concurrency or point.kv_tokens / length


def sglang_log(point: calibrate.LoggedSetup) -> list[str]:
    """The lines of a start; the newer releases log their arguments as a dictionary, and graphs with other words."""
    newer = parse_version(point.engine_version) >= (0, 5, 15)
    length, half = point.max_model_len or 32768, round((point.kv_gib or 0) / 2, 2)
    ranks = [f" TP{rank}" if point.tensor_parallel_size > 1 else "" for rank in range(point.tensor_parallel_size)]
    asked = f"server_args=ServerArgs(model_path='{point.model}', tp_size={point.tensor_parallel_size}, "
    asked += f"mem_fraction_static={point.gpu_memory_utilization or 0.85}, "
    asked += f"kv_cache_dtype='{point.kv_cache_dtype or 'auto'}')"
    if newer:
        asked = "server_args=" + repr({
            "model_path": point.model, "tp_size": point.tensor_parallel_size,
            "mem_fraction_static": point.gpu_memory_utilization or 0.85,
            "kv_cache_dtype": point.kv_cache_dtype or "auto",
        })  # fmt: skip
    graph = (
        "Capture target decode CUDA graph end. elapsed=3.74 s, "
        if newer
        else "Capture cuda graph end. Time elapsed: 3.74 s. "
    )
    dtype = "dtype: torch.bfloat16, " if newer else ""
    free = facts.gpus()[point.gpu].usable_gib - 0.78
    lines = [f"[2026-04-27 02:35:54] {asked}"]
    lines += [f"[2026-04-27 02:36:04{rank}] Load weight begin. avail mem={free:.2f} GB" for rank in ranks]
    for rank in ranks:
        stamp = f"[2026-04-27 02:36:06{rank}]"
        lines += [
            f"{stamp} Load weight end. elapsed=1.97 s, type=Qwen3ForCausalLM, avail mem=60.00 GB, "
            f"mem usage={point.weights_gib or 10:.2f} GB.",
            f"{stamp} KV Cache is allocated. {dtype}#tokens: {point.kv_tokens}, K size: {half} GB, V size: {half} GB",
            f"{stamp} Memory pool end. avail mem=12.26 GB",
            f"{stamp} {graph}mem usage=0.60 GB. avail mem=11.54 GB.",
        ]
    return [
        *lines,
        f"[2026-04-27 02:36:28{ranks[0]}] max_total_num_tokens={point.kv_tokens}, chunked_prefill_size=8192, "
        f"max_prefill_tokens=16384, max_running_requests={point.max_num_seqs or 64}, context_len={length}, "
        "available_gpu_mem=11.22 GB",
        "[2026-04-27 02:36:30] The server is fired up and ready to roll!",
    ]


def rendered(point: calibrate.LoggedSetup) -> list[str]:
    return sglang_log(point) if point.engine == "sglang" else vllm_log(point)


@pytest.mark.parametrize("point", LOGGED, ids=lambda point: point.id)
def test_a_plan_by_a_log_has_its_figures(point):
    """Every logged start: weights as logged, and the pool holds the logged tokens."""
    start = boot_logs.read("boot.log", rendered(point))
    assert (start.log.engine, start.log.model, start.log.gpus) == (point.engine, point.model, point.gpus)
    assert start.log.ready and start.log.load_s and start.log.capture_s
    model = hub.bundled(point.model)
    count = f":{point.gpus}" if point.gpus > 1 else ""
    workload = start.workload(model, Workload(engine=point.engine, gpu=point.gpu + count))
    planned = plan(model, workload, others=False)
    length = point.max_model_len or 32768
    full = _concurrency(point, length) if point.engine == "vllm" else point.kv_tokens / length
    assert planned.measured and planned.measured.pool_gib == pytest.approx(point.kv_gib, abs=0.02)
    if planned.lowered:
        return
    assert planned.kv_cache.max_concurrency == pytest.approx(full, rel=0.012, abs=0.02)
    if point.weights_gib:
        assert planned.ledger[0].gib == pytest.approx(point.weights_gib, abs=0.006) and planned.ledger[0].exact
    assert sum(row.gib for row in planned.ledger) <= facts.gpus()[point.gpu].usable_gib + 0.1


LOG = vllm_log(SMALL)


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Writes lines to boot.log in the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(lines: list[str], name: str = "boot.log") -> str:
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
        return name

    return write


def test_plan_takes_model_and_setup_from_the_log(cli, log):
    """With the real pool beside the estimated one; limits that are given are held against the real pool."""
    planned = plan_json(cli, "--from-boot-log", log(LOG), "--gpu", "L40S")
    measured = planned["measured"]
    assert (planned["model"], planned["engine_version"]) == ("Qwen/Qwen3-8B", "0.12.0")
    assert planned["kv_cache"]["tokens"] == measured["tokens"] == 160_560
    assert measured["pool_gib"] == 22.05 and abs(measured["pool_gib_estimated"] - 22.05) < 5
    assert (measured["load_s"], measured["compile_s"], measured["capture_s"], measured["init_s"]) == (
        12.41, 25.11, 9.0, 107.64,
    )  # fmt: skip
    assert planned["command"].endswith("--from-boot-log boot.log")
    assert "startup log" in cli("plan", "--from-boot-log", "boot.log", "--gpu", "L40S", "--offline").stdout
    more = plan_json(cli, "--from-boot-log", "boot.log", "--gpu", "L40S", "--max-model-len", "32768")
    assert 1 < more["max_num_seqs"] < 32 and more["lowered"] == [f"{more['max_num_seqs']} of 32 requests at once"]
    size = ("--gpu", "L40S", "--max-model-len", "32768", "--concurrency")
    assert plan_json(cli, "--from-boot-log", "boot.log", *size, str(more["max_num_seqs"]))["fits"]
    plan_json(cli, "--from-boot-log", "boot.log", *size, str(more["max_num_seqs"] + 1), code=4)


def test_the_driver_s_total_names_the_gpu(cli, log):
    """Where one GPU of Modal has that memory; the requested GPU has to have it as well."""
    total = facts.gpus()["L40S"].usable_gib
    line = (
        f"INFO [gpu_worker.py:907] Free memory on device (43.9/{total} GiB) on startup. Desired GPU memory utilization "
    )
    line += f"is (0.9, {total * 0.9:.2f} GiB). Current kv cache memory in use is 22.05 GiB."
    planned = plan_json(cli, "--from-boot-log", log([*LOG, line]))
    assert (planned["gpu"], planned["gpus"]) == ("L40S", 1)
    done = cli("plan", "--from-boot-log", "boot.log", "--gpu", "H100", "--offline")
    assert done.exit_code == 2 and "44.3 GiB, not of H100" in done.output.replace("44.31", "44.3")


def test_a_pool_that_another_gpu_would_have_is_noted(cli, log):
    """The log does not name its GPU; the right one gets no such note."""
    notes = [plan_json(cli, "--from-boot-log", log(LOG), "--gpu", gpu)["notes"] for gpu in ("H100", "L40S")]
    assert [any("make sure that GPU and flags" in note for note in each) for each in notes] == [True, False]


def test_the_app_of_a_log_gets_its_limits(cli, log):
    """Those that its real pool has space for, where the estimate had lowered them. The model may be a folder."""
    cli("new", "app.py", "--model", "Qwen/Qwen3-8B", "--gpu", "A10", "--offline")
    before = json.loads(cli("new", "b.py", "--spec", "app.py", "--max-containers", "2", "--offline", "--json").stdout)
    few = before["plan"]["max_num_seqs"]
    assert few < 32
    folder = f"/cache/hub/models--Qwen--Qwen3-8B/snapshots/{'0' * 40}"
    bytes_per_token = before["plan"]["kv_cache"]["bytes_per_token"]
    point = replace(SMALL, gpu="A10", engine_version=facts.pins()["vllm"].version, max_num_seqs=few)
    real = replace(point, kv_gib=3.9, kv_tokens=int(3.9 * 2**30 / bytes_per_token), max_concurrency=None)
    log(vllm_log(real, folder))
    Path("mine.py").write_text(Path("app.py").read_text().replace("import os\n", "import os  # mine\n"))
    done = cli("new", "app.py", "--force", "--spec", "app.py", "--from-boot-log", "boot.log", "--offline", "--json")
    after = json.loads(done.stdout)["plan"]
    assert after["measured"]["pool_gib"] == 3.9 and after["gpu"] == "A10" and few < after["max_num_seqs"] < 32
    limit = f"MAX_NUM_SEQS = {after['max_num_seqs']} "
    assert limit in Path("app.py").read_text()
    assert cli("update", "mine.py", "--from-boot-log", "boot.log", "--offline").exit_code == 0
    assert limit in Path("mine.py").read_text() and "# mine" in Path("mine.py").read_text()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda lines: ["hello"], (), "has no line of a start of vLLM or SGLang"),
        (lambda lines: lines[:5], (), "ends before the engine allocated its KV cache"),
        (
            lambda lines: [*lines[:5], "INFO [gpu_worker.py:359] Available KV cache memory: -3.1 GiB"], (),
            "failed: -3.1 GiB were left",
        ),
        (lambda lines: lines, (), "does not say which GPU"),
        (lambda lines: [line.replace("=cuda", "=cpu") for line in lines], ("--gpu", "L40S"), "is a log of a CPU"),
        (lambda lines: lines, ("--gpu", "A10"), "take 37.3 GiB, more than A10 has"),
        (lambda lines: lines, ("--gpu", "L40S:2"), "a log of one GPU, not of 2"),
        (lambda lines: lines, ("--gpu", "L40S", "--workflow", "sglang-low-latency"), "this workflow runs sglang"),
        (lambda lines: lines, ("--gpu", "L40S", "--kv-cache-dtype", "fp8"), "a KV cache in auto, not in fp8"),
        (
            lambda lines: [line.replace("Qwen/Qwen3-8B", "/models/mine") for line in lines], ("--gpu", "L40S"),
            "does not name the model",
        ),
    ],
)  # fmt: skip
def test_other_logs_are_refused_in_two_sentences(cli, log, change, options, message):
    done = cli("plan", "--from-boot-log", log(change(LOG)), *options, "--offline")
    assert done.exit_code == 2 and message in done.output and len(done.output.strip().splitlines()) == 2


def test_a_log_of_another_model_is_refused(cli, log):
    done = cli("plan", "Qwen/Qwen3-14B", "--from-boot-log", log(LOG), "--gpu", "L40S", "--offline")
    assert done.exit_code == 2 and "a log of 'Qwen/Qwen3-8B', not of Qwen/Qwen3-14B" in done.output
    done = cli("plan", "Qwen/Qwen3-8B", "--from-boot-log", "absent.log", "--offline")
    assert done.exit_code == 2 and "cannot be read" in done.output
    assert "plan needs a model" in cli("plan").output


def test_the_last_complete_start_counts():
    """After a restart, and also if the last one is cut off; colors and other lines are skipped."""
    newer = replace(SMALL, engine_version=facts.pins()["vllm"].version)
    assert boot_log.read([*LOG, *vllm_log(replace(newer, kv_tokens=80_000, max_concurrency=None))]).tokens == 80_000
    second = vllm_log(replace(SMALL, kv_tokens=80_000, kv_gib=11.0, max_concurrency=None))
    assert boot_log.read([*LOG, *second]).tokens == 80_000
    assert boot_log.read([*LOG, *second[:5]]).tokens == 160_560
    assert boot_log.read([f"\x1b[36m(EngineCore pid=1)\x1b[0m {line}" for line in LOG]).tokens == 160_560


def test_a_huge_log_is_read_line_by_line(log, cli, tmp_path):
    """A line without an end does not fill the memory, and what follows it is still read."""
    name = log(["x" * 3_000_000, *LOG, *["INFO: GET /health"] * 200_000])
    assert plan_json(cli, "--from-boot-log", name, "--gpu", "L40S")["measured"]["tokens"] == 160_560


PIECES = st.sampled_from([*LOG, *sglang_log(SMALL)]).flatmap(
    lambda line: st.tuples(st.integers(0, len(line)), st.integers(0, len(line))).map(
        lambda ends: line[min(ends) : max(ends)]
    )
)


WRONG = st.builds(
    lambda line, number: re.sub(r"\d+", number, line),
    st.sampled_from([*LOG, *sglang_log(SMALL)]),
    st.sampled_from(["0", "1", "7", "999999999", "9" * 30, "-1", "1e999", "nan"]),
)


@given(
    st.lists(st.one_of(st.text(max_size=60), PIECES, WRONG, st.sampled_from([*LOG, *sglang_log(SMALL)])), max_size=30)
)
def test_arbitrary_text_is_read_or_refused(lines):
    """Nothing else is raised, whatever is cut off, repeated or mixed; so are plans by what was read."""
    model = hub.bundled("Qwen/Qwen3-8B")
    try:
        start = boot_logs.read("boot.log", lines)
        plan(model, start.workload(model, Workload(engine=start.log.engine, gpu="L40S")), others=False)
    except BadInput as refusal:
        assert refusal.problem.endswith(".") and refusal.remedy.endswith(".")
