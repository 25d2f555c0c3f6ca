"""The tools of the endpoint loop: activate a skill, list, read, write and edit files, run modal-serve-gen."""

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import workspace
from evals.runners.agent import Attempt
from evals.workspace import Space

COMMAND_S = 300
SHOWN = 16_000  # characters of a result that the model receives
CHECK = re.compile(r"scripts/check\.py")


def skill(space: Space, limit_s: float, name: str) -> str:
    if name not in space.skills:
        raise ValueError(f"there is no skill {name}")
    folder = space.skills_folder / name
    where = folder.relative_to(space.project)
    files = "\n".join(f"- {where}/{file}" for file in space.skills[name] if file != "SKILL.md")
    return f"Folder of this skill: {where}\n{files}\n\n{(folder / 'SKILL.md').read_text('utf-8')}"


def list_files(space: Space, limit_s: float, path: str) -> str:
    entries = sorted(_resolve(space, path).iterdir())
    return "\n".join(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries) or "(empty)"


def read_file(space: Space, limit_s: float, path: str) -> str:
    return _resolve(space, path).read_text("utf-8")


def write_file(space: Space, limit_s: float, path: str, content: str) -> str:
    target = _resolve(space, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, "utf-8")
    return f"wrote {len(content):,} characters"


def edit_file(space: Space, limit_s: float, path: str, old: str, new: str) -> str:
    target = _resolve(space, path)
    text = target.read_text("utf-8")
    if text.count(old) != 1:
        raise ValueError(f"the text occurs {text.count(old)} times in the file, not once")
    target.write_text(text.replace(old, new), "utf-8")
    return "replaced"


def run_command(space: Space, limit_s: float, command: str) -> str:
    words = shlex.split(command)
    if words[:1] == [workspace.COMMAND]:
        words[0] = str(space.commands / workspace.COMMAND)
    elif len(words) > 1 and words[0] in ("python", "python3") and CHECK.search(words[1]):
        if not _resolve(space, words[1]).is_relative_to(space.skills_folder.resolve()):
            raise ValueError(f"{words[1]} is not a script of a skill")
        words[0] = "python3"
    else:
        raise ValueError("only modal-serve-gen and a skill's scripts/check.py can be run, without a shell")
    try:
        done = subprocess.run(
            words,
            cwd=space.project,
            env=space.environment(),
            capture_output=True,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"the command did not end within {limit_s:.0f} s") from None
    text = b"\n".join(part for part in (done.stdout, done.stderr) if part).decode("utf-8", "replace")
    return f"exit code {done.returncode}\n{text}"


def _resolve(space: Space, path: str) -> Path:
    """A path in the project. Raises ValueError if it is outside of it."""
    target = (space.project / path).resolve()
    if not target.is_relative_to(space.project.resolve()):
        raise ValueError(f"{path} is outside of the project")
    return target


@dataclass(frozen=True)
class Tool:
    """A tool: its function, the kind of event in the transcript, and what the model is told about it."""

    function: Callable[..., str]
    kind: str
    description: str
    parameters: dict[str, str]  # name: description

    @property
    def schema(self) -> dict[str, Any]:
        """The tool in the format of the chat completions API."""
        properties = {name: {"type": "string", "description": text} for name, text in self.parameters.items()}
        parameters = {
            "type": "object",
            "properties": properties,
            "required": list(self.parameters),
            "additionalProperties": False,
        }
        function = {"name": self.function.__name__, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}


PATH = {"path": "relative to the project"}
TOOLS = {
    tool.function.__name__: tool
    for tool in (
        Tool(skill, "skill", "Activate a skill: returns its instructions.", {"name": "as in the list of skills"}),
        Tool(list_files, "other", "List a folder.", {"path": "relative to the project; . is the project"}),
        Tool(read_file, "read", "Read a text file.", PATH),
        Tool(write_file, "write", "Create or overwrite a file.", PATH | {"content": "the complete text"}),
        Tool(
            edit_file,
            "write",
            "Replace a piece of text, which must occur exactly once in the file.",
            PATH | {"old": "the text to replace", "new": "the text to insert"},
        ),
        Tool(
            run_command,
            "command",
            "Run `modal-serve-gen ...`, or `python3 SKILL/scripts/check.py ...`; no other programs, no shell.",
            {"command": "one command line"},
        ),
    )
}


SCHEMAS = [tool.schema for tool in TOOLS.values()]


def use(call: dict[str, Any], attempt: Attempt) -> str:
    """Execute one tool call; the text for the model, which reports errors as well."""
    function = call.get("function") or {}
    name, text = function.get("name") or "", function.get("arguments") or "{}"
    tool = TOOLS.get(name)
    kind = tool.kind if tool else "other"
    arguments: object = {}
    try:
        arguments = json.loads(text)
        if tool is None:
            raise ValueError(f"there is no tool {name}")
        texts = _texts(tool, arguments)
        limit_s = max(1.0, min(COMMAND_S, attempt.until - time.monotonic()))
        result = tool.function(attempt.space, limit_s, **texts)
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        first = next(iter(arguments.values()), text) if isinstance(arguments, dict) else text
        attempt.transcript.add(kind, f"{name} {first}" if kind == "other" else first, f"Error: {reason}", failed=True)
        return f"Error: {reason}"
    what = texts[next(iter(tool.parameters))]
    detail = texts.get("content") or texts.get("new") if kind == "write" else result
    attempt.transcript.add(kind, f"{name} {what}" if kind == "other" else what, detail)
    return result if len(result) <= SHOWN else f"{result[:SHOWN]}\n… ({len(result):,} characters in all)"


def _texts(tool: Tool, arguments: object) -> dict[str, str]:
    """The arguments of a call; lone surrogates, which cannot be encoded, become question marks."""
    if not isinstance(arguments, dict) or any(not isinstance(arguments.get(name), str) for name in tool.parameters):
        raise ValueError(f"{tool.function.__name__} takes {', '.join(tool.parameters)}, each a string")
    return {name: arguments[name].encode("utf-8", "replace").decode() for name in tool.parameters}
