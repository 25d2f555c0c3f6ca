"""`plan` through the command line: what it prints, its keys, its exit codes, its advice."""

import json
import re
import shlex

import pytest

from modal_serve_gen import facts
from modal_serve_gen.commands import goals, plan_model, plan_text
from modal_serve_gen.plan import Workload, plan
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.request import Request
from tests.test_plan import bundled

KEYS = {
    "model", "revision", "gpu", "gpus", "tensor_parallel_size", "fits", "reason", "max_model_len", "max_num_seqs",
    "max_num_batched_tokens", "gpu_memory_utilization", "ledger", "kv_cache", "startup_timeout_s", "usd_per_hour",
    "bounds", "alternatives", "notes",
}  # fmt: skip


def asked(cli, *arguments: str, code: int = 0) -> dict:
    done = cli("plan", *arguments, "--offline", "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_plan_has_the_keys_of_the_contract(cli):
    """And the ledger's items each their source."""
    found = asked(cli, "Qwen/Qwen3-8B")
    assert set(found) >= KEYS
    assert {row["item"] for row in found["ledger"]} >= {
        "weights",
        "kv_cache",
        "activations",
        "cuda_graphs",
        "non_torch",
    }
    assert all(set(row) >= {"item", "gib", "exact", "source"} for row in found["ledger"])
    assert set(found["kv_cache"]) >= {"bytes_per_token", "gib", "gib_low", "gib_high", "tokens", "max_concurrency"}


def test_a_plan_and_a_new_app_have_the_same_numbers(cli):
    """For every workflow: its own defaults, one Plan."""
    known = [(name, workflows.load(name).default_model) for name in workflows.names()]
    for number, (name, model) in enumerate([*known, ("sglang-low-latency", "Qwen/Qwen3.6-27B")]):  # with a draft
        planned = asked(cli, model, "--workflow", name)
        arguments = [f"a{number}.py", "--workflow", name, "--model", model, "--offline", "--json"]
        made = json.loads(cli("new", *arguments).stdout)["plan"]
        for key in ("gpu", "gpus", "max_model_len", "max_num_seqs", "ledger", "kv_cache", "usd_per_hour"):
            assert planned[key] == made[key], (name, key)


def test_a_person_reads_the_ledger_the_limits_the_speed_and_the_alternatives(cli, monkeypatch):
    """One bar, figures with their units, the cheapest other GPUs, notes."""
    monkeypatch.setenv("COLUMNS", "100")
    told = cli("plan", "Qwen/Qwen3-8B", "--offline").stdout
    for words in (
        "8.19B parameters", "fits on", "per hour", "expected", "planned with", "GPUs that also fit", "idle window",
        "ms for one request", "per million", "concurrently", "a month if always on",
    ):  # fmt: skip
        assert words in told
    assert "█" in told and max(map(len, told.splitlines())) < 125


@pytest.mark.parametrize("columns", ["60", "200"])
def test_each_gpu_has_a_bar(cli, monkeypatch, columns):
    """As many as there are up to three, then one for all; the parts as large as their shares."""
    monkeypatch.setenv("COLUMNS", columns)
    two = cli("plan", "Qwen/Qwen3-8B", "--offline", "--gpu", "L4:2").stdout
    assert sum(line.startswith("  █") for line in two.splitlines()) == 2
    (bar,) = [
        x for x in cli("plan", "Qwen/Qwen3-8B", "--offline", "--gpu", "L4:4").stdout.splitlines() if "each of 4" in x
    ]
    found = plan(bundled("Qwen/Qwen3-8B"), Workload(gpu="L4:4", default_max_model_len=16384))
    width = bar.index("|") - 2
    weights = next(row.gib_sized for row in found.ledger if row.item == "weights")
    assert bar.count("█") == pytest.approx(width * weights / facts.gpus()["L4"].usable_gib, abs=1)


def test_a_terminal_without_blocks_gets_ascii(monkeypatch, capsys):
    """The bar is drawn with what its encoding has."""

    class Plain:
        encoding = "ascii"

    found = plan_model.answer("Qwen/Qwen3-8B", Request(), offline=True, say=print)
    monkeypatch.setattr(plan_text.sys, "stdout", Plain())
    assert plan_text.text(found).isascii()


def test_what_does_not_fit_is_told_with_its_plan_and_exit_4(cli):
    """The reason, what would fit, and `fits` false."""
    found = asked(cli, "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", code=4)
    assert found["fits"] is False and "does not fit" in found["reason"] and found["alternatives"]
    told = cli("plan", "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", "--offline")
    assert told.exit_code == 4 and "GPUs that would fit 16,384 tokens and 32 requests, cheapest first" in told.stdout


def test_a_model_larger_than_the_largest_machine_is_refused_with_the_reason(cli, tmp_path):
    """A dense model of four trillion parameters fits nowhere; several machines are named, and no speed is."""
    config = {**facts.config("Qwen/Qwen3-8B").config, "num_hidden_layers": 400, "intermediate_size": 600_000}
    (tmp_path / "config.json").write_text(json.dumps(config))
    found = asked(cli, "config.json", code=4)
    assert not found["alternatives"] and "for a KV cache" in found["reason"]
    assert any("several machines" in note for note in found["notes"])
    told = cli("plan", "config.json", "--goal", "cost").stdout
    assert "short by" in told and "Nothing fits" in told and "a million" not in told


def test_a_fixed_set_up_takes_that_releases_defaults(cli):
    """Only what was given is asked for; the issue's own example."""
    found = asked(
        cli, "Qwen/Qwen3-235B-A22B", "--gpu", "H200:4", "--gpu-memory-utilization", "0.9", "--max-model-len", "16384",
        "--kv-cache-dtype", "fp8", "--engine-version", "0.11.0",
    )  # fmt: skip
    assert (found["max_num_seqs"], found["max_num_batched_tokens"], found["max_model_len"]) == (1024, 8192, 16384)
    assert found["kv_cache"]["dtype"] == "fp8" and found["kv_cache"]["bytes_per_token"] == 94 * 1 * 2 * 128
    assert found["engine_version"] == "0.11.0" and found["gpu_memory_utilization"] == 0.9


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--gpu", "H100", "--gpu-memory-utilization", "0.999"], "are free when the engine starts"),
        (["--gpu", "A100-80GB", "--kv-cache-dtype", "fp8", "--engine-version", "0.11.0"], "does not support FP8"),
        (["--gpu", "H100:3", "--engine-version", "0.11.0"], "32 attention heads"),
    ],
)
def test_a_set_up_that_cannot_start_is_refused(cli, arguments, words):
    """Whatever its memory would be: exit 4, with the reason."""
    assert words in asked(cli, "Qwen/Qwen3-8B", *arguments, code=4)["reason"]


