"""Loads: `plan` and `new` count containers for users or requests per second, on the GPU where they cost least."""

import json
import re
from pathlib import Path

import pytest

LOAD = ("--requests-per-s", "20", "--prompt-tokens", "1000", "--output-tokens", "300")


@pytest.fixture
def planned(cli):
    """The document of `plan Qwen/Qwen3-8B` with these options."""

    def run(*arguments: str, code: int = 0) -> dict:
        result = cli("plan", "Qwen/Qwen3-8B", "--json", *arguments)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return run


def test_a_plan_counts_containers_and_says_that_it_is_an_estimate(cli, planned):
    """The figures agree with each other, and other GPUs are compared by the price of all their containers."""
    plan = planned(*LOAD, "--ttft-p95", "1", "--gpu", "H100")
    load = plan["load"]
    assert load["estimate"] is True and len(load["sources"]) == 2
    assert load["containers"] > 1 and load["containers_if_fast"] <= load["containers"]
    assert load["slots"] == plan["max_num_seqs"] and load["running"] < load["slots"]
    assert load["usd_per_hour"] == pytest.approx(load["containers"] * plan["usd_per_hour"])
    assert load["ttft_p95_s"] <= 1 and load["request_s"] > 300 * load["time_per_output_token_ms"] / 1000
    free = planned(*LOAD, "--ttft-p95", "1")["load"]
    prices = [free["usd_per_hour"], *(option["usd_per_hour"] for option in free["options"])]
    assert prices == sorted(prices) and free["usd_per_hour"] < load["usd_per_hour"]
    text = " ".join(cli("plan", "Qwen/Qwen3-8B", *LOAD).stdout.split())
    assert "An estimate by a queueing model, for 20 requests/s" in text and "Other GPUs for this load" in text


def test_an_app_has_the_containers_and_slots_of_its_load(cli):
    """A target for the first token keeps one container; a new load changes the numbers, limits that are given stay."""
    arguments = ("new", "a.py", "--force", "--model", "Qwen/Qwen3-8B", "--gpu", "H100", *LOAD, "--ttft-p95", "1")

    def numbers(*more: str) -> list[str]:
        assert cli(*arguments, *more).exit_code == 0
        text = Path("a.py").read_text("utf-8")
        return re.findall(r"(?:min_containers=|max_containers=|MAX_NUM_SEQS = )(\d+)", text)

    load = json.loads(cli("plan", "Qwen/Qwen3-8B", "--json", "--gpu", "H100", *LOAD, "--ttft-p95", "1").stdout)["load"]
    assert numbers() == [str(load["slots"]), "1", str(load["containers"])]
    assert cli("new", "--spec", "a.py", "--diff").exit_code == 0
    assert numbers("--min-containers", "2", "--max-containers", "9")[1:] == ["2", "9"]
    busier = cli("new", "a.py", "--force", "--spec", "a.py", "--requests-per-s", "80", "--json")
    plan = json.loads(busier.stdout)["plan"]
    assert plan["load"]["containers"] > load["containers"]


def test_users_that_never_pause_have_a_slot_each(planned):
    """With a rate, they may need fewer: then most of them are reading."""
    lengths = ("--prompt-tokens", "1000", "--output-tokens", "300", "--gpu", "H100")
    busy = planned("--users", "100", *lengths)["load"]
    assert busy["containers"] * busy["slots"] >= 100 and busy["waiting"] == 0
    reading = planned("--users", "100", "--requests-per-s", "2", *lengths)["load"]
    assert reading["containers"] * reading["slots"] < 100


def test_the_written_command_has_the_same_load(cli, planned):
    """What `plan` prints writes an app for it."""
    command = planned(*LOAD, "--ttft-p95", "1")["command"].split()
    assert command[1:2] == ["new"] and cli(*command[1:]).exit_code == 0


REFUSED = {
    "no lengths": (("--requests-per-s", "5"), 2, "--prompt-tokens 1000"),
    "no load": (("--ttft-p95", "1"), 2, "--requests-per-s or --users"),
    "no requests": (("--requests-per-s", "0", *LOAD[2:]), 2, "not between 0 and"),
    "not a number": (("--requests-per-s", "nan", *LOAD[2:]), 2, "not between 0 and"),
    "longer than the model": (("--users", "5", "--prompt-tokens", "40000", "--output-tokens", "5000"), 2, "45,000"),
    "longer than its limit": ((*LOAD, "--max-model-len", "1024"), 2, "raise --max-model-len"),
    "users that cannot send so much": ((*LOAD, "--users", "3", "--gpu", "L40S"), 4, "3 users send at most"),
    "a first token at once": ((*LOAD, "--ttft-p95", "0.001"), 4, "in an idle container"),
    "more than an app can have": (("--requests-per-s", "1e5", *LOAD[2:], "--gpu", "L40S"), 4, "more than 1,000"),
    "too few containers": ((*LOAD, "--max-containers", "1", "--gpu", "L40S"), 4, "--max-containers 1"),
    "a batch": ((*LOAD, "--workflow", "vllm-throughput"), 2, "Choose another --workflow"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_load_is_refused(case, cli):
    """In two sentences: the first has the value, the second what to do."""
    arguments, code, expected = REFUSED[case]
    result = cli("new", "a.py", "--model", "Qwen/Qwen3-8B", *arguments)
    assert result.exit_code == code and expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 2 and not Path("a.py").exists()
