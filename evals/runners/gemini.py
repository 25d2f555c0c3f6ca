"""Gemini CLI, `gemini -p -o stream-json`: settings, policy and events of version 0.61.0.

A command that fails looks like one that succeeds, because the events have no exit code.
"""

import json
import os

import tomli_w

from evals.cases import SKILL
from evals.runners.agent import Attempt
from evals.runners.process import Launch, Record, Uses, add_call
from evals.transcript import ERROR, FINISHED, TURNS, Transcript
from evals.workspace import COMMAND

PROGRAM, KEY = "gemini", "GEMINI_API_KEY"
SKILLS = ".agents/skills"
NEEDS: tuple[str, ...] = ()
REPORTS_COST = False
USES: Uses = {
    "activate_skill": ("skill", "name", ""),
    "read_file": ("read", "file_path", ""),
    "write_file": ("write", "file_path", "content"),
    "replace": ("write", "file_path", "new_string"),
    "run_shell_command": ("command", "command", ""),
}
ALLOWED = [
    "activate_skill", "read_file", "write_file", "replace",
    "read_many_files", "list_directory", "glob", "grep_search", "write_todos",
]  # fmt: skip
POLICY = {
    "rule": [
        {"toolName": "*", "decision": "deny", "priority": 1},
        {"toolName": ALLOWED, "decision": "allow", "priority": 100},
        # A denial without a pattern would hide the tool from the model.
        {"toolName": "run_shell_command", "decision": "deny", "priority": 50, "argsPattern": "."},
        {
            "toolName": "run_shell_command", "decision": "allow", "priority": 200,
            "commandPrefix": [COMMAND, f"python3 {SKILLS}/{SKILL}/scripts/check.py"],
        },
    ]
}  # fmt: skip


def launch(attempt: Attempt, program: str) -> Launch:
    """Settings and policy are in the new home; the settings hide the key from commands."""
    options = attempt.options
    settings = {
        "general": {
            "enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 3,
            "checkpointing": {"enabled": False},
        },
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "model": {"maxSessionTurns": attempt.turns},
        "ide": {"enabled": False},
        "security": {
            "auth": {"selectedType": "gemini-api-key"},
            "environmentVariableRedaction": {"enabled": True, "blocked": [KEY, "GOOGLE_API_KEY"]},
        },
        "skills": {"enabled": True},
        "tools": {"shell": {"enableInteractiveShell": False}},
    }  # fmt: skip
    folder = attempt.space.home / ".gemini"
    (folder / "policies").mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "policies" / "eval.toml").write_text(tomli_w.dumps(POLICY), "utf-8")
    environment = attempt.space.environment() | {
        KEY: os.environ[options.key_env or KEY], "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GEMINI_TELEMETRY_ENABLED": "false", "NO_COLOR": "1",
    }  # fmt: skip
    if options.base_url:
        environment["GOOGLE_GEMINI_BASE_URL"] = options.base_url
    command = [program, "-p", attempt.prompt, "-o", "stream-json", "--skip-trust", "--approval-mode", "default"]
    return Launch([*command, "-e", "none", *(["-m", options.model] if options.model else [])], environment)


def read(record: Record, transcript: Transcript, state: Record) -> None:
    """Add one record of the stream. `state` maps the id of a tool call to the index of its event."""
    kind = record["type"]
    if kind == "init":
        transcript.model = record.get("model", "")
    elif kind == "message" and record.get("role") == "assistant":
        text = record["content"]
        if state.get("last") == "text" and record.get("delta"):  # a continuation
            text = transcript.events.pop().detail + text
        else:
            transcript.turns += 1
        transcript.add("text", "", text)
        state["last"] = "text"
    elif kind == "tool_use":
        if state.get("last") not in ("text", "use"):
            transcript.turns += 1
        state[record["tool_id"]] = add_call(transcript, USES, record["tool_name"], record["parameters"])
        state["last"] = "use"
    elif kind == "tool_result":
        state["last"] = "result"
        if record["tool_id"] in state:
            transcript.answer(state[record["tool_id"]], record.get("output") or "", record["status"] == "error")
    elif kind == "result":
        used = record.get("stats") or {}
        transcript.usage.input_tokens = used.get("input_tokens") or 0
        transcript.usage.cached_tokens = used.get("cached") or 0
        transcript.usage.output_tokens = used.get("output_tokens") or 0
        error = record.get("error") or {}
        if record["status"] == "success":
            transcript.end(FINISHED)
        else:
            outcome = TURNS if error.get("type") == "FatalTurnLimitedError" else ERROR
            transcript.end(outcome, error.get("message", record["status"]))