def test_a_format_that_the_release_no_longer_loads_is_refused(cli, tmp_path):
    """bitsandbytes: planned for a release that has it, refused for the pinned one."""
    stated = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    config = {**facts.config("Qwen/Qwen3-8B").config, "quantization_config": stated}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert "no longer loads bitsandbytes" in asked(cli, ".", "--gpu", "H100", code=4)["reason"]
    weights = next(
        r for r in asked(cli, ".", "--gpu", "H100", "--engine-version", "0.11.0")["ledger"] if r["item"] == "weights"
    )
    assert 5.5 < weights["gib"] < 6.5 and not weights["exact"]


@pytest.mark.parametrize("version, words", [("0.9.2", "older than vLLM 0.10.0"), ("latest", "not a version")])
def test_other_releases_are_refused(cli, version, words):
    """Older ones sized their memory by other rules."""
    done = cli("plan", "Qwen/Qwen3-8B", "--gpu", "H100", "--engine-version", version, "--offline")
    assert done.exit_code == 2 and words in done.stderr


@pytest.mark.parametrize(
    "version, words",
    [
        ("0.11.0", "serves Qwen3_5ForConditionalGeneration; support in 0.11.0 was not checked."),
        ("9.1.0", "9.1.0 is newer than"),
    ],
)
def test_what_is_not_known_of_another_release_is_said(cli, version, words):
    """A plan for a release other than the pinned one names what was not read; one for the pinned one does not."""
    pinned = facts.pins()["vllm"].version
    for release in (version, pinned):
        notes = asked(cli, "Qwen/Qwen3.5-9B", "--gpu", "H200", "--engine-version", release)["notes"]
        assert any(words in note for note in notes) == (release == version)


