"""`--kv-offload` and `--kv-cache-dtype`: what a plan says of them, and the flags of each engine in an app."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput
from modal_serve_gen.plan import Workload, plan
from modal_serve_gen.plan.gpus import usd_per_hour
from modal_serve_gen.plan.host import cache_flags
from modal_serve_gen.spec import workflows
from tests.test_plan import QWEN, SMALL, bundled

ON_H100 = replace(SMALL, gpu="H100")


def notes(planned) -> str:
    return " ".join(note.text for note in planned.notes)


def test_a_host_cache_changes_price_and_nothing_on_the_gpu():
    """Its memory and 16 GiB for the engine are part of the price; the pool, the limits and the ledger stay."""
    plain, kept = plan(QWEN, ON_H100), plan(QWEN, replace(ON_H100, kv_offload=100))
    assert (kept.ledger, kept.kv_cache, kept.max_num_seqs) == (plain.ledger, plain.kv_cache, plain.max_num_seqs)
    usd = 116 * 3600 * facts.memory_usd_per_gib_s()
    assert kept.host_cache.memory_gib == 116 and kept.host_cache.usd_per_hour == pytest.approx(usd, abs=0.01)
    assert kept.usd_per_hour == pytest.approx(usd_per_hour("H100", 1) + usd, abs=0.01) and plain.host_cache is None
    assert kept.host_cache.tokens == pytest.approx(100 * 2**30 / kept.kv_cache.bytes_per_token, rel=0.01)
    assert "no more of them run at once" in notes(kept) and "116 GiB of memory" in notes(kept)
    assert "/dev/shm" in notes(kept) and "/dev/shm" not in notes(
        plan(QWEN, replace(ON_H100, kv_offload=100, engine="sglang"))
    )
    regional = plan(QWEN, replace(ON_H100, kv_offload=100, region="us-east"))
    assert regional.host_cache.usd_per_hour == pytest.approx(usd * 1.75, abs=0.01)


def test_a_host_cache_below_the_cache_of_the_gpus_is_noted():
    """Most of it would repeat what they hold."""
    assert "most of which it repeats" in notes(plan(QWEN, replace(ON_H100, kv_offload=20)))
    assert "most of which it repeats" not in notes(plan(QWEN, replace(ON_H100, kv_offload=100)))


def test_latent_rows_are_kept_once_by_vllm():
    """Eight GPUs have the same rows of MLA; each SGLang rank keeps its own."""
    model = bundled("deepseek-ai/DeepSeek-V3.1")
    workload = Workload(gpu="H200:8", max_model_len=8192, concurrency=4, kv_offload=300)
    shared, own = plan(model, workload), plan(model, replace(workload, engine="sglang"))
    assert shared.host_cache.tokens == pytest.approx(8 * own.host_cache.tokens, rel=0.01)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kv_offload": 0}, "1 to 320"),
        ({"kv_offload": 321}, "1 to 320"),
        ({"kv_offload": 40, "engine": "sglang", "kv_cache_dtype": "nvfp4"}, "no scales"),
    ],
)
def test_a_host_cache_that_cannot_be_is_refused(fields, message):
    """A container has at most 336 GiB, of which the engine needs 16."""
    with pytest.raises(BadInput, match=message):
        plan(QWEN, replace(SMALL, gpu="B200", **fields))


def test_an_fp8_cache_is_said_to_be_less_exact():
    """But not that of DeepSeek V4, which has no other."""
    assert "less exact" in notes(plan(QWEN, replace(ON_H100, kv_cache_dtype="fp8")))
    assert "less exact" not in notes(plan(QWEN, ON_H100))
    v4 = plan(bundled("deepseek-ai/DeepSeek-V4-Flash"), replace(SMALL, gpu="H200:4", kv_cache_dtype="fp8"))
    assert "less exact" not in notes(v4)


def test_flags_are_those_of_the_engine():
    """vLLM counts GiB of all ranks of a replica, SGLang GB of each rank; both tables have the flags."""
    vllm = cache_flags("vllm", "fp8", 100, gpus=2)
    sglang = cache_flags("sglang", "fp8", 100, gpus=2)
    assert vllm == ("--kv-cache-dtype=fp8", "--kv-offloading-size=100", "--kv-offloading-backend=native")
    assert sglang == ("--kv-cache-dtype=fp8_e4m3", "--enable-hierarchical-cache", "--hicache-size=53")
    assert "--kv-offloading-size=50" in cache_flags("vllm", None, 100, gpus=2, replicas=2)
    for engine, flags in (("vllm", vllm), ("sglang", sglang)):
        assert all(facts.flag_table(engine).find(flag.partition("=")[0]) for flag in flags)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--kv-offload", "100"], ["--kv-offloading-size=100", "memory=118784"]),
        (["--kv-offload", "100", "--endpoint", "server"], ["--kv-offloading-size=100", "memory=118784"]),
        (["--workflow", "sglang-low-latency", "--kv-cache-dtype", "fp8"], ["--kv-cache-dtype=fp8_e4m3"]),
        (["--workflow", "vllm-cold-start", "--kv-cache-dtype", "fp8"], ["--kv-cache-dtype=fp8"]),
        (["--workflow", "vllm-throughput", "--kv-cache-dtype", "fp8"], ['"kv_cache_dtype": "fp8"']),
    ],
)
def test_an_app_has_the_flags_and_the_memory(cli, arguments, expected):
    """And its spec gives the same app."""
    done = cli("new", "a.py", "--offline", *arguments)
    assert done.exit_code == 0, done.output
    text = Path("a.py").read_text()
    assert all(part in text for part in expected)
    assert cli("new", "--spec", "a.py", "--stdout").stdout == text


@pytest.mark.parametrize("command", [["plan", "Qwen/Qwen3-4B-Instruct-2507"], ["new", "--stdout"]])
def test_workflows_without_a_host_cache_refuse_it(cli, command):
    """It would be part of each memory snapshot, and the prompts of a batch are not sent again."""
    for name in workflows.names():
        done = cli(*command, "--workflow", name, "--kv-offload", "40", "--offline")
        assert done.exit_code == (0 if "kv_offload" in workflows.load(name).options else 2), name
        assert done.exit_code == 0 or "has no option --kv-offload" in done.stderr


def test_the_command_of_a_plan_has_both(cli):
    """With the same price."""
    arguments = ("--gpu", "H100", "--kv-offload", "100", "--kv-cache-dtype", "fp8", "--offline", "--json")
    planned = json.loads(cli("plan", "Qwen/Qwen3-8B", *arguments).stdout)
    assert planned["command"].endswith("--kv-cache-dtype fp8 --kv-offload 100")
    words = planned["command"].split()[1:]
    app_plan = json.loads(cli(*words, "--offline", "--json").stdout)["plan"]
    assert (app_plan["host_cache"], app_plan["usd_per_hour"]) == (planned["host_cache"], planned["usd_per_hour"])
