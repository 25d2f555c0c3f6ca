"""`plan` on the command line: output, JSON keys, exit codes and advice."""

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

PINNED = facts.pins()["vllm"].version
KEYS = {
    "model", "revision", "gpu", "gpus", "tensor_parallel_size", "fits", "reason", "max_model_len", "max_num_seqs",
    "max_num_batched_tokens", "gpu_memory_utilization", "ledger", "kv_cache", "startup_timeout_s", "usd_per_hour",
    "bounds", "alternatives", "notes",
}  # fmt: skip


def plan_json(cli, *arguments: str, code: int = 0) -> dict:
    done = cli("plan", *arguments, "--offline", "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_plan_has_the_documented_keys(cli):
    """Each row of the ledger has its source."""
    planned = plan_json(cli, "Qwen/Qwen3-8B")
    assert set(planned) >= KEYS
    assert {row["item"] for row in planned["ledger"]} >= {
        "weights",
        "kv_cache",
        "activations",
        "cuda_graphs",
        "non_torch",
    }
    assert all(set(row) >= {"item", "gib", "exact", "source"} for row in planned["ledger"])
    assert set(planned["kv_cache"]) >= {"bytes_per_token", "gib", "gib_low", "gib_high", "tokens", "max_concurrency"}


def test_a_plan_and_a_new_app_have_the_same_numbers(cli):
    """For every workflow, with its defaults."""
    defaults = [(name, workflows.load(name).default_model) for name in workflows.names()]
    for number, (name, model) in enumerate([*defaults, ("sglang-low-latency", "Qwen/Qwen3.6-27B")]):  # with a draft
        planned = plan_json(cli, model, "--workflow", name)
        arguments = [f"a{number}.py", "--workflow", name, "--model", model, "--offline", "--json"]
        app_plan = json.loads(cli("new", *arguments).stdout)["plan"]
        for key in ("gpu", "gpus", "max_model_len", "max_num_seqs", "ledger", "kv_cache", "usd_per_hour"):
            assert planned[key] == app_plan[key], (name, key)


def test_the_output_has_ledger_limits_speed_and_alternatives(cli, monkeypatch):
    """With a bar, units, and lines of limited length."""
    monkeypatch.setenv("COLUMNS", "100")
    output = cli("plan", "Qwen/Qwen3-8B", "--offline").stdout
    for text in (
        "8.19B parameters", "fits on", "per hour", "expected", "planned with", "GPUs that also fit", "idle window",
        "ms for one request", "per million", "concurrently", "a month if always on",
    ):  # fmt: skip
        assert text in output
    assert "█" in output and max(map(len, output.splitlines())) < 125


def test_the_first_line_says_what_was_lowered(cli, monkeypatch):
    """And JSON what was asked for; nothing was lowered where it fits, nor where it was asked for."""
    monkeypatch.setenv("COLUMNS", "200")

    def first_line(*arguments: str) -> str:
        return cli("plan", "Qwen/Qwen3-32B", *arguments, "--offline").stdout.splitlines()[0]

    few = plan_json(cli, "Qwen/Qwen3-32B", "--gpu", "H100")
    assert few["requested"] == {"max_model_len": 16384, "max_num_seqs": 32}
    assert few["lowered"] == [f"{few['max_num_seqs']} of 32 requests at once"]
    assert f"fits on H100 with only {few['max_num_seqs']} of 32 requests at once, $" in first_line("--gpu", "H100")
    short = plan_json(cli, "Qwen/Qwen3-32B", "--gpu", "H100", "--concurrency", "8")
    assert short["lowered"] == [f"{short['max_model_len']:,} of 16,384 tokens per request"]
    assert " even with only 1 of 32 requests at once and 4,096 of" in first_line("--gpu", "L4:2")
    for arguments in (("--gpu", "H200"), ("--gpu", "H100", "--max-model-len", "8192", "--concurrency", "2")):
        assert plan_json(cli, "Qwen/Qwen3-32B", *arguments)["lowered"] == [] and "only" not in first_line(*arguments)
    fixed = plan_json(cli, "Qwen/Qwen3-8B", "--gpu", "L40S", "--engine-version", PINNED)
    assert fixed["requested"]["max_num_seqs"] == fixed["max_num_seqs"] and not fixed["lowered"]


@pytest.mark.parametrize("columns", ["60", "200"])
def test_each_gpu_has_a_bar(cli, monkeypatch, columns):
    """Up to three bars, or one for all if there are more; the parts are proportional to their sizes."""
    monkeypatch.setenv("COLUMNS", columns)
    two = cli("plan", "Qwen/Qwen3-8B", "--offline", "--gpu", "L4:2").stdout
    assert sum(line.startswith("  █") for line in two.splitlines()) == 2
    (bar,) = [
        x for x in cli("plan", "Qwen/Qwen3-8B", "--offline", "--gpu", "L4:4").stdout.splitlines() if "each of 4" in x
    ]
    planned = plan(bundled("Qwen/Qwen3-8B"), Workload(gpu="L4:4", default_max_model_len=16384))
    width = bar.index("|") - 2
    weights = next(row.gib_sized for row in planned.ledger if row.item == "weights")
    assert bar.count("█") == pytest.approx(width * weights / facts.gpus()["L4"].usable_gib, abs=1)


def test_a_terminal_without_blocks_gets_ascii(monkeypatch, capsys):
    """The bar is drawn with characters of the terminal's encoding."""

    class Plain:
        encoding = "ascii"

    planned = plan_model.answer("Qwen/Qwen3-8B", Request(), offline=True, say=print)
    monkeypatch.setattr(plan_text.sys, "stdout", Plain())
    assert plan_text.text(planned).isascii()


def test_a_plan_that_does_not_fit_exits_with_4(cli):
    """It has the reason and the GPUs that would fit, and `fits` is false."""
    planned = plan_json(cli, "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", code=4)
    assert planned["fits"] is False and "does not fit" in planned["reason"] and planned["alternatives"]
    done = cli("plan", "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", "--offline")
    assert (
        done.exit_code == 4
        and "GPUs that would fit 16,384 tokens and 32 requests, cheapest per hour first" in done.stdout
    )


def test_a_model_that_fits_no_gpu_is_refused(cli, tmp_path):
    """A dense model of four trillion parameters: a note mentions several machines, and no speed is printed."""
    config = {**facts.config("Qwen/Qwen3-8B").config, "num_hidden_layers": 400, "intermediate_size": 600_000}
    (tmp_path / "config.json").write_text(json.dumps(config))
    planned = plan_json(cli, "config.json", code=4)
    assert not planned["alternatives"] and "for a KV cache" in planned["reason"]
    assert any("several machines" in note for note in planned["notes"])
    output = cli("plan", "config.json", "--goal", "cost").stdout
    assert "short by" in output and "Nothing fits" in output and "a million" not in output


def test_a_fixed_setup_has_the_defaults_of_its_release(cli):
    """Options that are not given have the defaults of that release."""
    planned = plan_json(
        cli, "Qwen/Qwen3-235B-A22B", "--gpu", "H200:4", "--gpu-memory-utilization", "0.9", "--max-model-len", "16384",
        "--kv-cache-dtype", "fp8", "--engine-version", "0.11.0",
    )  # fmt: skip
    assert (planned["max_num_seqs"], planned["max_num_batched_tokens"], planned["max_model_len"]) == (1024, 8192, 16384)
    assert planned["kv_cache"]["dtype"] == "fp8" and planned["kv_cache"]["bytes_per_token"] == 94 * 1 * 2 * 128
    assert planned["engine_version"] == "0.11.0" and planned["gpu_memory_utilization"] == 0.9


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--gpu", "H100", "--gpu-memory-utilization", "0.999"], "are free when the engine starts"),
        (["--gpu", "A100-80GB", "--kv-cache-dtype", "fp8", "--engine-version", "0.11.0"], "does not support FP8"),
        (["--gpu", "H100:3", "--engine-version", "0.11.0"], "32 attention heads"),
    ],
)
def test_a_setup_that_cannot_start_is_refused(cli, arguments, reason):
    """Exit code 4 and the reason, whatever its memory."""
    assert reason in plan_json(cli, "Qwen/Qwen3-8B", *arguments, code=4)["reason"]