def test_several_are_compared(cli):
    """Models and GPUs, each with its own plan."""
    found = asked(cli, "Qwen/Qwen3-8B", "--compare", "H200", "--compare", "Qwen/Qwen3-32B", "--compare", "h100:2")
    assert [(one["model"], one["gpu"], one["gpus"]) for one in found["compared"]][0::2] == [
        ("Qwen/Qwen3-8B", "H200", 1), ("Qwen/Qwen3-8B", "H100", 2),
    ]  # fmt: skip
    told = cli("plan", "Qwen/Qwen3-8B", "--compare", "H200", "--offline").stdout
    assert "Compared:" in told and "H200" in told


@pytest.mark.parametrize("goal", goals.names())
def test_a_goal_chooses_the_workflow_that_serves_it_best(cli, goal):
    """By the workflows' own order, with the reason."""
    best = goals.serving(goal)[0]
    found = asked(cli, best.default_model, "--goal", goal)
    assert found["advice"]["workflow"] == best.name and found["advice"]["why"] == best.use_when


def test_a_workflow_that_cannot_is_passed_over_with_the_reason(cli):
    """Snapshots are for one GPU: a model of eight goes to the next one."""
    found = asked(cli, "deepseek-ai/DeepSeek-R1-0528", "--goal", "cold-start")
    first, second = goals.serving("cold-start")[:2]
    assert found["advice"]["workflow"] == second.name and f"{first.name} is not suitable" in found["advice"]["why"]


def test_managed_endpoints_and_machines_by_the_month_are_named(cli):
    """The former where nothing was asked of engine, flags or GPU."""
    free = " ".join(asked(cli, "Qwen/Qwen3-8B", "--goal", "cost")["advice"]["instead"])
    assert "modal endpoint create" in free and "by the month" in free
    held = " ".join(asked(cli, "Qwen/Qwen3-8B", "--goal", "cost", "--gpu", "H100")["advice"]["instead"])
    assert "modal endpoint create" not in held


def test_targets_choose_a_larger_gpu_or_refuse(cli):
    """A time per token, tokens per second, a budget: held to the part of the bound that engines reach."""
    plain = asked(cli, "Qwen/Qwen3-8B")
    fast = asked(cli, "Qwen/Qwen3-8B", "--time-per-output-token", "15")
    assert fast["usd_per_hour"] > plain["usd_per_hour"]
    assert fast["bounds"]["time_per_output_token_ms_all_requests"] / 0.7 <= 15
    many = asked(cli, "Qwen/Qwen3-8B", "--tokens-per-s", "3000")
    assert many["bounds"]["decode_tokens_per_s_all_requests"] * 0.7 >= 3000
    refused = asked(cli, "Qwen/Qwen3-8B", "--budget", "0.5", code=4)
    assert "budget of $0.50" in refused["reason"] and refused["verdict"] == "misses a target"


def test_no_request_is_shortened_for_a_target(cli):
    """The nearest miss is told at the asked length, not a larger machine nor a shorter request."""
    found = asked(cli, "Qwen/Qwen3-8B", "--gpu", "H100", "--concurrency", "50", "--time-per-output-token", "15", code=4)
    assert found["max_model_len"] == 16384 and "(target 15)" in found["reason"]
    both = ["--concurrency", "50", "--time-per-output-token", "33", "--budget", "1"]
    near = asked(cli, "Qwen/Qwen3-8B", *both, code=4)
    assert near["usd_per_hour"] < 5 and "budget" in near["reason"]
    within = asked(cli, "Qwen/Qwen3-8B", "--goal", "latency", *both[:-1], "5", "--region", "eu-west")
    assert within["fits"] and within["usd_per_hour"] <= 5


