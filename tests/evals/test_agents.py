"""The runners of agents' command lines, against stand-ins that tell what they do in the real agents' events.

What the events look like is from recordings of the real agents (test_transcript.py holds the runners against those).
"""

import json
import os
import signal
import sys
import time

import pytest

from evals import answers, cases
from tests.conftest import ROOT
from tests.evals.conftest import GOOD, TASKS, benchmark, command, failed, results

AGENTS = {"claude-code": "claude", "codex": "codex", "opencode": "opencode", "gemini": "gemini"}
KEYS = {"claude-code": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
KEY = "key-of-the-agent-0123456789"
APP = answers.written(GOOD["online-plain"])


def rightly(case: str, agent: str) -> list:
    """The steps of an agent that solves a case."""
    task = TASKS[case]
    folder = ".claude/skills" if agent == "claude-code" else ".agents/skills"
    steps = [["skill", task.expect_skill]] if task.expect_skill else []
    steps += [["read", f"{folder}/{cases.SKILL}/{page}"] for page in task.case.references.required]
    if case in GOOD:
        steps += [["write", "serve.py", answers.written(GOOD[case])]]
    return [*steps, ["command", "modal-serve-gen check serve.py", "No findings in 1 file.", 0], ["text", "Done."]]


@pytest.fixture
def agents(few, tmp_path, monkeypatch):
    """Run an evaluation of `few` with a stand-in for an agent: the command's result, and its folder."""

    def run(agent: str, *arguments: object):
        monkeypatch.setenv(KEYS.get(agent, "OPENAI_API_KEY"), KEY)
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / AGENTS[agent]
        text = (ROOT / "tests" / "evals" / "standin.py").read_text("utf-8")
        program.write_text(f"#!{sys.executable}\n{text}", "utf-8")
        program.chmod(0o755)
        (folder / "rg").write_text("#!/bin/sh\n", "utf-8")
        (folder / "rg").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        (folder / "scenario.json").write_text(json.dumps(few.turns), "utf-8")
        model = ["--model", "stand-in"]
        result = command(
            "run", "--runner", agent, *model, "--set", "evals", "--evals-file", few.file(), "--runs", 1,
            "--no-baseline", "--out", tmp_path / "out", "--jobs", 8, *arguments,
        )  # fmt: skip
        return result, tmp_path / "out"

    return run


@pytest.mark.parametrize("agent", AGENTS)
def test_every_outcome_is_told_apart(agent, few, agents):
    """Right, wrong in each way, and the failures of the agent and its endpoint, which are neither."""
    few.control(rightly("online-control", agent))
    right = rightly("online-plain", agent)
    few.add("right", "online-plain", right)
    few.add("not-triggered", "online-plain", [["write", "serve.py", APP], ["text", "Done."]])
    few.add("wrong-skill", "online-plain", [["skill", "modal"], ["text", "Done."]])
    other = answers.written("--workflow sglang-low-latency --model Qwen/Qwen3-8B")
    few.add("wrong-workflow", "online-plain", [*right[:3], ["write", "serve.py", other]])
    few.add("wrote-nothing", "online-plain", [*right[:3], ["text", "Done."]])
    few.add("does-not-import", "online-plain", [*right[:3], ["write", "a.py", APP.replace("min_cont", "max_inp")]])
    few.add("noise", "online-plain", [["raw", "warning: colours"], ["raw", '{"type": "new-kind"}'], *right])
    few.add("rate-limited", "online-plain", [["skill", cases.SKILL], ["fail", "rate limit, status 429"]])
    few.add("crashed", "online-plain", [["skill", cases.SKILL], ["crash", 3, "out of memory"]])
    few.add("malformed", "online-plain", [["raw", "{"], ["raw", '{"type": "assistant"}'], ["crash", 0, ""]])
    few.add("cut-off", "online-plain", [*right[:3], ["cut"]])
    few.add("late", "online-plain", [["skill", cases.SKILL], ["sleep", 60]])
    few.add("endless", "online-plain", [["command", "ls", "serve.py", 0]] * 40)
    result, folder = agents(agent, "--timeout", 6, "--max-turns", 12, "--usd-per-million", "2,10,1")
    held = results(folder)
    assert result.exit_code == 1, result.output
    told = {name: failed(each) for name, each in held.items() if "grade" in each}
    assert told.pop("wrong-workflow") >= {"workflow"}
    assert told.pop("endless") >= {"ends", "written", "skill"}
    assert told == {
        "control": set(),
        "right": set(),
        "noise": set(),
        "not-triggered": {"skill", "read", "one-primary"},
        "wrong-skill": {"skill", "read", "one-primary", "written"},
        "wrote-nothing": {"written"},
        "does-not-import": {"imports", "clean"},
    }
    outcomes = {name: each["outcome"] for name, each in held.items()}
    assert [outcomes[name] for name in ("rate-limited", "crashed", "malformed", "cut-off", "late", "endless")] == [
        *["error"] * 4, "time-out", "turn-limit",
    ]  # fmt: skip
    for name, words in (("rate-limited", "429"), ("crashed", "out of memory"), ("cut-off", "before its last event")):
        assert words in held[name]["reason"], held[name]
    usage = held["right"]["usage"]
    assert usage["input_tokens"] > 0
    tokens = usage["input_tokens"] - usage["cached_tokens"], usage["output_tokens"], usage["cached_tokens"]
    own = sum(many * price for many, price in zip(tokens, (2, 10, 1), strict=True)) / 1e6
    assert usage["usd"] == pytest.approx(0.01 if agent == "claude-code" else own)
    assert benchmark(folder)["settings"]["versions"]["agent"] == f"{AGENTS[agent]} 0.0.1 (stand-in)"


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_gets_its_key_and_nothing_else_of_this_machine(agent, few, agents, monkeypatch):
    """A fresh home, `modal-serve-gen` first on PATH, no other key; and the key is in nothing that is kept."""
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_machine_0123456789")
    few.control([["environment"], *rightly("online-control", agent)])
    result, folder = agents(agent)
    assert result.exit_code == 0, result.output
    environment, arguments = json.loads(next(folder.rglob("environment.json")).read_text("utf-8"))
    assert not any("this_machine" in value for value in environment.values())
    assert environment["HOME"] != os.environ.get("HOME")
    assert environment["PATH"].split(os.pathsep)[0].endswith("/bin")
    assert KEY not in " ".join(arguments)
    holders = {name for name, value in environment.items() if value.startswith("[")}  # its key, taken out
    assert holders == {"claude-code": set(), "gemini": {"GEMINI_API_KEY"}}.get(agent, {"EVAL_API_KEY"})
    assert [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []


def test_an_agent_that_waits_for_its_endpoint_is_no_slow_one(few, agents):
    """Its time-out is an error, with what it waited for."""
    few.control(rightly("online-control", "codex"))
    few.add("waits", "online-plain", [["retry", "connection refused"], ["sleep", 60]])
    _, folder = agents("codex", "--timeout", 5)
    held = results(folder)["waits"]
    assert (held["outcome"], "connection refused" in held["reason"]) == ("error", True)


def test_nothing_of_an_agent_outlives_its_run(few, agents, tmp_path):
    """What it started ends with it, also when it does not want to."""
    pid = tmp_path / "pid"
    child = (
        "import os, pathlib, signal, time; signal.signal(15, signal.SIG_IGN); "
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    few.control(rightly("online-control", "gemini"))
    few.add("leaves", "online-plain", [["spawn", child], ["sleep", 60]])
    agents("gemini", "--timeout", 4)
    until = time.monotonic() + 5
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(int(pid.read_text("utf-8")), 0)
            time.sleep(0.1)
        os.kill(int(pid.read_text("utf-8")), signal.SIGKILL)


def test_a_program_that_is_not_there(few, agents, monkeypatch):
    """Said at once, with what to do."""
    few.control([])
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    result, folder = agents("codex", "--program", "/nowhere/codex")
    assert (result.exit_code, "--program" in result.output, folder.exists()) == (5, True, False)
