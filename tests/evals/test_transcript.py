"""Recognition of activated skills and read pages, and parsing of recorded streams of real agents."""

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
    transcript = parse(f"{agent}/triggered")
    assert transcript.outcome == "finished"
    assert transcript.fired([OTHER, OURS]) == [OURS]
    assert transcript.read(OURS, PAGES)[-1:] == ["references/performance-playbook.md"]
    assert next(event.what for event in transcript.events if event.kind == "write").endswith("serve.py")
    assert any("modal-serve-gen doctor" in event.what for event in transcript.events if event.kind == "command")
    assert transcript.usage.input_tokens > transcript.usage.cached_tokens > 0
    assert transcript.usage.output_tokens == 250
    assert transcript.turns >= 5
    assert transcript.final_text


@pytest.mark.parametrize("agent", ["claude_code", "codex", "gemini", "opencode"])
def test_a_recorded_answer_without_tools(agent):
    """The run finished, and no skill fired."""
    transcript = parse(f"{agent}/plain")
    assert (transcript.outcome, transcript.fired([OURS, OTHER])) == ("finished", [])


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
    transcript = parse(stream)
    assert transcript.outcome == outcome
    assert reason in transcript.reason


@pytest.mark.parametrize("stream", ["claude_code/retrying", "codex/retrying"])
def test_a_retrying_agent(stream):
    """The retry is recorded, so that a time-out then counts as an error of the endpoint."""
    transcript = parse(stream)
    assert (transcript.outcome, bool(transcript.retrying)) == ("", True)


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
def test_a_command_reads_the_files_that_it_prints(command, pages):
    """Commands that only name a file do not read it; a wildcard reads every file that it matches."""
    transcript = Transcript()
    transcript.add("command", command)
    assert sorted(transcript.read(OURS, PAGES)) == sorted(pages)


def test_failed_actions_do_not_count():
    """Such as a skill that does not exist, or a file that could not be read."""
    transcript = Transcript()
    transcript.add("skill", OURS, failed=True)
    transcript.add("read", f"/p/{HERE}/SKILL.md")
    transcript.answer(1, "no such file", True)
    assert transcript.fired([OURS]) == []
    transcript.add("skill", f"pack:{OURS}")
    transcript.add("skill", "made-up")
    assert transcript.fired([OURS]) == [OURS]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["text", "skill", "read", "command", "write"]), st.text(), st.text())))
def test_a_transcript_can_be_saved(events):
    """Any text of an agent survives the round trip through JSON."""
    transcript = Transcript()
    for kind, target, detail in events:
        transcript.add(kind, target, detail)
    transcript.end("error", "why")
    transcript.fired([OURS]), transcript.read(OURS, PAGES)
    assert TypeAdapter(Transcript).validate_json(json.dumps(dataclasses.asdict(transcript))) == transcript