def test_alternatives_are_planned_for_what_was_asked(cli):
    """Not for what the chosen GPU had to lower."""
    small = asked(cli, "Qwen/Qwen3-14B", "--gpu", "L40S")
    assert small["max_num_seqs"] < 32
    assert {one["max_num_seqs"] for one in small["alternatives"]} == {32}
    (same,) = [one for one in small["alternatives"] if one["gpu"] == "H100"]
    alone = asked(cli, "Qwen/Qwen3-14B", "--gpu", "H100")
    assert same["usd_per_million_output_tokens"] == pytest.approx(
        alone["bounds"]["usd_per_million_output_tokens"], abs=0.01
    )


def test_targets_that_are_kept_are_told_and_those_in_the_way_named(cli):
    """What is likely beside what was asked; what would hold the model without the targets."""
    kept = asked(cli, "Qwen/Qwen3-14B", "--concurrency", "20", "--time-per-output-token", "10", "--tokens-per-s", "900")
    texts = ("Estimated time per output token at 20 concurrent requests", "(target 10)", "(target 900)")
    assert all(text in kept["reason"] for text in texts)
    missed = asked(cli, "deepseek-ai/DeepSeek-V3.1", "--gpu", "L4", "--budget", "1", code=4)
    notes = " ".join(missed["notes"])
    assert "Without the targets" in notes and "several machines" not in notes
    two = ["--concurrency", "20", "--time-per-output-token", "1", "--budget", "0.1"]
    assert asked(cli, "Qwen/Qwen3-14B", *two, code=4)["reason"].count(";") == 1  # both are named


def test_an_app_of_the_plan_is_written_by_the_command_it_prints(cli, tmp_path):
    """With the same GPU and limits; a folder and a fixed setup have none."""
    found = asked(cli, "Qwen/Qwen3-14B", "--kv-cache-dtype", "fp8", "--concurrency", "20", "--region", "eu")
    words = shlex.split(found["command"])
    made = json.loads(cli(*words[1:], "--offline", "--json").stdout)["plan"]
    for key in ("gpu", "gpus", "max_model_len", "max_num_seqs", "usd_per_hour", "kv_cache"):
        assert made[key] == found[key], key
    assert "command" not in asked(cli, "Qwen/Qwen3-14B", "--gpu", "H100", "--engine-version", "0.11.0")
    (tmp_path / "config.json").write_text(json.dumps(facts.config("Qwen/Qwen3-8B").config))
    assert "command" not in asked(cli, "config.json")


def test_other_arithmetic_is_marked(cli):
    """A GPU that computes FP8 weights in 16 bits is told with a mark, and why it was not chosen."""
    found = asked(cli, "Qwen/Qwen3-30B-A3B-FP8")
    assert {one["gpu"]: one["native"] for one in found["alternatives"]}["A100-80GB"] is False
    assert any("has no native support for the format of these weights" in note for note in found["notes"])
    assert " *" in cli("plan", "Qwen/Qwen3-30B-A3B-FP8", "--offline").stdout


def test_throughput_names_the_cheaper_token(cli):
    """The GPU is chosen by the hour; where tokens are cheaper, and that more requests make them so, is said."""
    notes = " ".join(asked(cli, "Qwen/Qwen3-8B", "--goal", "throughput")["notes"])
    assert "is cheaper per token" in notes
    few = asked(cli, "Qwen/Qwen3-8B", "--goal", "throughput", "--concurrency", "4")["notes"]
    assert any("raise --concurrency" in note for note in few)


def test_what_does_not_run_has_no_speed(cli):
    """A count that cannot cut the model: no pool, no bounds, no price per token."""
    told = cli("plan", "Qwen/Qwen3-8B", "--gpu", "H100:3", "--offline")
    assert told.exit_code == 4 and "does not run" in told.stdout and "a million" not in told.stdout


def test_what_new_refuses_plan_refuses(cli):
    """More GPUs than a workflow takes, regions that Modal does not have."""
    name = next(one for one in workflows.names() if workflows.load(one).max_gpus == 1)
    done = cli("plan", "Qwen/Qwen3-8B", "--workflow", name, "--gpu", "H100:2", "--offline")
    assert done.exit_code == 2 and "requests 2 GPUs" in done.stderr
    done = cli("plan", "Qwen/Qwen3-8B", "--region", "mars", "--offline")
    assert done.exit_code == 2 and "'mars' is not a Modal region" in done.stderr


