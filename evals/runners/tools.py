"""The tools of the loop that asks an endpoint: activate a skill, look at files, write them, run our own command."""

import json
import re
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from evals import workspace
from evals.transcript import Transcript
from evals.workspace import Space

COMMAND_S = 300
SHOWN = 16_000  # characters of a file or an answer that the model gets at once
CHECK = re.compile(r"scripts/check/?(__main__\.py)?")
RELATIVE = "relative to the project"


def skill(space: Space, until: float, name: str) -> str:
    if name not in space.skills:
        raise ValueError(f"there is no skill {name}")
    folder = space.skills_folder / name
    where = folder.relative_to(space.project)
    files = "\n".join(f"- {where}/{file}" for file in space.skills[name] if file != "SKILL.md")
    return f"Folder of this skill: {where}\n{files}\n\n{(folder / 'SKILL.md').read_text('utf-8')}"


def list_files(space: Space, until: float, path: str) -> str:
    inner = sorted(_inside(space, path).iterdir())
    return "\n".join(f"{each.name}/" if each.is_dir() else each.name for each in inner) or "(empty)"


def read_file(space: Space, until: float, path: str) -> str:
    return _inside(space, path).read_text("utf-8")


def write_file(space: Space, until: float, path: str, content: str) -> str:
    target = _inside(space, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, "utf-8")
    return f"wrote {len(content):,} characters"


def edit_file(space: Space, until: float, path: str, old: str, new: str) -> str:
    target = _inside(space, path)
    text = target.read_text("utf-8")
    if text.count(old) != 1:
        raise ValueError(f"the text stands there {text.count(old)} times, not once")
    target.write_text(text.replace(old, new), "utf-8")
    return "replaced"


def run_command(space: Space, until: float, command: str) -> str:
    words = shlex.split(command)
    if words[:1] == [workspace.COMMAND]:
        words[0] = str(space.commands / workspace.COMMAND)
    elif len(words) > 1 and words[0] in ("python", "python3") and CHECK.search(words[1]):
        if not _inside(space, words[1]).is_relative_to(space.skills_folder.resolve()):
            raise ValueError(f"{words[1]} is no skill's script")
        words[0] = "python3"
    else:
        raise ValueError("only modal-serve-gen and a skill's scripts/check can be run, without a shell")
    limit = max(1.0, min(COMMAND_S, until - time.monotonic()))
    try:
        done = subprocess.run(
            words, cwd=space.project, env=space.environment(), capture_output=True, timeout=limit,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ValueError(f"it did not end within {limit:.0f} s") from None
    text = b"\n".join(part for part in (done.stdout, done.stderr) if part).decode("utf-8", "replace")
    return f"exit code {done.returncode}\n{text}"


def _inside(space: Space, path: str) -> Path:
    """A path of the project. Raises ValueError for one that leads out of it."""
    found = (space.project / path).resolve()
    if not found.is_relative_to(space.project.resolve()):
        raise ValueError(f"{path} is outside of the project")
    return found


# Each tool: the kind of event that its use is, what the model is told of it and of what it takes.
TOOLS: dict[str, tuple[Callable, str, str, dict[str, str]]] = {
    each.__name__: (each, kind, text, parameters)
    for each, kind, text, parameters in (
        (skill, "skill", "Activate a skill: returns its instructions.", {"name": "as the catalogue has it"}),
        (list_files, "other", "List a folder.", {"path": f"{RELATIVE}; . is the project"}),
        (read_file, "read", "Read a text file.", {"path": RELATIVE}),
        (write_file, "write", "Write a whole file, anew or over the old one.", {"path": RELATIVE, "content": "all"}),
        (
            edit_file, "write", "Replace one piece of text, which must stand in the file exactly once.",
            {"path": RELATIVE, "old": "as it stands", "new": "instead"},
        ),
        (
            run_command, "command",
            "Run `modal-serve-gen ...`, or `python3 SKILL/scripts/check ...`; no other programs, no shell.",
            {"command": "one command line"},
        ),
    )
}  # fmt: skip


def offered() -> list[dict]:
    """The tools as an endpoint is told of them."""
    found = []
    for name, (_, _, text, parameters) in TOOLS.items():
        properties = {key: {"type": "string", "description": about} for key, about in parameters.items()}
        schema = {"type": "object", "properties": properties, "required": list(parameters)}
        schema["additionalProperties"] = False
        found.append({"type": "function", "function": {"name": name, "description": text, "parameters": schema}})
    return found


def use(call: dict, space: Space, transcript: Transcript, until: float) -> str:
    """Do what one call asks for; what the model is told. What it did wrong, it is told as well."""
    asked = call.get("function") or {}
    name, words = asked.get("name") or "", asked.get("arguments") or "{}"
    function, kind, _, parameters = TOOLS.get(name, (None, "other", "", {}))
    given: dict = {}
    try:
        given = json.loads(words)
        if function is None:
            raise ValueError(f"there is no tool {name}")
        if not isinstance(given, dict) or any(not isinstance(given.get(key), str) for key in parameters):
            raise ValueError(f"{name} takes {', '.join(parameters)}, each a text")
        # Half characters, which nothing can be written with, as question marks.
        given = {key: given[key].encode("utf-8", "replace").decode() for key in parameters}
        text = function(space, until, **given)
    except (ValueError, OSError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else fault
        first = next(iter(given.values()), words) if isinstance(given, dict) else words
        transcript.add(kind, f"{name} {first}" if kind == "other" else first, f"Error: {reason}", failed=True)
        return f"Error: {reason}"
    what = given[next(iter(parameters))]
    shown = given.get("content") or given.get("new") if kind == "write" else text
    transcript.add(kind, f"{name} {what}" if kind == "other" else what, shown)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n… ({len(text):,} characters in all)"
