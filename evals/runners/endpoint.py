"""An OpenAI-compatible endpoint as an agent: a small loop with the catalogue of skills and six tools."""

import json
import os
import re
import shlex
import subprocess
import time
from pathlib import Path

from evals import workspace
from evals.runners import Ask, Options
from evals.transcript import ERROR, FINISHED, MONEY, TIME, TURNS, Transcript
from evals.workspace import Space
from modal_serve_gen.errors import EnvironmentLacks

SKILLS = ".agents/skills"
KEY = "OPENAI_API_KEY"
RETRIES, PAUSE_S = 5, 1.0  # of one request that was refused for its rate or failed at the server; before the first
COMMAND_S = 300
SHOWN = 16_000  # characters of a file or an answer that the model gets at once
CHECK = re.compile(r"scripts/check/?(__main__\.py)?")

SYSTEM = """You are a coding agent in a project folder. Do what the user asks with your tools, then answer in a few \
sentences. Nobody can answer questions: where something is open, assume it and say so.

Skills are instructions for certain kinds of work. If one of them fits what the user wants, activate it with the tool \
`skill` before anything else and follow it; if none fits, work without. Their folders can be read with `read_file`.

<available_skills>
{catalogue}
</available_skills>"""


def _tool(name: str, description: str, /, **parameters: str) -> dict:
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


RELATIVE = "relative to the project"
PROGRAMS = "Run `modal-serve-gen ...`, or `python3 SKILL/scripts/check ...`; no other programs, no shell."
ONCE = "Replace one piece of text, which must stand in the file exactly once."
TOOLS = [
    _tool("skill", "Activate a skill: returns its instructions.", name="as the catalogue has it"),
    _tool("list_files", "List a folder.", path=f"{RELATIVE}; . is the project"),
    _tool("read_file", "Read a text file.", path=RELATIVE),
    _tool("write_file", "Write a whole file, anew or over the old one.", path=RELATIVE, content="all of it"),
    _tool("edit_file", ONCE, path=RELATIVE, old="as it stands", new="instead"),
    _tool("run_command", PROGRAMS, command="one command line"),
]


def available(options: Options) -> str:
    """The version of the client. Raises EnvironmentLacks where it or the key is missing."""
    try:
        import openai
    except ImportError:
        raise EnvironmentLacks("The package openai is not installed.", "pip install 'modal-serve-gen[evals]'") from None
    key = options.key_env or KEY
    if not os.environ.get(key) and not options.base_url:
        raise EnvironmentLacks(f"{key} is not set.", "Set it, or name another variable with --key-env.")
    return f"openai {openai.__version__}"


