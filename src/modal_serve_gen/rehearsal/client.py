"""The client: the real `modal` command in its own process, connected to the rehearsal instead of Modal."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from modal_serve_gen.rehearsal.containers.pipes import Output

LOG_WAIT_S = 60  # how long the client waits for the last logs while the engine ends


def environment(url: str, folder: Path, mark: str) -> dict[str, str]:
    """The user's environment, without variables of a Modal account and proxies."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MODAL_") and not name.lower().endswith("_proxy")
    }
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
    started: Callable[[int], None],
    emit: Callable[[str], None],
) -> int:
    """Run `command` in `folder` with the environment `variables`; its exit code, 1 if it exceeded `limit_s`.

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
        code = await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        emit(f"\n{' '.join(command[2:4])} did not end within {limit_s:g} s and was stopped.\n")
        code = 1
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    await output.drained(10)
    return code
