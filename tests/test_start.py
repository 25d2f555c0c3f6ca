"""Starts: an estimate in every plan, and what --ready-within means for `plan` and `new`."""

import json
from pathlib import Path

import pytest

from modal_serve_gen import facts
from modal_serve_gen.models import hub
from modal_serve_gen.models.speculation import Speculation
from modal_serve_gen.plan import plan
from modal_serve_gen.plan.workload import workload_for
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.request import Request


def start(model: str, workflow: str = "vllm-online", **options):
    served_by = workflows.load(workflow)
    return plan(hub.bundled(model), workload_for(Request(**options), served_by, Speculation()), others=False).start


# Starts that others measured: model, GPU, workflow, first start, seconds.
MEASURED = [
    ("Qwen/Qwen3-8B", "H100", "vllm-online", True, 101),  # vLLM issue 47456, no caches; local disk
    ("Qwen/Qwen3-8B", "H100", "vllm-online", False, 44),  # the same with prebuilt kernels
    ("Qwen/Qwen3-30B-A3B-FP8", "H100", "vllm-online", True, 292),  # the same source
    ("Qwen/Qwen3-32B", "H100:2", "vllm-online", False, 44),  # vLLM pull request 32191, weights in the page cache
    ("Qwen/Qwen3.6-27B-FP8", "A100-80GB", "vllm-cold-start", False, 70),  # infinitylogesh/vllm-serverless
]


@pytest.mark.parametrize(("model", "gpu", "workflow", "first", "seconds"), MEASURED)
def test_measured_starts_are_near_the_range(model, gpu, workflow, first, seconds):
    """Within a factor of 1.6: most read from other disks than a Volume, without the start of a container."""
    found = start(model, workflow, gpu=gpu)
    low, high = (found.first_low_s, found.first_high_s) if first else (found.low_s, found.high_s)
    assert low / 1.6 <= seconds <= high * 1.6
    assert high < 8 * low and found.estimate is True


def test_what_a_start_depends_on():
    """The bytes of the weights, the caches, FP8 kernels on Hopper, eager mode and the snapshot; never the price."""
    small, large = start("Qwen/Qwen3-8B", gpu="H100"), start("Qwen/Qwen3-32B", gpu="H200")
    phases = {phase.phase: phase for phase in small.phases}
    assert phases["weights"].low_s == pytest.approx(hub.bundled("Qwen/Qwen3-8B").weight_bytes / 2e9, abs=0.1)
    assert all(phase.source and 0 <= phase.low_s < phase.high_s for phase in small.phases)
    assert small.low_s < large.low_s and small.high_s < large.high_s and small.high_s < small.first_high_s
    assert start("Qwen/Qwen3-8B", gpu="H100", enforce_eager=True).high_s < small.high_s
    kernels = [phase.phase for phase in start("Qwen/Qwen3-8B-FP8", gpu="H100").phases if "FP8" in phase.phase]
    assert kernels and not [phase for phase in start("Qwen/Qwen3-8B-FP8", gpu="L40S").phases if "FP8" in phase.phase]
    restored = start("Qwen/Qwen3-8B", "vllm-cold-start")
    assert restored.snapshot and restored.high_s < small.high_s and len(restored.phases) == 2
    assert "compilation" not in [phase.phase for phase in start("Qwen/Qwen3-8B", "sglang-low-latency").phases]


def test_what_cannot_be_had_is_refused_with_the_ways_out(cli):
    """Each way that may be in time leads to an app; warm containers cost what they cost a month."""
    base = ("new", "a.py", "--force", "--model", "Qwen/Qwen3-8B", "--ready-within", "25")
    refused = cli(*base, "--json")
    assert refused.exit_code == 4
    document = json.loads(refused.stdout)
    assert document["verdict"] == "misses a target" and document["start"]["low_s"] > 25
    ways = {way["way"]: way for way in document["ways_out"]}
    assert ways["a warm container"]["usd_per_month"] == round(document["usd_per_hour"] * 730)
    hours = facts.startup_phases().working_hours.month
    assert ways[f"{hours} warm hours a month"]["usd_per_month"] == round(document["usd_per_hour"] * hours)
    assert ways["a memory snapshot"]["usd_per_month"] == 0 < ways["a memory snapshot"]["usd_per_start"]
    assert any(way.startswith("FP8 weights on") for way in ways)
    assert not Path("a.py").exists() and "a warm container (--min-containers 1)" in refused.stderr
    followed = [way["options"].split() for way in ways.values() if way["in_time"] != "no" and way["options"]]
    assert len(followed) == 3
    for options in followed:
        assert cli(*base, *options).exit_code == 0, options


def test_what_may_be_missed_is_said(cli):
    """Between the fastest start and the slowest there is an app, and a note with the ways out."""
    done = cli("new", "a.py", "--model", "Qwen/Qwen3-8B", "--ready-within", "60")
    assert done.exit_code == 0 and "may exceed --ready-within 60. Ways out:" in " ".join(done.stdout.split())
    slow = cli("new", "b.py", "--model", "Qwen/Qwen3-8B", "--ready-within", "600")
    assert slow.exit_code == 0 and "Ways out" not in slow.stdout


def test_a_plan_prints_the_ways_side_by_side(cli, monkeypatch):
    """With what each costs, and whether it is in time; a workflow that keeps a container warm needs none."""
    monkeypatch.setenv("COLUMNS", "110")
    result = cli("plan", "Qwen/Qwen3-8B", "--ready-within", "25")
    assert result.exit_code == 4 and "a start takes an estimated" in result.stdout
    table = result.stdout[result.stdout.index("Ways to be ready sooner") :].splitlines()
    assert table[1].split() == ["way", "options", "ready", "price", "in", "time"]
    assert [line for line in table if "a memory snapshot" in line and "--workflow vllm-cold-start" in line]
    warm = cli("plan", "Qwen/Qwen3-8B", "--ready-within", "25", "--workflow", "sglang-low-latency")
    assert warm.exit_code == 0 and "Ways to be" not in warm.stdout
    batch = cli("plan", "Qwen/Qwen3-8B", "--ready-within", "25", "--workflow", "vllm-throughput")
    assert batch.exit_code == 2 and "nobody waits" in batch.stderr
