"""Gemini CLI, `gemini -p -o stream-json`: settings, policy and events as 0.61.0 has them.

A command that fails looks like one that works: its events hold no exit code.
"""

import json
import os

import tomli_w

from evals.cases import SKILL
from evals.runners import Ask, Options
from evals.runners.process import Launch
from evals.transcript import ERROR, FINISHED, TURNS, Transcript
from evals.workspace import COMMAND

PROGRAM, KEY = "gemini", "GEMINI_API_KEY"
SKILLS = ".agents/skills"
TELLS_COST = False
USES = {
    "activate_skill": ("skill", "name", ""),
    "read_file": ("read", "file_path", ""),
    "write_file": ("write", "file_path", "content"),
    "replace": ("write", "file_path", "new_string"),
    "run_shell_command": ("command", "command", ""),
}
ALLOWED = [
    *(name for name in USES if name != "run_shell_command"),
    "read_many_files",
    "list_directory",
    "glob",
    "grep_search",
    "write_todos",
]
POLICY = {
    "rule": [
        {"toolName": "*", "decision": "deny", "priority": 1},
        {"toolName": ALLOWED, "decision": "allow", "priority": 100},
        # With a pattern the tool stays in sight; a refusal without one hides it.
        {"toolName": "run_shell_command", "decision": "deny", "priority": 50, "argsPattern": "."},
        {
            "toolName": "run_shell_command", "decision": "allow", "priority": 200,
            "commandPrefix": [COMMAND, f"python3 {SKILLS}/{SKILL}/scripts/check"],
        },
    ]
}  # fmt: skip


def launch(ask: Ask, options: Options, program: str) -> Launch:
    """Settings and policy lie in the fresh home; the settings keep the key from commands."""
    settings = {
        "general": {
            "enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 3,
            "checkpointing": {"enabled": False},
        },
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "model": {"maxSessionTurns": ask.limits.turns},
        "ide": {"enabled": False},
        "security": {
            "auth": {"selectedType": "gemini-api-key"},
            "environmentVariableRedaction": {"enabled": True, "blocked": [KEY, "GOOGLE_API_KEY"]},
        },
        "skills": {"enabled": True},
        "tools": {"shell": {"enableInteractiveShell": False}},
    }  # fmt: skip
    folder = ask.space.home / ".gemini"
    (folder / "policies").mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "policies" / "eval.toml").write_text(tomli_w.dumps(POLICY), "utf-8")
    environment = ask.space.environment() | {
        KEY: os.environ[options.key_env or KEY], "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GEMINI_TELEMETRY_ENABLED": "false", "NO_COLOR": "1",
    }  # fmt: skip
    if options.base_url:
        environment["GOOGLE_GEMINI_BASE_URL"] = options.base_url
    command = [
        program,
        "-p",
        ask.prompt,
        "-o",
        "stream-json",
        "--skip-trust",
        "--approval-mode",
        "default",
        "-e",
        "none",
    ]
    return Launch([*command, *(["-m", options.model] if options.model else [])], environment)


def read(record: dict, transcript: Transcript, state: dict) -> None:
    """One record of the stream. `state`: the id of a tool's use -> the place of its event."""
    kind = record["type"]
    if kind == "init":
        transcript.model = record.get("model", "")
    elif kind == "message" and record.get("role") == "assistant":
        said = record["content"]
        if state.get("last") == "text" and record.get("delta"):  # a piece of what was begun
            said = transcript.events.pop().detail + said
        else:
            transcript.turns += 1
        transcript.add("text", "", said)
        state["last"] = "text"
    elif kind == "tool_use":
        if state.get("last") not in ("text", "use"):
            transcript.turns += 1
        event, what, written = USES.get(record["tool_name"], ("other", "", ""))
        given = record["parameters"]
        transcript.add(event, given.get(what, "") if what else f"{record['tool_name']} {given}", given.get(written, ""))
        state[record["tool_id"]] = len(transcript.events) - 1
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
        fault = record.get("error") or {}
        if record["status"] == "success":
            transcript.end(FINISHED)
        else:
            outcome = TURNS if fault.get("type") == "FatalTurnLimitedError" else ERROR
            transcript.end(outcome, fault.get("message", record["status"]))