def test_a_format_that_the_release_no_longer_loads_is_refused(cli, tmp_path):
    """bitsandbytes is planned for an older release, and refused for the pinned one."""
    stated = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    config = {**facts.config("Qwen/Qwen3-8B").config, "quantization_config": stated}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert "no longer loads bitsandbytes" in plan_json(cli, ".", "--gpu", "H100", code=4)["reason"]
    weights = next(
        r
        for r in plan_json(cli, ".", "--gpu", "H100", "--engine-version", "0.11.0")["ledger"]
        if r["item"] == "weights"
    )
    assert 5.5 < weights["gib"] < 6.5 and not weights["exact"]


@pytest.mark.parametrize("version, message", [("0.9.2", "older than vLLM 0.10.0"), ("latest", "not a version")])
def test_unsupported_releases_are_refused(cli, version, message):
    """Older releases calculate their memory differently."""
    done = cli("plan", "Qwen/Qwen3-8B", "--gpu", "H100", "--engine-version", version, "--offline")
    assert done.exit_code == 2 and message in done.stderr


@pytest.mark.parametrize(
    "version, expected",
    [
        ("0.11.0", "serves Qwen3_5ForConditionalGeneration; support in 0.11.0 was not checked."),
        ("9.1.0", "9.1.0 is newer than"),
    ],
)
def test_unknown_properties_of_a_release_are_noted(cli, version, expected):
    """A plan for another release has a note about what was not checked; one for the pinned release has none."""
    pinned = facts.pins()["vllm"].version
    for release in (version, pinned):
        notes = plan_json(cli, "Qwen/Qwen3.5-9B", "--gpu", "H200", "--engine-version", release)["notes"]
        assert any(expected in note for note in notes) == (release == version)


