"""An agent's command line as a process: started, read line by line, ended when it told enough or a limit is reached.

Of its module it asks: `PROGRAM`, `SKILLS` (the folder of a project in which it looks for skills), `KEY` (the variable
in which it looks for its key), `TELLS_COST`, `launch` (what to start, and with what) and `read` (what one record of its
stream means).
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

from evals.artifact import PREFIX
from evals.runners import Ask, Options
from evals.transcript import ERROR, FINISHED, MONEY, TIME, TURNS, Transcript
from modal_serve_gen.errors import MachineError, quoted

LONGEST = 20_000_000  # bytes of one line
TICK_S = 0.2
GRACE_S = 5  # to end by itself after its last event


@dataclass(frozen=True)
class Launch:
    """`descriptors` are handed to the process, and closed here."""

    command: list[str]
    environment: dict[str, str]
    stdin: str = ""
    descriptors: tuple[int, ...] = field(default=())


def available(agent: ModuleType, options: Options) -> str:
    """The agent's version. Raises MachineError where its program, its key or what it needs is missing."""
    program = found(agent, options)
    key = options.key_env or agent.KEY
    if not os.environ.get(key):
        raise MachineError(f"{key} is not set.", "Set it, or name another variable with --key-env.")
    for other in getattr(agent, "NEEDS", ()):
        if not shutil.which(other):
            raise MachineError(f"{agent.PROGRAM} needs {other}, which is not on PATH.", f"Install {other}.")
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX) as home:
            done = subprocess.run(
                [program, "--version"],
                capture_output=True,
                text=True,
                timeout=60,
                env={"PATH": os.environ["PATH"], "HOME": home},
            )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise MachineError(f"{quoted(program)} cannot be started: {fault}.", "Install it anew.") from None
    return f"{agent.PROGRAM} {(done.stdout.strip().splitlines() or ['of unknown version'])[0]}"


def found(agent: ModuleType, options: Options) -> str:
    """The path of its program."""
    path = shutil.which(options.program or agent.PROGRAM)
    if path is None:
        named = options.program or agent.PROGRAM
        raise MachineError(f"There is no program {quoted(named)}.", "Install it, or name its path with --program.")
    return os.path.abspath(path)  # noqa: PTH100 (a link stays one: programs look at the name that they are called by)


def run(agent: ModuleType, ask: Ask, options: Options, transcript: Transcript) -> None:
    """Start the agent and read what it does."""
    launch = agent.launch(ask, options, found(agent, options))
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as stdin:
        stdin.write(launch.stdin.encode())
        stdin.seek(0)
        process = subprocess.Popen(
            launch.command, cwd=ask.space.project, env=launch.environment, stdin=stdin, stdout=subprocess.PIPE,
            stderr=errors, pass_fds=launch.descriptors, start_new_session=True,
        )  # fmt: skip
        for each in launch.descriptors:
            os.close(each)
        try:
            _follow(agent, process, ask, options, transcript)
        finally:
            code = _end(process)
        errors.seek(0)
        last = " ".join(errors.read()[-2000:].decode("utf-8", "replace").split())
    _settle(transcript, code, last)


def _follow(agent: ModuleType, process: subprocess.Popen, ask: Ask, options: Options, transcript: Transcript) -> None:
    until, state = time.monotonic() + ask.limits.seconds, {}
    for line in _lines(process.stdout.fileno(), until, ask.cancelled):
        ask.keep(line)
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or "type" not in record:
                raise ValueError
        except ValueError:
            transcript.malformed += bool(line.strip())
            continue
        try:
            agent.read(record, transcript, state)
        except (KeyError, TypeError, AttributeError, ValueError):
            transcript.malformed += 1  # an event of another shape than the one that is known
            continue
        if not agent.TELLS_COST:
            transcript.usage.usd = options.usd(transcript.usage)
        if transcript.outcome:
            continue  # what still comes is kept
        if ask.enough(transcript):
            return transcript.end(FINISHED, "no more is needed")
        if transcript.turns > ask.limits.turns:
            return transcript.end(TURNS, f"{ask.limits.turns} turns")
        if ask.limits.usd is not None and (transcript.usage.usd or 0) > ask.limits.usd:
            return transcript.end(MONEY, f"${transcript.usage.usd:.4f}")
    if ask.cancelled():
        return transcript.end(ERROR, "cancelled")
    if time.monotonic() >= until:
        # An agent that waits for its endpoint has not been slow: it could not begin.
        transcript.end(ERROR if transcript.retrying else TIME, transcript.retrying or f"{ask.limits.seconds:g} s")
    return None


def _lines(descriptor: int, until: float, cancelled) -> Iterator[str]:
    """Each line as it comes, until the other side closes, the time is over, or everything is to end."""
    held = b""
    while (left := until - time.monotonic()) > 0 and not cancelled():
        if not select.select([descriptor], [], [], min(TICK_S, left))[0]:
            continue
        data = os.read(descriptor, 2**16)
        if not data:
            break
        *whole, held = (held + data).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole if len(line) <= LONGEST)
        held = held[: LONGEST + 1]
    if held:
        yield held.decode("utf-8", "replace")


def _end(process: subprocess.Popen) -> int | None:
    """End the process with all that it started; its exit code, None where it had to be ended."""
    code = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(GRACE_S if process.poll() is None and _closed(process) else 0)
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    process.stdout.close()
    process.wait()
    return code


def _closed(process: subprocess.Popen) -> bool:
    """Whether it has closed its stream: then it is about to end by itself."""
    return bool(select.select([process.stdout], [], [], 0)[0]) and not os.read(process.stdout.fileno(), 1)


def _settle(transcript: Transcript, code: int | None, last: str) -> None:
    """What a process that said nothing of its end ended as."""
    if transcript.outcome:
        return
    words = f": {last[-300:]}" if last else ""
    if not transcript.events and transcript.malformed:
        transcript.end(ERROR, f"malformed events: {transcript.malformed} lines that cannot be read{words}")
    elif transcript.retrying:
        transcript.end(ERROR, transcript.retrying)
    else:
        transcript.end(ERROR, f"it ended with exit code {code} before its last event{words}")
