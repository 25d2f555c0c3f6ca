"""The client: the real `modal` command in its own process, connected to the rehearsal instead of Modal."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.rehearsal import load
from modal_serve_gen.rehearsal.containers.pipes import Output

STOP_S = 5  # to end by itself, and again after an interrupt
PROGRAM = Path(__file__).resolve().parent / "containers" / "shim" / "client.py"
# Variables that Python, its packages and the app's own files are found by, or that change how text is read and shown.
NEEDED = (
    "CONDA_PREFIX", "HOME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "PYTHONHOME", "PYTHONIOENCODING",
    "PYTHONPATH", "PYTHONUTF8", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
)  # fmt: skip
LOG_WAIT_S = 60  # how long the client waits for the last logs while the engine ends


@dataclass(frozen=True)
class Frame:
    """A line of a traceback. The files of a container have its own paths, such as /root/app.py."""

    file: str
    line: int


@dataclass(frozen=True)
class Failure:
    """The exception that ended a command; the innermost frame comes last."""

    type: str
    module: str
    text: str
    frames: tuple[Frame, ...]


def read_failure(record: Path, original_of: Callable[[str], str]) -> Failure | None:
    """The failure that shim/client.py has written, with `original_of` each file."""
    try:
        document = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    # Files of a container are prefixed with its id, as in `<ta-000012>:/root/app.py`.
    frames = tuple(
        Frame(original_of(re.sub(r"^<[\w-]+>:", "", file)), line or 0) for file, line, _ in document["frames"]
    )
    return Failure(document["type"], document["module"], document["text"], frames)


def environment(url: str, folder: Path, mark: str, passed: Iterable[str] = ()) -> dict[str, str]:
    """What `modal run` needs of the user's environment, and the variables `passed`: no keys, no account, no proxy."""
    names = {*NEEDED, *passed, *(name for name in os.environ if name.startswith("LC_"))}
    variables = {name: value for name, value in os.environ.items() if name in names}
    return variables | {
        "MODAL_SERVER_URL": url,
        "MODAL_TOKEN_ID": "ak-rehearsal",
        "MODAL_TOKEN_SECRET": "as-rehearsal",
        "MODAL_CONFIG_PATH": str(folder / "modal.toml"),
        "MODAL_LOGS_TIMEOUT": str(LOG_WAIT_S),
        "REHEARSAL_MARK": mark,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "500",  # rich would break the app's own lines
        "NO_COLOR": "1",
    }


async def run(
    command: list[str],
    variables: dict[str, str],
    folder: Path | None,
    *,
    limit_s: float,
    stop: asyncio.Event,
    started: Callable[[int], None],
    emit: Callable[[str], None],
) -> int:
    """Run `command` in `folder` with the environment `variables`; its exit code. Raises TimeoutError after `limit_s`.

    The limit passes slower while the machine is busy. After `stop` is set, the command has a moment to end by itself.
    `started` gets its process id, `emit` its output. It is its own process group, and is killed on cancellation.
    """
    output = Output(emit)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=variables, stdin=asyncio.subprocess.DEVNULL,
        stdout=output.write_end, stderr=output.write_end, start_new_session=True,
    )  # fmt: skip
    started(process.pid)
    output.started()
    try:
        code = await load.wait_for(_ended(process, stop), load.Patience(limit_s))
    except TimeoutError:
        at = command.index(str(PROGRAM))
        words = " ".join(["modal", *command[at + 2 : at + 4]])
        raise TimeoutError(f"{words} did not end within {limit_s:g} s and was stopped.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    await output.drained(10)
    return code


async def _ended(process: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    """Its exit code. Once `stop` is set and a moment has passed, it is interrupted, as by Ctrl-C."""
    ended, stopped = asyncio.ensure_future(process.wait()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(2):
            if (await asyncio.wait({ended}, timeout=STOP_S if stop.is_set() else None))[0]:
                return ended.result()
            process.send_signal(signal.SIGINT)
        return 1  # the caller kills it
    finally:
        ended.cancel()
        stopped.cancel()
