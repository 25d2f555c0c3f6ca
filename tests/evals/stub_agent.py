"""A stub of a coding agent's command line, which plays a scenario in the agent's own stream format.

It is copied to an executable named after the agent. `scenario.json` in the same folder maps a prompt to steps:
["skill", NAME], ["read", PATH], ["write", PATH, TEXT], ["command", LINE, OUTPUT, EXIT CODE], ["text", TEXT],
["fail", TEXT], ["retry", TEXT], ["raw", LINE], ["sleep", SECONDS], ["crash", EXIT CODE, TEXT], ["environment"],
["spawn", PYTHON].
Without "fail" or "crash", the run succeeds after the last step; "cut" ends it without a final record.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

ME = pathlib.Path(sys.argv[0])
AGENT = ME.name
SKILLS = ".claude/skills" if AGENT == "claude" else ".agents/skills"


def emit(record):
    print(json.dumps(record), flush=True)


def prompt():
    if AGENT == "claude" or AGENT == "gemini":
        return sys.argv[sys.argv.index("-p") + 1]
    return sys.stdin.read() if AGENT == "opencode" else sys.argv[-1]


def begin():
    if AGENT == "claude":
        names = sorted(path.name for path in pathlib.Path(SKILLS).iterdir())
        emit({"type": "system", "subtype": "init", "skills": names, "model": "stub", "claude_code_version": "0"})
    elif AGENT == "codex":
        emit({"type": "thread.started", "thread_id": "t"})
        emit({"type": "turn.started"})
    elif AGENT == "gemini":
        emit({"type": "init", "model": "stub"})


NAMES = {
    "claude": ("Skill skill", "Read file_path", "Write file_path", "Bash command"),
    "opencode": ("skill name", "read filePath", "write filePath", "bash command"),
    "gemini": ("activate_skill name", "read_file file_path", "write_file file_path", "run_shell_command command"),
}
KINDS = ("skill", "read", "write", "command")


def use(number, kind, target, text="", output="", code=0):
    """Report a tool call."""
    if AGENT == "codex":
        item = {
            "type": "command_execution",
            "command": f"/bin/bash -c '{target}'",
            "aggregated_output": output,
            "exit_code": code,
            "status": "completed",
        }
        if kind == "skill":
            item["command"] = f"/bin/bash -c 'cat {SKILLS}/{target}/SKILL.md'"
        elif kind == "read":
            item["command"] = f"/bin/bash -c 'sed -n 1,80p {target}'"
        elif kind == "write":
            item = {"type": "file_change", "changes": [{"path": target, "kind": "add"}], "status": "completed"}
        emit({"type": "item.completed", "item": {"id": f"item_{number}", **item}})
        return
    name, key = NAMES[AGENT][KINDS.index(kind)].split()
    arguments = {key: target, **({"content": text} if kind == "write" else {})}
    if AGENT == "claude":
        block = {"type": "tool_use", "id": f"t{number}", "name": name, "input": arguments}
        emit({"type": "assistant", "message": {"id": f"m{number}", "content": [block]}})
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": output, "is_error": bool(code)}
        emit({"type": "user", "message": {"content": [result]}})
    elif AGENT == "gemini":
        emit({"type": "tool_use", "tool_name": name, "tool_id": f"t{number}", "parameters": arguments})
        emit({"type": "tool_result", "tool_id": f"t{number}", "status": "success", "output": output})
    else:
        state = {"status": "completed", "input": arguments, "output": output, "metadata": {"exit": code}}
        emit({"type": "tool_use", "part": {"type": "tool", "tool": name, "callID": f"c{number}", "state": state}})
        emit(
            {
                "type": "step_finish",
                "part": {
                    "reason": "tool-calls",
                    "tokens": {"input": 100, "output": 10, "cache": {"read": 50, "write": 0}},
                },
            }
        )


def say(number, text):
    if AGENT == "claude":
        emit({"type": "assistant", "message": {"id": f"m{number}", "content": [{"type": "text", "text": text}]}})
    elif AGENT == "codex":
        emit({"type": "item.completed", "item": {"type": "agent_message", "text": text}})
    elif AGENT == "gemini":
        for half in (text[: len(text) // 2], text[len(text) // 2 :]):
            emit({"type": "message", "role": "assistant", "content": half, "delta": True})
    else:
        emit({"type": "text", "part": {"type": "text", "text": text}})


def end(error=""):
    usage = {"input_tokens": 500, "output_tokens": 50}
    if AGENT == "claude":
        emit(
            {
                "type": "result",
                "subtype": "success",
                "is_error": bool(error),
                "result": error or "done",
                "total_cost_usd": 0.01,
                "usage": usage,
            }
        )
    elif AGENT == "codex":
        emit(
            {"type": "turn.failed", "error": {"message": error}}
            if error
            else {"type": "turn.completed", "usage": usage}
        )
    elif AGENT == "gemini":
        details = {"error": {"type": "unknown", "message": error}} if error else {}
        emit({"type": "result", "status": "error" if error else "success", "stats": usage, **details})
    elif error:
        emit({"type": "error", "error": {"name": "APIError", "data": {"message": error}}})
    else:
        emit(
            {
                "type": "step_finish",
                "part": {"reason": "stop", "tokens": {"input": 100, "output": 10, "cache": {"read": 0, "write": 0}}},
            }
        )
    sys.exit(1 if error else 0)


def retry(reason):
    if AGENT == "claude":
        emit({"type": "system", "subtype": "api_retry", "error": reason, "attempt": 3})
    elif AGENT == "codex":
        emit({"type": "error", "message": f"Reconnecting... ({reason})"})


if sys.argv[1:] == ["--version"]:
    print("0.0.1 (stub)")
    sys.exit()
steps = json.loads(ME.with_name("scenario.json").read_text())[prompt()]
begin()
for number, (kind, *rest) in enumerate(steps):
    if kind in ("skill", "read"):
        path = rest[0] if kind == "read" else f"{SKILLS}/{rest[0]}/SKILL.md"
        use(number, kind, rest[0], output=pathlib.Path(path).read_text())
    elif kind == "write":
        pathlib.Path(rest[0]).write_text(rest[1])
        use(number, kind, str(pathlib.Path(rest[0]).absolute()), text=rest[1])
    elif kind == "command":
        use(number, kind, rest[0], output=rest[1], code=rest[2])
    elif kind == "environment":
        pathlib.Path("environment.json").write_text(json.dumps([dict(os.environ), sys.argv]))
        say(number, "My key is " + os.environ.get("EVAL_API_KEY", os.environ.get("GEMINI_API_KEY", "not here")))
    elif kind == "text":
        say(number, rest[0])
    elif kind == "retry":
        retry(rest[0])
    elif kind == "raw":
        print(rest[0], flush=True)
    elif kind == "spawn":
        subprocess.Popen([sys.executable, "-c", rest[0]])
    elif kind == "sleep":
        time.sleep(rest[0])
    elif kind == "fail":
        end(rest[0])
    elif kind == "crash":
        print(rest[1], file=sys.stderr)
        sys.exit(rest[0])
    elif kind == "cut":
        sys.exit(0)
end()
