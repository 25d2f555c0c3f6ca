"""What counts as activating a skill or reading a page, and how recorded streams of real agents are parsed."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from evals import cases, runners
from evals.transcript import Transcript
from tests.conftest import ROOT

STREAMS = ROOT / "tests" / "data" / "streams"
OURS, OTHER = cases.SKILL, "modal-finetuning"
PAGES = ["SKILL.md", "references/performance-playbook.md", "references/vllm-online-serving.md"]
HERE = f".agents/skills/{OURS}"


def parse(stream: str) -> Transcript:
    """The transcript of a recorded stream."""
    agent = runners.COMMAND_LINES[stream.partition("/")[0].replace("_", "-")]
    transcript, state = Transcript(), {}
    for line in (STREAMS / f"{stream}.jsonl").read_text("utf-8").splitlines():
        agent.read(json.loads(line), transcript, state)
    return transcript


@pytest.mark.parametrize("agent", ["claude_code", "codex", "gemini", "opencode"])
def test_a_recorded_run(agent):
    """The real agent activated the skill, read a page, wrote a file and ran a command."""
    found = parse(f"{agent}/triggered")
    assert found.outcome == "finished"
    assert found.fired([OTHER, OURS]) == [OURS]
    assert found.read(OURS, PAGES)[-1:] == ["references/performance-playbook.md"]
    assert next(event.what for event in found.events if event.kind == "write").endswith("serve.py")
    assert any("modal-serve-gen doctor" in event.what for event in found.events if event.kind == "command")
    assert found.usage.input_tokens > found.usage.cached_tokens > 0
    assert found.usage.output_tokens == 250
    assert found.turns >= 5
    assert found.final_text


@pytest.mark.parametrize("agent", ["claude_code", "codex", "gemini", "opencode"])
def test_a_recorded_answer_without_tools(agent):
    """The run finished, and no skill fired."""
    found = parse(f"{agent}/plain")
    assert (found.outcome, found.fired([OURS, OTHER])) == ("finished", [])


@pytest.mark.parametrize(
    ("stream", "outcome", "reason"),
    [
        ("claude_code/rate-limited", "error", "429"),
        ("claude_code/bad-key", "error", "API key"),
        ("claude_code/down", "error", "ECONNREFUSED"),
        ("claude_code/max-turns", "turn-limit", "turns (2)"),
        ("claude_code/max-budget", "money-limit", "$0.002"),
        ("codex/rate-limited", "error", "429"),
        ("codex/bad-key", "error", "401"),
        ("codex/server-error", "error", "demand"),
        ("codex/down", "error", "Connection failed"),
        ("opencode/rate-limited", "error", "429"),
        ("opencode/bad-key", "error", "401"),
        ("opencode/down", "error", "Cannot connect"),
        ("gemini/rate-limited", "error", "quota"),
        ("gemini/bad-key", "error", "401"),
        ("gemini/down", "error", "fetch failed"),
        ("gemini/max-turns", "turn-limit", "max session turns"),
    ],
)
def test_a_recorded_failure(stream, outcome, reason):
    """Failures of the real agents have their own outcomes, with the agent's reason."""
    found = parse(stream)
    assert found.outcome == outcome
    assert reason in found.reason


@pytest.mark.parametrize("stream", ["claude_code/retrying", "codex/retrying"])
def test_a_retrying_agent(stream):
    """The retry is recorded, so that a time-out then counts as an error of the endpoint."""
    found = parse(stream)
    assert (found.outcome, bool(found.retrying)) == ("", True)


@pytest.mark.parametrize(
    ("command", "pages"),
    [
        (f"cat {HERE}/SKILL.md", ["SKILL.md"]),
        (f"/bin/bash -lc 'sed -n 1,200p {HERE}/SKILL.md'", ["SKILL.md"]),
        (f"cat {HERE}/references/performance-playbook.md {HERE}/SKILL.md", PAGES[1::-1]),
        (f"cat {HERE}/references/*.md", PAGES[1:]),
        (f"cd {HERE} && cat references/vllm-online-serving.md", PAGES[2:]),
        (f"grep -n gpu /home/x/{HERE}/references/vllm-online-serving.md | head", PAGES[2:]),
        (f"head -50 <{HERE}/SKILL.md", ["SKILL.md"]),
        (f"ls {HERE}/references/performance-playbook.md", []),
        (f"find {HERE} -name SKILL.md", []),
        (f"wc -c {HERE}/SKILL.md; echo {HERE}/SKILL.md", []),
        (f"cat .agents/skills/{OTHER}/SKILL.md", []),
        (f"rg --files {HERE}/references/performance-playbook.md", []),
        ("cat references/performance-playbook.md", []),
        (f"cat {HERE}-old/SKILL.md", []),
    ],
)
def test_a_command_reads_the_files_that_it_shows(command, pages):
    """Naming a file is not reading it, and a wildcard reads all that it matches."""
    found = Transcript()
    found.add("command", command)
    assert sorted(found.read(OURS, PAGES)) == sorted(pages)


def test_failed_actions_do_not_count():
    """A skill that does not exist, a file that could not be read."""
    found = Transcript()
    found.add("skill", OURS, failed=True)
    found.add("read", f"/p/{HERE}/SKILL.md")
    found.answer(1, "no such file", True)
    assert found.fired([OURS]) == []
    found.add("skill", f"pack:{OURS}")
    found.add("skill", "made-up")
    assert found.fired([OURS]) == [OURS]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["text", "skill", "read", "command", "write"]), st.text(), st.text())))
def test_a_transcript_can_be_saved(events):
    """Any text of an agent survives the round trip through JSON."""
    found = Transcript()
    for kind, what, detail in events:
        found.add(kind, what, detail)
    found.end("error", "why")
    found.fired([OURS]), found.read(OURS, PAGES)
    assert TypeAdapter(Transcript).validate_json(json.dumps(dataclasses.asdict(found))) == found