def run(ask: Ask, options: Options, transcript: Transcript) -> None:
    """Ask the endpoint until it answers without a tool, or a limit is reached."""
    import openai

    until = time.monotonic() + ask.limits.seconds
    # A local endpoint wants no key, the client wants some text.
    key = os.environ.get(options.key_env or KEY) or "none"
    catalogue = workspace.descriptions({name: ask.space.skills_folder / name for name in ask.space.skills})
    system = SYSTEM.format(catalogue="\n".join(_entry(name, text) for name, text in sorted(catalogue.items())))
    messages: list[dict] = [{"role": "system", "content": system}, {"role": "user", "content": ask.prompt}]
    transcript.offered = sorted(catalogue)
    with openai.OpenAI(api_key=key, base_url=options.base_url or None, max_retries=0) as client:
        while not transcript.outcome:
            if ask.cancelled():
                return transcript.end(ERROR, "cancelled")
            if transcript.turns >= ask.limits.turns:
                return transcript.end(TURNS, f"{transcript.turns} turns")
            if time.monotonic() >= until:
                return transcript.end(TIME, f"{ask.limits.seconds:g} s")
            try:
                answer = _ask(client, options.model, messages, until, ask)
            except openai.APITimeoutError:
                return transcript.end(TIME, f"{ask.limits.seconds:g} s, while the endpoint was answering")
            except (openai.OpenAIError, ValueError) as fault:
                return transcript.end(ERROR, _why(fault))
            if not getattr(answer, "choices", None) or (message := answer.choices[0].message) is None:
                return transcript.end(ERROR, f"malformed answer: it holds no message: {str(answer)[:200]}")
            ask.keep(answer.model_dump_json(exclude_none=True))
            _count(answer, options, transcript)
            transcript.turns += 1
            if message.content:
                transcript.add("text", "", message.content)
            if not message.tool_calls:
                return transcript.end(FINISHED)
            messages.append(message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
            for call in message.tool_calls:
                text = _use(call, ask.space, transcript, until)
                ask.keep(json.dumps({"tool_call_id": call.id, "content": text}, ensure_ascii=False))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
            if ask.enough(transcript):
                return transcript.end(FINISHED, "no more is needed")
            if ask.limits.usd is not None and (transcript.usage.usd or 0) > ask.limits.usd:
                return transcript.end(MONEY, f"${transcript.usage.usd:.4f}")
    return None


def _ask(client, model: str, messages: list[dict], until: float, ask: Ask):
    """One answer; what may be better the next time is asked again, each time after a longer pause."""
    import openai

    for tried in range(RETRIES + 1):
        try:
            left = max(0.1, until - time.monotonic())
            return client.chat.completions.create(model=model, messages=messages, tools=TOOLS, timeout=left)
        except openai.APITimeoutError:
            raise
        except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as fault:
            pause = _pause(fault, tried)
            if tried == RETRIES or ask.cancelled() or time.monotonic() + pause > until:
                raise
            time.sleep(pause)
    return None


def _pause(fault: Exception, tried: int) -> float:
    """Seconds before the next try: what the endpoint asks for, within reason, else twice as long as before."""
    given = getattr(getattr(fault, "response", None), "headers", {}).get("retry-after", "")
    return min(60.0, float(given)) if re.fullmatch(r"\d+(\.\d+)?", given) else PAUSE_S * 2**tried


def _entry(name: str, description: str) -> str:
    where = f"{SKILLS}/{name}/SKILL.md"
    return f"  <skill><name>{name}</name><description>{description}</description><location>{where}</location></skill>"


def _count(answer, options: Options, transcript: Transcript) -> None:
    used, total = answer.usage, transcript.usage
    transcript.model = answer.model or transcript.model
    if used:
        total.input_tokens += used.prompt_tokens or 0
        total.output_tokens += used.completion_tokens or 0
        total.cached_tokens += (used.prompt_tokens_details and used.prompt_tokens_details.cached_tokens) or 0
        total.usd = options.usd(total)


def _why(fault: Exception) -> str:
    import openai

    if isinstance(fault, openai.RateLimitError):
        return f"rate limited, also after {RETRIES} more tries: {fault}"
    if isinstance(fault, openai.APIConnectionError):
        return f"the endpoint cannot be reached: {fault.__cause__ or fault}"
    if isinstance(fault, openai.APIStatusError):
        return f"the endpoint refused: {fault}"
    return f"malformed answer: {fault}"


def _use(call, space: Space, transcript: Transcript, until: float) -> str:
    """Do what one call of a tool asks for; what the model is told."""
    name = call.function.name if call.type == "function" else call.type
    kind = {
        "skill": "skill",
        "read_file": "read",
        "write_file": "write",
        "edit_file": "write",
        "run_command": "command",
    }
    try:
        given = json.loads(call.function.arguments or "{}")
        wanted = next(
            (each["function"]["parameters"]["required"] for each in TOOLS if each["function"]["name"] == name), None
        )
        if wanted is None:
            raise ValueError(f"there is no tool {name}")
        if not isinstance(given, dict) or any(not isinstance(given.get(key), str) for key in wanted):
            raise ValueError(f"{name} takes {', '.join(wanted)}, each a text")
        text = globals()[f"_{name}"](space, until=until, **{key: given[key] for key in wanted})
    except (ValueError, OSError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else fault
        transcript.add(kind.get(name, "other"), _shown(call), f"Error: {reason}", failed=True)
        return f"Error: {reason}"
    what = given[wanted[0]]
    shown = given.get("content") or given.get("new") if kind.get(name) == "write" else text
    transcript.add(kind.get(name, "other"), what if name in kind else f"{name} {what}", shown)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n… ({len(text):,} characters in all)"


def _shown(call) -> str:
    try:
        given = json.loads(call.function.arguments)
        return str(next(iter(given.values())))
    except (ValueError, AttributeError, StopIteration):
        return f"{getattr(call.function, 'name', '')} {getattr(call.function, 'arguments', '')}"


def _inside(space: Space, path: str) -> Path:
    """A path of the project. Raises ValueError for one that leads out of it."""
    found = (space.project / path).resolve()
    if not found.is_relative_to(space.project.resolve()):
        raise ValueError(f"{path} is outside of the project")
    return found


def _skill(space: Space, name: str, until: float) -> str:
    if name not in space.skills:
        raise ValueError(f"there is no skill {name}")
    folder = space.skills_folder / name
    files = "\n".join(f"- {SKILLS}/{name}/{file}" for file in space.skills[name] if file != "SKILL.md")
    return f"Folder of this skill: {SKILLS}/{name}\n{files}\n\n{(folder / 'SKILL.md').read_text('utf-8')}"


def _list_files(space: Space, path: str, until: float) -> str:
    inner = sorted(_inside(space, path).iterdir())
    return "\n".join(f"{each.name}/" if each.is_dir() else each.name for each in inner) or "(empty)"


def _read_file(space: Space, path: str, until: float) -> str:
    return _inside(space, path).read_text("utf-8")


def _write_file(space: Space, path: str, content: str, until: float) -> str:
    target = _inside(space, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, "utf-8")
    return f"wrote {len(content):,} characters"


def _edit_file(space: Space, path: str, old: str, new: str, until: float) -> str:
    target = _inside(space, path)
    text = target.read_text("utf-8")
    if text.count(old) != 1:
        raise ValueError(f"the text stands there {text.count(old)} times, not once")
    target.write_text(text.replace(old, new), "utf-8")
    return "replaced"


def _run_command(space: Space, command: str, until: float) -> str:
    words = shlex.split(command)
    if words[:1] == [workspace.COMMAND]:
        words[0] = str(space.commands / workspace.COMMAND)
    elif len(words) > 1 and words[0] in ("python", "python3") and CHECK.search(words[1]):
        inside = _inside(space, words[1])
        if not inside.is_relative_to(space.skills_folder.resolve()):
            raise ValueError(f"{words[1]} is no skill's script")
        words[0] = "python3"
    else:
        raise ValueError("only modal-serve-gen and a skill's scripts/check can be run, without a shell")
    limit = max(1.0, min(COMMAND_S, until - time.monotonic()))
    try:
        done = subprocess.run(
            words,
            cwd=space.project,
            env=space.environment(),
            capture_output=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"it did not end within {limit:.0f} s") from None
    text = b"\n".join(part for part in (done.stdout, done.stderr) if part).decode("utf-8", "replace")
    return f"exit code {done.returncode}\n{text}"
