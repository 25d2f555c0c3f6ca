"""The runners of coding agents' command lines, with stub agents that write the real agents' stream formats.

The formats are those of recordings of the real agents, which test_transcript.py parses.
"""

import json
import os
import signal
import time

import pytest

from evals import answers, cases
from tests.conftest import ROOT, SHEBANG
from tests.evals.conftest import CASES, GOOD, benchmark, command, failed, results

AGENTS = {"claude-code": "claude", "codex": "codex", "opencode": "opencode", "gemini": "gemini"}
KEYS = {"claude-code": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
KEY = "key-for-the-agent-0123456789"
APP = answers.app_text(GOOD["online-plain"])


def solve(name: str, agent: str) -> list:
    """The steps of an agent that solves a case."""
    case = CASES[name]
    folder = ".claude/skills" if agent == "claude-code" else ".agents/skills"
    steps = [["skill", case.expect_skill]] if case.expect_skill else []
    steps += [["read", f"{folder}/{cases.SKILL}/{page}"] for page in case.references.required]
    if name in GOOD:
        steps += [["write", "serve.py", answers.app_text(GOOD[name])]]
    return [*steps, ["command", "modal-serve-gen check serve.py", "No findings in 1 file.", 0], ["text", "Done."]]


@pytest.fixture
def agents(case_file, tmp_path, monkeypatch):
    """Evaluate `case_file` with a stub agent; returns the result of the command and the output folder."""

    def run(agent: str, *arguments: object):
        monkeypatch.setenv(KEYS.get(agent, "OPENAI_API_KEY"), KEY)
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / AGENTS[agent]
        text = (ROOT / "tests" / "evals" / "stub_agent.py").read_text("utf-8")
        program.write_text(f"{SHEBANG}{text}", "utf-8")
        program.chmod(0o755)
        (folder / "rg").write_text("#!/bin/sh\n", "utf-8")
        (folder / "rg").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        (folder / "scenario.json").write_text(json.dumps(case_file.turns), "utf-8")
        model = ["--model", "stub"]
        result = command(
            "run", "--runner", agent, *model, "--set", "evals", "--evals-file", case_file.write(), "--runs", 1,
            "--no-baseline", "--out", tmp_path / "out", "--jobs", 8, *arguments,
        )  # fmt: skip
        return result, tmp_path / "out"

    return run


@pytest.mark.parametrize("agent", AGENTS)
def test_every_outcome(agent, case_file, agents):
    """Right answers, each kind of wrong answer, and failures of the agent or its endpoint, which are inconclusive."""
    case_file.control(solve("online-control", agent))
    right = solve("online-plain", agent)
    case_file.add("right", "online-plain", right)
    case_file.add("not-triggered", "online-plain", [["write", "serve.py", APP], ["text", "Done."]])
    case_file.add("wrong-skill", "online-plain", [["skill", "modal"], ["text", "Done."]])
    other = answers.app_text("--workflow sglang-low-latency --model Qwen/Qwen3-8B")
    case_file.add("wrong-workflow", "online-plain", [*right[:3], ["write", "serve.py", other]])
    case_file.add("wrote-nothing", "online-plain", [*right[:3], ["text", "Done."]])
    case_file.add(
        "does-not-import", "online-plain", [*right[:3], ["write", "a.py", APP.replace("min_cont", "max_inp")]]
    )
    case_file.add("noise", "online-plain", [["raw", "warning: colours"], ["raw", '{"type": "new-kind"}'], *right])
    case_file.add("rate-limited", "online-plain", [["skill", cases.SKILL], ["fail", "rate limit, status 429"]])
    case_file.add("crashed", "online-plain", [["skill", cases.SKILL], ["crash", 3, "out of memory"]])
    case_file.add("malformed", "online-plain", [["raw", "{"], ["raw", '{"type": "assistant"}'], ["crash", 0, ""]])
    case_file.add("cut-off", "online-plain", [*right[:3], ["cut"]])
    case_file.add("late", "online-plain", [["skill", cases.SKILL], ["sleep", 60]])
    case_file.add("endless", "online-plain", [["command", "ls", "serve.py", 0]] * 40)
    result, folder = agents(agent, "--timeout", 6, "--max-turns", 12, "--usd-per-million", "2,10,1")
    by_name = results(folder)
    assert result.exit_code == 1, result.output
    graded = {name: failed(result) for name, result in by_name.items() if "grade" in result}
    assert graded.pop("wrong-workflow") >= {"workflow"}
    assert graded.pop("endless") >= {"ends", "written", "skill"}
    assert graded == {
        "control": set(),
        "right": set(),
        "noise": set(),
        "not-triggered": {"skill", "read", "one-primary"},
        "wrong-skill": {"skill", "read", "one-primary", "written"},
        "wrote-nothing": {"written"},
        "does-not-import": {"imports", "clean"},
    }
    outcomes = {name: result["outcome"] for name, result in by_name.items()}
    assert [outcomes[name] for name in ("rate-limited", "crashed", "malformed", "cut-off", "late", "endless")] == [
        *["error"] * 4, "time-out", "turn-limit",
    ]  # fmt: skip
    for name, text in (("rate-limited", "429"), ("crashed", "out of memory"), ("cut-off", "without a final record")):
        assert text in by_name[name]["reason"], by_name[name]
    usage = by_name["right"]["usage"]
    assert usage["input_tokens"] > 0
    tokens = usage["input_tokens"] - usage["cached_tokens"], usage["output_tokens"], usage["cached_tokens"]
    cost = sum(count * price for count, price in zip(tokens, (2, 10, 1), strict=True)) / 1e6
    assert usage["usd"] == pytest.approx(0.01 if agent == "claude-code" else cost)
    assert benchmark(folder)["settings"]["versions"]["agent"] == f"{AGENTS[agent]} 0.0.1 (stub)"


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_gets_only_its_own_key(agent, case_file, agents, monkeypatch):
    """It has a new home folder and no other key, `modal-serve-gen` is first on PATH, and no saved file has the key."""
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_machine_0123456789")
    case_file.control([["environment"], *solve("online-control", agent)])
    result, folder = agents(agent)
    assert result.exit_code == 0, result.output
    environment, arguments = json.loads(next(folder.rglob("environment.json")).read_text("utf-8"))
    assert not any("this_machine" in value for value in environment.values())
    assert environment["HOME"] != os.environ.get("HOME")
    assert environment["PATH"].split(os.pathsep)[0].endswith("/bin")
    assert KEY not in " ".join(arguments)
    holders = {name for name, value in environment.items() if value.startswith("[")}  # its redacted key
    assert holders == {"claude-code": set(), "gemini": {"GEMINI_API_KEY"}}.get(agent, {"EVAL_API_KEY"})
    assert [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []


def test_a_time_out_while_the_endpoint_is_down_is_an_error(case_file, agents):
    """If the agent reported that it retries, the time-out is attributed to the endpoint."""
    case_file.control(solve("online-control", "codex"))
    case_file.add("waits", "online-plain", [["retry", "connection refused"], ["sleep", 60]])
    _, folder = agents("codex", "--timeout", 5)
    result = results(folder)["waits"]
    assert (result["outcome"], "connection refused" in result["reason"]) == ("error", True)


def test_child_processes_of_an_agent_are_killed(case_file, agents, tmp_path):
    """After the run, even if they ignore SIGTERM."""
    pid = tmp_path / "pid"
    child = (
        "import os, pathlib, signal, time; signal.signal(15, signal.SIG_IGN); "
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    )
    case_file.control(solve("online-control", "gemini"))
    case_file.add("leaves", "online-plain", [["spawn", child], ["sleep", 60]])
    agents("gemini", "--timeout", 4)
    until = time.monotonic() + 5
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(int(pid.read_text("utf-8")), 0)
            time.sleep(0.1)
        os.kill(int(pid.read_text("utf-8")), signal.SIGKILL)


def test_a_missing_program(case_file, agents, monkeypatch):
    """The error names the option, and nothing is run."""
    case_file.control([])
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    result, folder = agents("codex", "--program", "/nowhere/codex")
    assert (result.exit_code, "--program" in result.output, folder.exists()) == (5, True, False)
