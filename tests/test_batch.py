"""Batches: `plan` and `new` price a file of prompts, starts included, and choose the GPU by the whole price."""

import json
import re
from pathlib import Path

import pytest

MODEL = "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8"
LENGTHS = ("--prompt-tokens", "1000", "--output-tokens", "300")


@pytest.fixture
def batch(cli):
    """The plan of that many prompts."""

    def run(prompts: int, *arguments: str, code: int = 0) -> dict:
        result = cli("plan", MODEL, "--json", "--prompts", str(prompts), *LENGTHS, *arguments)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return run


def test_three_prompts_need_no_gpu_whose_tokens_are_cheap(batch):
    """Starts are most of a small batch and little of a large one, so that the GPU is another."""
    small, large = batch(3), batch(100_000)
    assert small["usd_per_hour"] < large["usd_per_hour"]
    assert small["batch"]["start_share"] > 0.9 and large["batch"]["start_share"] < 0.3
    tokens_usd = {plan["gpu"]: plan["bounds"]["usd_per_million_output_tokens"] for plan in (small, large)}
    assert tokens_usd[small["gpu"]] > tokens_usd[large["gpu"]]
    assert small["workflow"] == large["workflow"] == "vllm-throughput"


def test_the_figures_of_a_batch_agree(cli, batch):
    """Containers are rented from their start to the end of the idle window; a deadline takes more of them."""
    for plan in (batch(100_000), batch(100_000, "--by", "0.25")):
        found, window = plan["batch"], plan["bounds"]["idle_window_s"] / 3600
        for hours, usd in ((found["hours_low"], found["usd_low"]), (found["hours_high"], found["usd_high"])):
            assert usd == pytest.approx(found["containers"] * plan["usd_per_hour"] * (hours + window), rel=1e-2)
        assert found["estimate"] is True and found["hours_low"] < found["hours_high"]
        prices = [option["usd_high"] for option in found["options"]]
        assert len(prices) == 5 and found["usd_high"] < min(prices)
    assert found["by_hours"] == 0.25 >= found["hours_high"] and found["containers"] > 1
    text = cli("plan", MODEL, "--prompts", "100000", *LENGTHS).stdout
    assert "An estimate for 100,000 prompts" in text and "Other GPUs for this batch" in text


def test_a_deadline_before_the_end_of_a_start_is_missed(batch):
    """With the hours that it takes; more containers than calls do not help."""
    plan = batch(3, "--by", "0.005", code=4)
    assert plan["verdict"] == "misses a target" and "(--by 0.005)" in plan["reason"]
    assert plan["batch"]["containers"] == 1


def test_an_app_has_the_containers_of_its_batch(cli, batch):
    """On the same GPU, with as many prompts at once."""
    plan = batch(100_000, "--by", "0.25")
    arguments = ("new", "a.py", "--model", MODEL, "--prompts", "100000", "--by", "0.25", *LENGTHS)
    done = cli(*arguments)
    assert done.exit_code == 0 and "An estimate for 100,000 prompts" in done.stdout
    text = Path("a.py").read_text("utf-8")
    assert re.search(r"max_containers=(\d+),", text)[1] == str(plan["batch"]["containers"])
    assert f"MAX_NUM_SEQS = {plan['batch']['slots']} " in text and f'gpu="{plan["gpu"]}"' in text
    assert cli("new", "--spec", "a.py", "--diff").exit_code == 0
    command = plan["command"].split()
    assert cli(*command[1:]).exit_code == 0


def test_long_answers_are_not_cut_at_the_default_length(cli):
    """An answer ends at twice the typical length, as far as the prompt leaves room."""
    base = ("new", "a.py", "--force", "--model", MODEL, "--prompts", "9", "--prompt-tokens", "1000")
    for typical, longest in (("300", 1024), ("2000", 4000), ("6000", 7192)):
        assert cli(*base, "--output-tokens", typical).exit_code == 0
        assert f"MAX_TOKENS = {longest} " in Path("a.py").read_text("utf-8")


def test_a_goal_chooses_a_workflow_for_the_work(cli):
    """A batch is none of a server, nor a load one of a file of prompts: the next workflow serves it, or none does."""
    load = ("--requests-per-s", "5", *LENGTHS)
    served = cli("plan", MODEL, "--json", "--goal", "throughput", *load)
    assert json.loads(served.stdout)["workflow"] == "vllm-online"
    assert cli("plan", MODEL, "--goal", "throughput", "--prompts", "9", *LENGTHS).exit_code == 0
    refused = cli("plan", MODEL, "--goal", "cost", "--prompts", "9", *LENGTHS)
    assert refused.exit_code == 2 and "Use --goal throughput." in refused.stderr


REFUSED = {
    "a deadline without prompts": (("--by", "3"), "--by 3 has no effect without --prompts"),
    "no prompts": (("--prompts", "0", *LENGTHS), "--prompts '0' is not between"),
    "a deadline in the past": (("--prompts", "9", "--by", "-1", *LENGTHS), "--by '-1.0' is not between"),
    "no lengths": (("--prompts", "9"), "--prompt-tokens and --output-tokens"),
    "a load as well": (("--prompts", "9", "--users", "3", *LENGTHS), "one of them at a time"),
    "a server": (("--prompts", "9", "--workflow", "vllm-online", *LENGTHS), "works through a file"),
    "a target of a server": (("--prompts", "9", "--ttft-p95", "3", *LENGTHS), "--ttft-p95 3 has no effect"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_batch_is_refused(case, cli):
    """In two sentences."""
    arguments, expected = REFUSED[case]
    result = cli("new", "a.py", "--model", MODEL, *arguments)
    assert result.exit_code == 2 and expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 2 and not Path("a.py").exists()