@pytest.mark.parametrize("arguments", [["--goal", "latency"], ["--gpu", "H100:2"], ["--workflow", "vllm-cold-start"]])
def test_every_ledger_adds_up(cli, arguments):
    """Both columns, with either engine, to what is printed below them."""
    lines = cli("plan", "Qwen/Qwen3-8B", *arguments, "--offline").stdout.splitlines()
    start = next(at for at, line in enumerate(lines) if "planned with" in line)
    end = next(at for at, line in enumerate(lines) if at > start and line.split()[:1] == ["total"])
    rows = [re.findall(r"-?\d+\.\d\d", line)[:2] for line in lines[start + 1 : end + 1]]
    for column in (0, 1):
        assert sum(float(row[column]) for row in rows[:-1]) == pytest.approx(float(rows[-1][column]), abs=0.03)


def test_pipeline_data_and_expert_parallelism_are_placed(cli):
    """Stages share the layers, replicas have a cache each, experts lie whole."""
    model = "Qwen/Qwen3-235B-A22B"
    tensor = asked(cli, model, "--gpu", "H200:8")
    stages = asked(cli, model, "--gpu", "H200:8", "--pipeline-parallel-size", "2")
    assert stages["tensor_parallel_size"] == 4 and stages["pipeline_parallel_size"] == 2
    # Its 4 KV heads replicate over 8 ranks, and a stage has half of the layers.
    assert stages["kv_cache"]["bytes_per_token"] == tensor["kv_cache"]["bytes_per_token"] / 2
    replicas = asked(cli, model, "--gpu", "H200:8", "--data-parallel-size", "8", "--enable-expert-parallel")
    weights = {one: next(r["gib"] for r in found["ledger"] if r["item"] == "weights") for one, found in
               (("tensor", tensor), ("replicas", replicas))}  # fmt: skip
    assert weights["tensor"] < weights["replicas"] < 1.4 * weights["tensor"]
    cut = asked(cli, model, "--gpu", "H200:8", "--data-parallel-size", "8")  # experts are cut over all replicas, too
    assert cut["ledger"][0]["gib"] == replicas["ledger"][0]["gib"]
    done = cli("plan", model, "--gpu", "H200:8", "--pipeline-parallel-size", "3", "--offline")
    assert done.exit_code == 2 and "cannot be divided into" in done.stderr


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        (["Qwen/Qwen3-8B", "--goal", "latenzy"], 2, "Did you mean latency?"),
        (["Qwen/Qwen3-8B", "--goal", "cost", "--workflow", "vllm-online"], 2, "--goal and --workflow"),
        (["Qwen/Qwen3-8B", "--budget", "-1"], 2, "not a positive number"),
        (["./nowhere"], 2, "cannot be read"),
        (["me/nothing"], 3, "--offline forbids"),
        (["a b"], 2, "not a model id"),
        (["Qwen/Qwen3-8B", "--max-model-len", "99999999"], 2, "out of range"),
        (["Qwen/Qwen3-8B", "--kv-cache-dtype", "fp9"], 2, "fp9"),
        (["Qwen/Qwen3-8B", "--compare", "H1000:2"], 2, "H1000"),
    ],
)
def test_bad_input_ends_in_two_sentences(cli, arguments, code, words):
    """With the exit code of the contract, and nothing on stdout."""
    done = cli("plan", *arguments, "--offline")
    assert done.exit_code == code and words in done.stderr and not done.stdout
    assert len(done.stderr.strip().splitlines()) == 2


def test_an_architecture_that_no_engine_serves_is_refused(cli, tmp_path):
    """Also where it comes from a folder."""
    config = {**facts.config("Qwen/Qwen3-8B").config, "architectures": ["NobodysForCausalLM"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = cli("plan", ".")
    assert done.exit_code == 3 and "does not know the architecture 'NobodysForCausalLM'" in done.stderr
