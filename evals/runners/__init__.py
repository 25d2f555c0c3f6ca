"""The agents: an OpenAI-compatible endpoint in a small tool loop, and the command lines of coding agents.

Each is a module. `process` runs the command lines; their modules say how to start one and how to read its stream.
"""

from typing import Literal, get_args

from evals.runners import claude_code, codex, endpoint, gemini, opencode, process
from evals.runners.agent import Attempt, Options

Name = Literal["endpoint", "claude-code", "codex", "opencode", "gemini"]
NAMES: tuple[Name, ...] = get_args(Name)
COMMAND_LINES: dict[str, process.CommandLine] = {
    "claude-code": claude_code,
    "codex": codex,
    "opencode": opencode,
    "gemini": gemini,
}


def skills_folder(runner: str) -> str:
    """The folder of a project in which the agent looks for skills."""
    return COMMAND_LINES[runner].SKILLS if runner in COMMAND_LINES else endpoint.SKILLS


def reports_cost(runner: str) -> bool:
    """True if the agent reports what a run cost."""
    return runner in COMMAND_LINES and COMMAND_LINES[runner].REPORTS_COST


def version(options: Options) -> str:
    """The agent and its version. Raises MachineError if its program, its key or a dependency is missing."""
    if options.runner in COMMAND_LINES:
        return process.version(COMMAND_LINES[options.runner], options)
    return endpoint.version(options)


def run(attempt: Attempt) -> None:
    """Run the agent and extend the transcript. A failure of the agent is an outcome, not an exception."""
    if attempt.options.runner in COMMAND_LINES:
        process.run(COMMAND_LINES[attempt.options.runner], attempt)
    else:
        endpoint.run(attempt)