def test_a_copy_in_another_format_is_offered_before_the_plan(cli, monkeypatch):
    """What holds the requested size, and cheaper GPUs that hold a part of it; each figure is a plan of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    many = plan_json(cli, "Qwen/Qwen3-32B", "--concurrency", "100")
    (copy,) = many["siblings"]
    assert copy["model"] == "Qwen/Qwen3-32B-FP8" and copy["usd_per_hour"] < many["usd_per_hour"]
    assert copy["revision"] == facts.models()["Qwen/Qwen3-32B-FP8"].revision
    (h100,) = [offer for offer in copy["smaller"] if offer["gpu"] == "H100"]
    assert all(offer["usd_per_hour"] < copy["usd_per_hour"] for offer in copy["smaller"])
    for requests, length in ((h100["max_num_seqs"], 16384), (100, h100["max_model_len"])):
        arguments = ("Qwen/Qwen3-32B-FP8", "--gpu", "H100", "--concurrency")
        plan_json(cli, *arguments, str(requests), "--max-model-len", str(length))
        more = (str(requests + 1), "--max-model-len", str(length + 256))
        plan_json(cli, *arguments, *more, code=4)
    output = cli("plan", "Qwen/Qwen3-32B", "--concurrency", "100", "--offline").stdout
    assert output.index("Qwen/Qwen3-32B-FP8 is the same model in fp8") < output.index("GiB per GPU")
    assert f"H100 ($3.95) holds {h100['max_num_seqs']} requests at once" in output


def test_a_copy_is_offered_for_a_load(cli):
    """With the GPU on which the load costs least, and its containers."""
    load = ("--users", "100", "--requests-per-s", "2", "--prompt-tokens", "1000", "--output-tokens", "300")
    planned = plan_json(cli, "Qwen/Qwen3-32B", *load)
    (copy,) = planned["siblings"]
    theirs = plan_json(cli, copy["model"], *load)
    assert (copy["gpu"], copy["usd_per_hour"], copy["containers"]) == (
        theirs["gpu"], theirs["load"]["usd_per_hour"], theirs["load"]["containers"],
    )  # fmt: skip
    assert copy["usd_per_hour"] < planned["load"]["usd_per_hour"]
    assert any("this load fits" in note for note in planned["notes"])


def test_a_copy_without_a_commit_is_said_to_need_the_hub(cli):
    """The facts know the model and not its commit."""
    planned = plan_json(cli, "meta-llama/Llama-3.3-70B-Instruct")
    (copy,) = planned["siblings"]
    assert copy["revision"] is None
    assert any(f"{copy['model']} is" in note and "needs the Hub" in note for note in planned["notes"])


def test_a_snapshot_is_not_recommended_for_many_weights(cli):
    """Reading them is most of a start, which a snapshot does not speed up; a smaller model gets one."""
    small, large = (
        plan_json(cli, model, "--goal", "cold-start")
        for model in ("Qwen/Qwen3-8B", "meta-llama/Llama-3.3-70B-Instruct")
    )
    first, second = goals.serving("cold-start")[:2]
    assert small["advice"]["workflow"] == first.name and large["advice"]["workflow"] == second.name
    assert "reading 131 GiB of weights" in large["advice"]["why"]
    notes = plan_json(cli, "meta-llama/Llama-3.3-70B-Instruct", "--workflow", first.name)["notes"]
    assert any("does not speed up reading 131 GiB" in note for note in notes)


def test_a_comparison_is_at_one_size(cli, monkeypatch):
    """Lengths and requests are those that were requested; where they do not fit there are dashes, and what fits."""
    monkeypatch.setenv("COLUMNS", "200")
    arguments = ("Qwen/Qwen3-32B", "--gpu", "H100", "--compare", "H200", "--compare", "L4", "--compare", "L40S:2")
    planned = plan_json(cli, *arguments)
    comparison = planned["comparison"]
    assert planned["lowered"] and (comparison["max_model_len"], comparison["max_num_seqs"]) == (16384, 32)
    h100, h200, l4, _ = comparison["rows"]
    alone = plan_json(cli, "Qwen/Qwen3-32B", "--gpu", "H200")
    assert h200["requests"] == 32 and h200["kv_gib_low"] == alone["kv_cache"]["gib_low"] and h200["instead"] is None
    assert {row["requests"] for row in (h100, l4)} == {row["kv_gib_low"] for row in (h100, l4)} == {None}
    assert h100["instead"]["max_num_seqs"] >= planned["max_num_seqs"] and l4["instead"] is None
    for requests, length in ((h100["instead"]["max_num_seqs"], 16384), (32, h100["instead"]["max_model_len"])):
        size = ("--concurrency", str(requests), "--max-model-len", str(length))
        assert plan_json(cli, "Qwen/Qwen3-32B", "--gpu", "H100", *size)["fits"]
    output = cli("plan", *arguments, "--offline").stdout.partition("Compared at 16,384 tokens and 32 requests:")[2]
    rows = [line.split() for line in output.splitlines()[1:4]]
    assert rows[1][-5:] == ["-"] * 5 and "-" not in rows[2]
    assert f"H100: holds {h100['instead']['max_num_seqs']} of 32 requests at once, or all" in output
    assert "L4: Qwen/Qwen3-32B does not fit there." in output


def test_a_comparison_names_what_differs(cli):
    """Defaults that an engine chooses by the GPU, and models with a shorter context."""
    fixed = plan_json(cli, "Qwen/Qwen3-8B", "--gpu", "H100", "--engine-version", PINNED, "--compare", "L40S")
    assert fixed["comparison"]["differs"] == ["tokens per engine step: 8,192 on H100, 2,048 on L40S"]
    assert {plan["max_num_seqs"] for plan in (fixed, *fixed["compared"])} == {fixed["max_num_seqs"]}
    longer = ("Qwen/Qwen3-4B-Instruct-2507", "--max-model-len", "65536", "--compare", "Qwen/Qwen3-4B")
    row = plan_json(cli, *longer)["comparison"]["rows"][1]
    assert row["requests"] is None and row["remark"] == "Qwen/Qwen3-4B has at most 40,960 tokens"


def test_models_and_gpus_are_compared(cli):
    """Each with its own plan."""
    planned = plan_json(cli, "Qwen/Qwen3-8B", "--compare", "H200", "--compare", "Qwen/Qwen3-32B", "--compare", "h100:2")
    assert [(row["model"], row["gpu"], row["gpus"]) for row in planned["compared"]][0::2] == [
        ("Qwen/Qwen3-8B", "H200", 1), ("Qwen/Qwen3-8B", "H100", 2),
    ]  # fmt: skip
    output = cli("plan", "Qwen/Qwen3-8B", "--compare", "H200", "--offline").stdout
    assert "Compared at 16,384 tokens and 32 requests:" in output and "H200" in output


def test_more_of_the_same_gpu_are_an_alternative_to_one_that_does_not_fit(cli):
    """Where the chosen number fits, the same GPU is not listed again."""
    size = ("--max-model-len", "16384", "--concurrency", "32")
    refused = plan_json(cli, "Qwen/Qwen3-32B", *size, "--gpu", "A100-80GB", code=4)
    fits = plan_json(cli, "Qwen/Qwen3-32B", *size, "--gpu", "A100-80GB:2")
    assert [row["gpus"] for row in refused["alternatives"] if row["gpu"] == "A100-80GB"] == [2]
    assert fits["fits"] and "A100-80GB" not in [row["gpu"] for row in fits["alternatives"]]


def test_the_table_marks_gpus_without_native_support(cli):
    """A star after the GPU, and what it means; T4 has no BF16."""
    table = cli("plan", "Qwen/Qwen3-8B", "--offline").stdout.partition("GPUs that also fit")[2]
    starred = {line.split("*")[0].strip() for line in table.splitlines() if "*" in line[:20]}
    assert starred == {"4 x T4", ""}  # the row, and the footnote
    assert "* no native support for the format of these weights" in table


@pytest.mark.parametrize("goal", goals.names())
def test_a_goal_chooses_the_best_workflow(cli, goal):
    """The first in the order of the workflows, with the reason."""
    best = goals.serving(goal)[0]
    planned = plan_json(cli, best.default_model, "--goal", goal)
    assert planned["advice"]["workflow"] == best.name and planned["advice"]["why"] == best.use_when


def test_an_unsuitable_workflow_is_skipped_with_the_reason(cli):
    """Snapshots require one GPU, so a model for eight GPUs gets the next workflow."""
    planned = plan_json(cli, "deepseek-ai/DeepSeek-R1-0528", "--goal", "cold-start")
    first, second = goals.serving("cold-start")[:2]
    assert planned["advice"]["workflow"] == second.name and f"{first.name} is not suitable" in planned["advice"]["why"]


def test_managed_endpoints_and_monthly_machines_are_mentioned(cli):
    """Managed endpoints only if neither engine, flags nor GPU are specified."""
    advice = " ".join(plan_json(cli, "Qwen/Qwen3-8B", "--goal", "cost")["advice"]["instead"])
    assert "modal endpoint create" in advice and "by the month" in advice
    fixed = " ".join(plan_json(cli, "Qwen/Qwen3-8B", "--goal", "cost", "--gpu", "H100")["advice"]["instead"])
    assert "modal endpoint create" not in fixed


def test_targets_choose_a_larger_gpu_or_refuse_the_plan(cli):
    """Time per token, tokens per second and budget; speeds are compared with 70 % of the bounds."""
    plain = plan_json(cli, "Qwen/Qwen3-8B")
    fast = plan_json(cli, "Qwen/Qwen3-8B", "--time-per-output-token", "15")
    assert fast["usd_per_hour"] > plain["usd_per_hour"]
    assert fast["bounds"]["time_per_output_token_ms_all_requests"] / 0.7 <= 15
    many = plan_json(cli, "Qwen/Qwen3-8B", "--tokens-per-s", "3000")
    assert many["bounds"]["decode_tokens_per_s_all_requests"] * 0.7 >= 3000
    refused = plan_json(cli, "Qwen/Qwen3-8B", "--budget", "0.5", code=4)
    assert "budget of $0.50" in refused["reason"] and refused["verdict"] == "misses a target"


def test_a_budget_names_what_it_buys(cli):
    """The GPU within it that holds most, and the next step up; each is a plan of its own."""
    missed = plan_json(cli, "Qwen/Qwen3-32B", "--budget", "4", code=4)
    buys, up = missed["budget"]["buys"], missed["budget"]["next"]
    assert buys["usd_per_hour"] <= 4 < up["usd_per_hour"] == plan_json(cli, "Qwen/Qwen3-32B")["usd_per_hour"]
    gpu = ("--gpu", buys["gpu"])
    few = plan_json(cli, "Qwen/Qwen3-32B", *gpu, "--max-model-len", "16384", "--concurrency", str(buys["max_num_seqs"]))
    assert few["fits"] and 0 < buys["max_num_seqs"] < 32 and 0 < buys["max_model_len"] < 16384
    text = (
        f"For $4.00 per hour, {buys['gpu']} (${buys['usd_per_hour']:.2f}) holds {buys['max_num_seqs']} requests at once"
    )
    assert text in missed["reason"] and f"The next step up is {up['gpu']} for" in missed["reason"]
    single = plan_json(cli, "Qwen/Qwen3-8B", "--budget", "1", code=4)["budget"]["buys"]
    assert not single["max_num_seqs"] and plan_json(
        cli, "Qwen/Qwen3-8B", "--gpu", "L4", "--concurrency", "1", "--max-model-len", str(single["longest"])
    )
    nothing = plan_json(cli, "Qwen/Qwen3-32B", "--budget", "1", code=4)
    assert nothing["budget"]["buys"] is None and "buys no GPU that runs" in nothing["reason"]
    fits = plan_json(cli, "Qwen/Qwen3-8B", "--budget", "5")
    assert fits["budget"]["buys"]["gpu"] == fits["gpu"] and fits["budget"]["next"]["usd_per_hour"] > 5
    assert plan_json(cli, "Qwen/Qwen3-8B")["budget"] is None


def test_no_request_is_shortened_for_a_target(cli):
    """The plan that comes closest keeps the requested length and GPU."""
    planned = plan_json(
        cli, "Qwen/Qwen3-8B", "--gpu", "H100", "--concurrency", "50", "--time-per-output-token", "15", code=4
    )
    assert planned["max_model_len"] == 16384 and "(target 15)" in planned["reason"]
    both = ["--concurrency", "50", "--time-per-output-token", "33", "--budget", "1"]
    near = plan_json(cli, "Qwen/Qwen3-8B", *both, code=4)
    assert near["usd_per_hour"] < 5 and "budget" in near["reason"]
    within = plan_json(cli, "Qwen/Qwen3-8B", "--goal", "latency", *both[:-1], "5", "--region", "eu-west")
    assert within["fits"] and within["usd_per_hour"] <= 5


def test_alternatives_are_planned_for_the_request(cli):
    """Not for the values that were lowered for the chosen GPU."""
    small = plan_json(cli, "Qwen/Qwen3-14B", "--gpu", "L40S")
    assert small["max_num_seqs"] < 32
    assert {row["max_num_seqs"] for row in small["alternatives"]} == {32}
    (same,) = [row for row in small["alternatives"] if row["gpu"] == "H100"]
    alone = plan_json(cli, "Qwen/Qwen3-14B", "--gpu", "H100")
    assert same["usd_per_million_output_tokens"] == pytest.approx(
        alone["bounds"]["usd_per_million_output_tokens"], abs=0.01
    )


def test_reasons_name_met_and_missed_targets(cli):
    """Estimates with their targets; and for a miss, the GPUs that would fit without the targets."""
    met = plan_json(
        cli, "Qwen/Qwen3-14B", "--concurrency", "20", "--time-per-output-token", "10", "--tokens-per-s", "900"
    )
    texts = ("Estimated time per output token at 20 concurrent requests", "(target 10)", "(target 900)")
    assert all(text in met["reason"] for text in texts)
    missed = plan_json(cli, "deepseek-ai/DeepSeek-V3.1", "--gpu", "L4", "--budget", "1", code=4)
    notes = " ".join(missed["notes"])
    assert "Without the targets" in notes and "several machines" not in notes
    two = ["--concurrency", "20", "--time-per-output-token", "1", "--budget", "0.1"]
    assert plan_json(cli, "Qwen/Qwen3-14B", *two, code=4)["reason"].count(";") == 1  # both are named


def test_the_command_of_a_plan_writes_its_app(cli, tmp_path):
    """With the same GPU and limits; plans of a folder or a fixed setup have no command."""
    planned = plan_json(cli, "Qwen/Qwen3-14B", "--kv-cache-dtype", "fp8", "--concurrency", "20", "--region", "eu")
    words = shlex.split(planned["command"])
    app_plan = json.loads(cli(*words[1:], "--offline", "--json").stdout)["plan"]
    for key in ("gpu", "gpus", "max_model_len", "max_num_seqs", "usd_per_hour", "kv_cache"):
        assert app_plan[key] == planned[key], key
    assert "command" not in plan_json(cli, "Qwen/Qwen3-14B", "--gpu", "H100", "--engine-version", "0.11.0")
    (tmp_path / "config.json").write_text(json.dumps(facts.config("Qwen/Qwen3-8B").config))
    assert "command" not in plan_json(cli, "config.json")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--gpu", "H100:4", "--pipeline-parallel-size", "2", "--enable-expert-parallel"),
        ("--gpu", "H100:2", "--data-parallel-size", "2"),
        ("--gpu", "H100:2", "--workflow", "sglang-low-latency", "--enable-expert-parallel"),
    ],
)
def test_the_command_of_a_plan_has_its_ranks(cli, arguments):
    """As flags of the engine, from which `new` makes the same plan."""
    planned = plan_json(cli, "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", *arguments)
    app_plan = json.loads(cli(*shlex.split(planned["command"])[1:], "--offline", "--json").stdout)["plan"]
    for key in ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size", "ledger"):
        assert app_plan[key] == planned[key], key


def test_gpus_without_native_support_are_marked(cli):
    """A GPU that computes FP8 weights in 16 bits has an asterisk, and a note says why it was not chosen."""
    planned = plan_json(cli, "Qwen/Qwen3-30B-A3B-FP8")
    assert {row["gpu"]: row["native"] for row in planned["alternatives"]}["A100-80GB"] is False
    assert any("has no native support for the format of these weights" in note for note in planned["notes"])
    assert " *" in cli("plan", "Qwen/Qwen3-30B-A3B-FP8", "--offline").stdout


def test_notes_for_the_goal_throughput(cli):
    """The GPU is chosen by its price per hour; notes say where tokens are cheaper, and suggest more concurrency."""
    notes = " ".join(plan_json(cli, "Qwen/Qwen3-8B", "--goal", "throughput")["notes"])
    assert "is cheaper per token" in notes
    few = plan_json(cli, "Qwen/Qwen3-8B", "--goal", "throughput", "--concurrency", "4")["notes"]
    assert any("raise --concurrency" in note for note in few)


def test_a_setup_that_does_not_run_has_no_speed(cli):
    """With a GPU count that cannot shard the model, there is no price per token."""
    done = cli("plan", "Qwen/Qwen3-8B", "--gpu", "H100:3", "--offline")
    assert done.exit_code == 4 and "does not run" in done.stdout and "a million" not in done.stdout


def test_plan_refuses_what_new_refuses(cli):
    """More GPUs than a workflow supports, and unknown regions."""
    workflow = next(name for name in workflows.names() if workflows.load(name).max_gpus == 1)
    done = cli("plan", "Qwen/Qwen3-8B", "--workflow", workflow, "--gpu", "H100:2", "--offline")
    assert done.exit_code == 2 and "requests 2 GPUs" in done.stderr
    done = cli("plan", "Qwen/Qwen3-8B", "--region", "mars", "--offline")
    assert done.exit_code == 2 and "'mars' is not a Modal region" in done.stderr


@pytest.mark.parametrize("arguments", [["--goal", "latency"], ["--gpu", "H100:2"], ["--workflow", "vllm-cold-start"]])
def test_every_ledger_adds_up(cli, arguments):
    """Both columns, with either engine, to the printed totals."""
    lines = cli("plan", "Qwen/Qwen3-8B", *arguments, "--offline").stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if "planned with" in line)
    end = next(index for index, line in enumerate(lines) if index > start and line.split()[:1] == ["total"])
    rows = [re.findall(r"-?\d+\.\d\d", line)[:2] for line in lines[start + 1 : end + 1]]
    for column in (0, 1):
        assert sum(float(row[column]) for row in rows[:-1]) == pytest.approx(float(rows[-1][column]), abs=0.03)


def test_pipeline_data_and_expert_parallelism(cli):
    """Layers are divided into stages, each replica has its own cache, and GPUs hold complete experts."""
    model = "Qwen/Qwen3-235B-A22B"
    tensor = plan_json(cli, model, "--gpu", "H200:8")
    stages = plan_json(cli, model, "--gpu", "H200:8", "--pipeline-parallel-size", "2")
    assert stages["tensor_parallel_size"] == 4 and stages["pipeline_parallel_size"] == 2
    # Its 4 KV heads replicate over 8 ranks, and a stage has half of the layers.
    assert stages["kv_cache"]["bytes_per_token"] == tensor["kv_cache"]["bytes_per_token"] / 2
    replicas = plan_json(cli, model, "--gpu", "H200:8", "--data-parallel-size", "8", "--enable-expert-parallel")
    weights = {name: next(r["gib"] for r in document["ledger"] if r["item"] == "weights") for name, document in
               (("tensor", tensor), ("replicas", replicas))}  # fmt: skip
    assert weights["tensor"] < weights["replicas"] < 1.4 * weights["tensor"]
    # Without it, experts are sharded over all replicas as well.
    sharded = plan_json(cli, model, "--gpu", "H200:8", "--data-parallel-size", "8")
    assert sharded["ledger"][0]["gib"] == replicas["ledger"][0]["gib"]
    done = cli("plan", model, "--gpu", "H200:8", "--pipeline-parallel-size", "3", "--offline")
    assert done.exit_code == 2 and "cannot be divided into" in done.stderr


@pytest.mark.parametrize(
    "arguments, code, message",
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
def test_bad_input_is_refused_in_two_sentences(cli, arguments, code, message):
    """With the documented exit code, and nothing on stdout."""
    done = cli("plan", *arguments, "--offline")
    assert done.exit_code == code and message in done.stderr and not done.stdout
    assert len(done.stderr.strip().splitlines()) == 2


def test_an_unknown_architecture_is_refused(cli, tmp_path):
    """Also in a local folder."""
    config = {**facts.config("Qwen/Qwen3-8B").config, "architectures": ["NobodysForCausalLM"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = cli("plan", ".")
    assert done.exit_code == 3 and "does not know the architecture 'NobodysForCausalLM'" in done.stderr
