"""Run an agent's command line: start it, read its stream line by line, stop it when it is done or at a limit."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from evals.artifact import PREFIX
from evals.runners.agent import Attempt, Options
from evals.transcript import ERROR, TIME, TURNS, Transcript
from modal_serve_gen.errors import MachineError, quoted

LONGEST = 20_000_000  # bytes of one line
TICK_S = 0.2
GRACE_S = 5  # for the process to exit after it has closed its stream

Record = dict[str, Any]  # one JSON object of an agent's stream
# Tools by name: kind of event, argument that names the object, argument that holds the written text.
Uses = dict[str, tuple[str, str, str]]


@dataclass(frozen=True)
class Launch:
    """How to start an agent. `descriptors` are passed to the process and closed here."""

    command: list[str]
    environment: dict[str, str]
    stdin: str = ""
    descriptors: tuple[int, ...] = ()


class CommandLine(Protocol):
    """What the module of a command line defines."""

    PROGRAM: str
    SKILLS: str  # folder of a project in which the agent looks for skills
    KEY: str  # environment variable in which it looks for its API key
    NEEDS: tuple[str, ...]  # other programs that it needs
    REPORTS_COST: bool

    def launch(self, attempt: Attempt, program: str) -> Launch:
        """The command and the environment of a run."""

    def read(self, record: Record, transcript: Transcript, state: Record) -> None:
        """Add one record of the stream to the transcript. `state` is kept between the records of a run."""


def add_call(
    transcript: Transcript, uses: Uses, name: str, arguments: Record, detail: object = "", *, failed: bool = False
) -> int:
    """Add the call of a tool; the index of its event. `detail`: what it returned, if that is known already."""
    kind, what, written = uses.get(name, ("other", "", ""))
    target = arguments.get(what, "") if what else f"{name} {arguments}"
    transcript.add(kind, target, arguments.get(written, "") if written else detail, failed=failed)
    return len(transcript.events) - 1


def version(agent: CommandLine, options: Options) -> str:
    """The agent and its version. Raises MachineError if its program, its key or a dependency is missing."""
    program = _find(agent, options)
    key = options.key_env or agent.KEY
    if not os.environ.get(key):
        raise MachineError(f"{key} is not set.", "Set it, or name another variable with --key-env.")
    for dependency in agent.NEEDS:
        if not shutil.which(dependency):
            raise MachineError(f"{agent.PROGRAM} needs {dependency}, which is not on PATH.", f"Install {dependency}.")
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
            environment = {"PATH": os.environ["PATH"], "HOME": home}
            done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"{quoted(program)} cannot be started: {error}.", "Reinstall it.") from None
    return f"{agent.PROGRAM} {(done.stdout.strip().splitlines() or ['(unknown version)'])[0]}"


def _find(agent: CommandLine, options: Options) -> str:
    """The path of the agent's program."""
    name = options.program or agent.PROGRAM
    path = shutil.which(name)
    if path is None:
        raise MachineError(f"The program {quoted(name)} was not found.", "Install it, or set its path with --program.")
    return os.path.abspath(path)  # noqa: PTH100 (resolving a link would change the name that the program sees)


def run(agent: CommandLine, attempt: Attempt) -> None:
    """Start the agent and read its stream."""
    launch = agent.launch(attempt, _find(agent, attempt.options))
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as stdin:
        stdin.write(launch.stdin.encode())
        stdin.seek(0)
        process = subprocess.Popen(
            launch.command,
            cwd=attempt.space.project,
            env=launch.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=launch.descriptors,
            start_new_session=True,
        )
        for descriptor in launch.descriptors:
            os.close(descriptor)
        assert process.stdout is not None  # because of PIPE
        stream = process.stdout.fileno()
        try:
            _follow(agent, stream, attempt)
        finally:
            code = _stop(process, stream)
            process.stdout.close()
        errors.seek(0)
        last = " ".join(errors.read()[-2000:].decode("utf-8", "replace").split())
    _settle(attempt.transcript, code, last)


def _follow(agent: CommandLine, stream: int, attempt: Attempt) -> None:
    transcript, state = attempt.transcript, Record()
    for line in _lines(stream, attempt.until, attempt.canceled):
        attempt.record(line)
        if not _read(agent, line, transcript, state):
            continue
        if not agent.REPORTS_COST:
            transcript.usage.usd = attempt.options.usd(transcript.usage)
        if transcript.outcome:
            continue  # later lines are only recorded
        attempt.stop_early()
        if transcript.turns > attempt.turns:
            transcript.end(TURNS, f"{attempt.turns} turns")
        if transcript.outcome:
            return
    if attempt.canceled():
        transcript.end(ERROR, "canceled")
    elif time.monotonic() >= attempt.until:
        # An agent that is waiting for its endpoint is not slow: the endpoint failed.
        transcript.end(ERROR if transcript.retrying else TIME, transcript.retrying or f"{attempt.seconds:g} s")


def _read(agent: CommandLine, line: str, transcript: Transcript, state: Record) -> bool:
    """Add a line of the stream to the transcript; False if it is malformed."""
    try:
        record = json.loads(line)
        if not isinstance(record, dict) or "type" not in record:
            raise ValueError("not a record")
    except ValueError:
        transcript.malformed += bool(line.strip())
        return False
    try:
        agent.read(record, transcript, state)
    except (KeyError, TypeError, AttributeError, ValueError):
        transcript.malformed += 1  # a known type of record, but with other fields
        return False
    return True


def _lines(stream: int, until: float, canceled: Callable[[], bool]) -> Iterator[str]:
    """The lines of the stream as they come, until it is closed, the time is over, or the evaluation is canceled."""
    rest = b""
    while (left := until - time.monotonic()) > 0 and not canceled():
        if not select.select([stream], [], [], min(TICK_S, left))[0]:
            continue
        data = os.read(stream, 2**16)
        if not data:
            break
        *complete, rest = (rest + data).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in complete if len(line) <= LONGEST)
        rest = rest[: LONGEST + 1]
    if rest:
        yield rest.decode("utf-8", "replace")


def _stop(process: "subprocess.Popen[bytes]", stream: int) -> int | None:
    """Stop the process and its children. Its exit code, or None if it had to be killed."""
    code = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(GRACE_S if process.poll() is None and _closed(stream) else 0)
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    process.wait()
    return code


def _closed(stream: int) -> bool:
    """True if the process has closed its stream, so that it is about to exit."""
    return bool(select.select([stream], [], [], 0)[0]) and not os.read(stream, 1)


def _settle(transcript: Transcript, code: int | None, last: str) -> None:
    """Set the outcome of a process that exited without a final record."""
    if transcript.outcome:
        return
    detail = f": {last[-300:]}" if last else ""
    if not transcript.events and transcript.malformed:
        transcript.end(ERROR, f"malformed stream: {transcript.malformed} lines could not be parsed{detail}")
    elif transcript.retrying:
        transcript.end(ERROR, transcript.retrying)
    else:
        transcript.end(ERROR, f"the agent exited with code {code} without a final record{detail}")
