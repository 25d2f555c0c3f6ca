"""Claude Code, `claude -p --output-format stream-json`: options and events of version 2.1.329."""

import os

from evals.cases import SKILL
from evals.runners.agent import Attempt
from evals.runners.process import Launch, Record, Uses, add_call
from evals.transcript import ERROR, FINISHED, MONEY, TURNS, Transcript
from evals.workspace import COMMAND

PROGRAM, KEY = "claude", "ANTHROPIC_API_KEY"
SKILLS = ".claude/skills"
NEEDS: tuple[str, ...] = ()
REPORTS_COST = True
TOOLS = "Skill,Read,Glob,Grep,Write,Edit,Bash"
RETRIES = 3
QUIET = (
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_UPDATES", "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING", "DISABLE_GROWTHBOOK", "CLAUDE_CODE_DISABLE_BUNDLED_SKILLS",
)  # fmt: skip
USES: Uses = {
    "Skill": ("skill", "skill", ""),
    "Read": ("read", "file_path", ""),
    "Write": ("write", "file_path", "content"),
    "Edit": ("write", "file_path", "new_string"),
    "Bash": ("command", "command", ""),
}


def launch(attempt: Attempt, program: str) -> Launch:
    """The key is passed by a file descriptor, because the agent's commands inherit its environment."""
    options = attempt.options
    allowed = [
        "Skill", "Read(./**)", "Edit(./**)", "Write(./**)", f"Bash({COMMAND}:*)",
        f"Bash(python3 {SKILLS}/{SKILL}/scripts/check.py:*)",
    ]  # fmt: skip
    command = [
        program, "-p", attempt.prompt, "--output-format", "stream-json", "--verbose", "--no-session-persistence",
        "--max-turns", str(attempt.turns), "--permission-mode", "dontAsk", "--permission-prompts", "none",
        "--strict-mcp-config", "--setting-sources", "project", "--tools", TOOLS, "--allowedTools", *allowed,
    ]  # fmt: skip
    if options.model:
        command += ["--model", options.model]
    if attempt.usd is not None:
        command += ["--max-budget-usd", str(attempt.usd)]
    theirs, ours = os.pipe()
    os.write(ours, os.environ[options.key_env or KEY].encode())
    os.close(ours)
    home = attempt.space.home
    environment = attempt.space.environment() | dict.fromkeys(QUIET, "1")
    environment |= {
        "CLAUDE_CONFIG_DIR": str(home / ".claude"), "CLAUDE_CODE_TMPDIR": str(home),
        "CLAUDE_CODE_MAX_RETRIES": str(RETRIES), "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR": str(theirs),
    }  # fmt: skip
    if options.base_url:
        environment["ANTHROPIC_BASE_URL"] = options.base_url
    return Launch(command, environment, descriptors=(theirs,))


def read(record: Record, transcript: Transcript, state: Record) -> None:
    """Add one record of the stream. `state` maps the id of a tool call to the index of its event."""
    kind, subtype = record["type"], record.get("subtype")
    if kind == "system" and subtype == "init":
        transcript.offered = sorted(record.get("skills") or [])
        transcript.model = record.get("model", "")
        transcript.agent = f"{PROGRAM} {record.get('claude_code_version', '')}"
    elif kind == "system" and subtype == "api_retry":
        error = f"{record.get('error')} {record.get('error_status') or ''}"
        transcript.retrying = f"{error}, tried {record.get('attempt')} times"
    elif kind == "assistant":
        if record["message"]["id"] != state.get("message"):
            state["message"] = record["message"]["id"]
            transcript.turns += 1
        for block in record["message"]["content"]:
            _block(block, transcript, state)
    elif kind == "user" and isinstance(record["message"]["content"], list):
        for block in record["message"]["content"]:
            if block.get("type") == "tool_result" and block["tool_use_id"] in state:
                transcript.answer(state[block["tool_use_id"]], _text(block.get("content")), bool(block.get("is_error")))
    elif kind == "result":
        _result(record, transcript)


def _block(block: Record, transcript: Transcript, state: Record) -> None:
    if block["type"] == "text":
        transcript.add("text", "", block["text"])
    elif block["type"] == "tool_use":
        state[block["id"]] = add_call(transcript, USES, block["name"], block["input"])


def _result(record: Record, transcript: Transcript) -> None:
    used = record.get("usage") or {}
    cached = used.get("cache_read_input_tokens") or 0
    total = transcript.usage
    total.input_tokens = (used.get("input_tokens") or 0) + cached + (used.get("cache_creation_input_tokens") or 0)
    total.cached_tokens, total.output_tokens = cached, used.get("output_tokens") or 0
    total.usd = record.get("total_cost_usd")
    reason = record.get("result") or "; ".join(record.get("errors") or []) or record.get("subtype", "")
    # After an API error the subtype is "success" all the same; only this flag is reliable.
    if not record.get("is_error"):
        transcript.end(FINISHED)
    else:
        ends = {"error_max_turns": TURNS, "error_max_budget_usd": MONEY}
        transcript.end(ends.get(record.get("subtype", ""), ERROR), reason)


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(block.get("text", "") for block in content if isinstance(block, dict))
    return str(content or "")
