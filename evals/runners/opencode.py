"""opencode, `opencode run --format json`: configuration and events of version 1.18.33."""

import json
import os
import shutil
import subprocess

from evals.cases import SKILL
from evals.runners.agent import Attempt
from evals.runners.process import Launch, Record, Uses, add_call
from evals.transcript import ERROR, FINISHED, Transcript
from evals.workspace import COMMAND

PROGRAM, KEY = "opencode", "OPENAI_API_KEY"
NEEDS: tuple[str, ...] = ("rg",)  # without it the tool for skills fails
SKILLS = ".agents/skills"
REPORTS_COST = False
BASE_URL = "https://api.openai.com/v1"
OWN_KEY = "EVAL_API_KEY"
QUIET = (
    "OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_LSP_DOWNLOAD",
    "OPENCODE_DISABLE_DEFAULT_PLUGINS", "OPENCODE_DISABLE_SHARE",
)  # fmt: skip
USES: Uses = {
    "skill": ("skill", "name", ""),
    "read": ("read", "filePath", ""),
    "write": ("write", "filePath", "content"),
    "edit": ("write", "filePath", "newString"),
    "bash": ("command", "command", ""),
}


def launch(attempt: Attempt, program: str) -> Launch:
    """The key is in the environment, but a file that every shell sources first unsets it there."""
    options, home = attempt.options, attempt.space.home
    config = {
        "autoupdate": False, "share": "disabled", "snapshot": False, "lsp": False, "formatter": False,
        "enabled_providers": ["eval"],
        "provider": {
            "eval": {
                "npm": "@ai-sdk/openai-compatible", "name": "eval",
                "options": {"baseURL": options.base_url or BASE_URL, "apiKey": f"{{env:{OWN_KEY}}}"},
                "models": {options.model: {"name": options.model, "tool_call": True}},
            }
        },
        "small_model": f"eval/{options.model}",
        "permission": {
            "*": "deny", "external_directory": "deny",
            **dict.fromkeys(("read", "glob", "grep", "list", "todowrite", "edit", "skill"), "allow"),
            "bash": {
                "*": "deny", f"{COMMAND} *": "allow", f"python3 {SKILLS}/{SKILL}/scripts/check.py *": "allow",
            },
        },
    }  # fmt: skip
    folder = home / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.json").write_text(json.dumps(config), "utf-8")
    without = attempt.space.root / "without-key.sh"
    without.write_text(f"unset {OWN_KEY}\n", "utf-8")
    folders = {f"XDG_{name}_HOME": str(home / where) for name, where in (
        ("CONFIG", ".config"), ("DATA", ".local/share"), ("CACHE", ".cache"), ("STATE", ".local/state"),
    )}  # fmt: skip
    environment = attempt.space.environment() | folders | dict.fromkeys(QUIET, "1")
    environment |= {
        "npm_config_offline": "true", "SHELL": shutil.which("bash") or "/bin/bash", "BASH_ENV": str(without),
        OWN_KEY: os.environ[options.key_env or KEY],
    }  # fmt: skip
    if git := shutil.which("git"):  # otherwise opencode takes / for the project
        subprocess.run([git, "init", "-q"], cwd=attempt.space.project, env=attempt.space.environment(), check=False)
    command = [
        program,
        "run",
        "--pure",
        "--format",
        "json",
        "--model",
        f"eval/{options.model}",
        "--title",
        "eval",
    ]
    return Launch(command, environment, stdin=attempt.prompt)  # opencode puts quotes around an argument


def read(record: Record, transcript: Transcript, state: Record) -> None:
    """Add one record of the stream. It has no final record: the run ends with a step that calls no tools."""
    kind, part = record["type"], record.get("part") or {}
    if kind == "text":
        transcript.add("text", "", part["text"])
    elif kind == "tool_use":
        call = part["state"]
        failed = call["status"] == "error" or bool((call.get("metadata") or {}).get("exit"))
        returned = call.get("output") or call.get("error") or ""
        add_call(transcript, USES, part["tool"], call.get("input") or {}, returned, failed=failed)
    elif kind == "step_finish":
        used = part["tokens"]
        cached = used["cache"]["read"] + used["cache"]["write"]
        transcript.usage.input_tokens += used["input"] + cached
        transcript.usage.cached_tokens += used["cache"]["read"]
        transcript.usage.output_tokens += used["output"] + (used.get("reasoning") or 0)
        transcript.turns += 1
        if part["reason"] != "tool-calls":
            transcript.end(FINISHED)
    elif kind == "error":
        data = record["error"].get("data") or {}
        transcript.end(ERROR, f"{data.get('statusCode', '')} {data.get('message') or record['error']['name']}".strip())
