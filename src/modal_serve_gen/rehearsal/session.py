"""One rehearsal from start to end: set the stage, run the real `modal run`, clear everything away, report."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grpclib.server import Server

from modal_serve_gen.errors import EnvironmentLacks, OurBug, ServeError, shown
from modal_serve_gen.rehearsal import (
    apps,
    calls,
    classes,
    deployments,
    depot,
    ends,
    images,
    logs,
    objects,
    servers,
    volume_files,
    volumes,
)
from modal_serve_gen.rehearsal.containers import Containers
from modal_serve_gen.rehearsal.front import Front
from modal_serve_gen.rehearsal.localhub import LocalHub
from modal_serve_gen.rehearsal.pipes import Output
from modal_serve_gen.rehearsal.reaper import reap
from modal_serve_gen.rehearsal.report import Report, write_report
from modal_serve_gen.rehearsal.rpc import Service, handlers_of
from modal_serve_gen.rehearsal.stage import Stage
from modal_serve_gen.rehearsal.state import Plane

START_LIMIT_S = {"real": 300, "stub": 20}  # what start-up time-outs are cut to
RUN_LIMIT_S = {"real": 900, "stub": 180}  # how long all of `modal run` may take
MAX_FOLDER = 60  # of the 107 characters that a unix socket's path may have; engines add a folder and a UUID
MODAL_LOG_WAIT_S = 40  # how long the client waits for the last logs while the engine ends


async def rehearse(target: str, arguments: list[str], stage: Stage, emit: Callable[[str], None]) -> Report:
    """Run `modal run TARGET ARGUMENTS` on this machine; `emit` gets its output as it comes.

    Leaves no process, port or folder behind, however it ends: what this process can no longer clear away itself, the
    reaper does.
    """
    folder = _folder()
    plane = Plane(folder, known_secrets=stage.secrets)
    handlers = handlers_of(
        apps, calls, classes, deployments, depot, ends, images, logs, objects, servers, volumes, volume_files
    )
    containers = Containers(plane, handlers, limit_s=START_LIMIT_S[stage.engine], prepare=stage.prepare)
    front, store = Front(plane), depot.Depot(plane)
    hub = LocalHub(stage.miniature, objects.PLACEHOLDER, plane.troubles.append, plane.substitute)
    plane.start_container, plane.open_url = containers.ensure, front.open
    plane.retire, plane.kill = containers.retire, containers.kill
    plane.stop_containers, plane.run_build = containers.stop_app, containers.build
    reaper = _Reaper(containers.mark, folder)
    containers.started = reaper.watch
    server = Server([Service(plane, handlers)])
    output: list[str] = []

    def on_text(text: str) -> None:
        output.append(text)
        del output[:-200]
        emit(text)

    try:
        stage.set(folder, hub_url=await hub.start(), substitute=plane.substitute)
        plane.depot_url = await store.start()
        listener = _listener()
        await server.start(sock=listener)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        environment = client_environment(url, folder, containers.mark)
        limit_s = RUN_LIMIT_S[stage.engine]
        code = await _modal_run([target, *arguments], environment, limit_s, reaper.watch, on_text)
        ended = time.monotonic()
    finally:
        with contextlib.suppress(RuntimeError):  # it was never started
            server.close()
        await containers.close()
        await front.close()
        await store.close()
        await hub.close()
        stage.collect()  # what the stand-ins wrote lies in the folder that goes now
        await asyncio.to_thread(reaper.finish)
    if plane.troubles:
        raise _refusal(plane.troubles[0])
    return write_report(target, code, began, ended, "".join(output), plane, front, hub, stage)


def _refusal(trouble: Exception) -> ServeError:
    """What the rehearsal itself stumbled over, told apart from what is wrong with the app."""
    if isinstance(trouble, ServeError):
        return trouble
    if isinstance(trouble, OSError):
        return EnvironmentLacks(
            f"The rehearsal itself could not go on: {trouble.strerror or 'its files could not be written'}.",
            f"That says nothing of the app. Make room in {tempfile.gettempdir()}, or set TMPDIR, and run it again.",
        )
    return OurBug(
        f"The rehearsal itself failed: {trouble!r}.", "Please report this with the app and the command that you typed."
    )


def _folder() -> Path:
    """A new temporary folder, with a path short enough for the unix sockets of containers and engines in it."""
    try:
        folder = tempfile.mkdtemp(prefix="rehearsal-")
        if len(folder) > MAX_FOLDER:
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix="rehearsal-", dir="/tmp")
    except OSError as fault:
        raise EnvironmentLacks(
            f"No temporary folder can be made in {shown(tempfile.gettempdir())}: {fault.strerror}.",
            "Set TMPDIR to a folder that may be written to and has room.",
        ) from None
    return Path(folder)


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


class _Reaper:
    """The process that clears up if this one cannot (reaper.py)."""

    def __init__(self, mark: str, folder: Path):
        self.mark, self.folder = mark, folder
        self.sessions: set[int] = set()
        read_end, self._pipe = os.pipe()
        script = Path(__file__).with_name("reaper.py")
        self._pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(script), mark, str(folder)],
            {"PATH": "/usr/bin:/bin"},
            file_actions=[(os.POSIX_SPAWN_DUP2, read_end, 0), (os.POSIX_SPAWN_CLOSE, self._pipe)],
            setpgroup=0,
        )
        os.close(read_end)

    def watch(self, pid: int) -> None:
        """Tell of a process that was started in a session of its own."""
        self.sessions.add(pid)
        os.write(self._pipe, b"%d\n" % pid)

    def finish(self) -> None:
        """Clear up here and now, and let the other go."""
        reap(self.mark, str(self.folder), self.sessions)
        os.close(self._pipe)
        os.waitpid(self._pid, 0)


def client_environment(url: str, folder: Path, mark: str) -> dict[str, str]:
    """The user's environment without what belongs to a real Modal account or would lead off this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MODAL_") and not name.lower().endswith("_proxy")
    }
    return kept | {
        "MODAL_SERVER_URL": url,
        "MODAL_TOKEN_ID": "ak-rehearsal",
        "MODAL_TOKEN_SECRET": "as-rehearsal",
        "MODAL_CONFIG_PATH": str(folder / "modal.toml"),
        "MODAL_LOGS_TIMEOUT": str(MODAL_LOG_WAIT_S),
        "REHEARSAL_MARK": mark,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "500",  # rich would break the app's own lines
        "NO_COLOR": "1",
    }


async def _modal_run(
    arguments: list[str],
    environment: dict[str, str],
    limit_s: float,
    started: Callable[[int], None],
    emit: Callable[[str], None],
) -> int:
    output = Output(emit)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "modal", "run", *arguments,
        env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=output.write_end, stderr=output.write_end, start_new_session=True,
    )  # fmt: skip
    started(process.pid)
    output.started()
    try:
        code = await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        emit(f"\nmodal run did not end within {limit_s} s and was stopped.\n")
        code = 1
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    await output.drained(3)
    return code
