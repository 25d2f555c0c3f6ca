"""Codex, `codex exec --json`: configuration and events of version 0.169.0.

It has no limits on turns or cost, and no tools for skills or reading: it reads with shell commands. It does not report
what its sandbox blocks.
"""

import os

import tomli_w

from evals.runners.agent import Attempt
from evals.runners.process import Launch, Record
from evals.transcript import ERROR, FINISHED, Transcript

PROGRAM, KEY = "codex", "OPENAI_API_KEY"
SKILLS = ".agents/skills"
NEEDS: tuple[str, ...] = ()
REPORTS_COST = False
BASE_URL = "https://api.openai.com/v1"
OWN_KEY = "EVAL_API_KEY"
OFF = (
    "plugins", "apps", "remote_plugin", "daemon_auto_start", "skill_mcp_dependency_install", "shell_snapshot",
    "image_generation", "browser_use", "computer_use", "in_app_browser", "goals", "memories", "tool_suggest",
    "unbounded_connection_retries",
)  # fmt: skip


def launch(attempt: Attempt, program: str) -> Launch:
    """The configuration is in the new home. The key is in the environment, but not in that of the agent's shell."""
    options = attempt.options
    config = {
        "model_provider": "eval",
        **({"model": options.model} if options.model else {}),
        "approval_policy": "never",
        "sandbox_mode": "workspace-write",
        "check_for_update_on_startup": False,
        "web_search": "disabled",
        "allow_login_shell": False,  # a login shell sets its own PATH
        "features": dict.fromkeys(OFF, False),
        "agents": {"enabled": False},
        "skills": {"bundled": {"enabled": False}},
        "model_providers": {
            "eval": {
                "name": "eval", "base_url": options.base_url or BASE_URL, "wire_api": "responses", "env_key": OWN_KEY,
                "requires_openai_auth": False, "request_max_retries": 3, "stream_max_retries": 3,
                "supports_websockets": False,
            }
        },
        "sandbox_workspace_write": {
            "network_access": False, "exclude_slash_tmp": True, "exclude_tmpdir_env_var": True,
        },
        "shell_environment_policy": {
            "inherit": "core", "ignore_default_excludes": False, "exclude": ["*KEY*", "*TOKEN*", "*SECRET*"],
        },
        "history": {"persistence": "none"},
        "analytics": {"enabled": False},
        "feedback": {"enabled": False},
    }  # fmt: skip
    folder, temporary = attempt.space.home / ".codex", attempt.space.root / "tmp"
    folder.mkdir()
    temporary.mkdir()  # codex refuses a temporary folder that contains its home
    (folder / "config.toml").write_text(tomli_w.dumps(config), "utf-8")
    environment = attempt.space.environment() | {
        "CODEX_HOME": str(folder), "TMPDIR": str(temporary), OWN_KEY: os.environ[options.key_env or KEY],
    }  # fmt: skip
    command = [
        program, "exec", "--json", "--strict-config", "--skip-git-repo-check", "--ephemeral", "--ignore-rules",
        "-C", str(attempt.space.project), "--", attempt.prompt,
    ]  # fmt: skip
    return Launch(command, environment)


def read(record: Record, transcript: Transcript, state: Record) -> None:
    """Add one record of the stream; each completed item counts as a turn."""
    kind = record["type"]
    if kind == "item.completed":
        item = record["item"]
        if item["type"] != "error":  # these items are warnings
            transcript.turns += 1
        if item["type"] == "agent_message":
            transcript.add("text", "", item["text"])
        elif item["type"] == "command_execution":
            failed = item.get("exit_code") != 0
            transcript.add("command", item["command"], item.get("aggregated_output") or "", failed=failed)
        elif item["type"] == "file_change":
            for change in item["changes"]:
                transcript.add("write", change["path"], change.get("kind", ""), failed=item.get("status") == "failed")
        elif item["type"] not in ("error", "reasoning"):
            transcript.add("other", f"{item['type']} {item.get('tool', '')}", item)
    elif kind == "turn.completed":
        used = record["usage"]
        transcript.usage.input_tokens = used["input_tokens"]
        transcript.usage.cached_tokens = used.get("cached_input_tokens") or 0
        transcript.usage.output_tokens = used["output_tokens"]
        transcript.end(FINISHED)
    elif kind == "turn.failed":
        transcript.end(ERROR, record["error"]["message"])
    elif kind == "error":
        transcript.retrying = record["message"]
