"""One rehearsal from start to end: set the stage, run the real `modal` commands, clear everything away, report."""

import asyncio
import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grpclib.server import Server

from modal_serve_gen.errors import InternalError, MachineError, ServeError, quoted
from modal_serve_gen.rehearsal import client, probe
from modal_serve_gen.rehearsal.containers import isolation
from modal_serve_gen.rehearsal.containers.fleet import Containers
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.containers.reaping import Reaper
from modal_serve_gen.rehearsal.injector import Injector
from modal_serve_gen.rehearsal.plane import (
    apps,
    blobs,
    calls,
    classes,
    deployments,
    ends,
    images,
    logs,
    objects,
    servers,
    volume_files,
    volumes,
)
from modal_serve_gen.rehearsal.plane.rpc import Service, handlers_of
from modal_serve_gen.rehearsal.plane.state import Container, Plane
from modal_serve_gen.rehearsal.report import Report, write_report
from modal_serve_gen.rehearsal.stage import Stage
from modal_serve_gen.rehearsal.web import depot
from modal_serve_gen.rehearsal.web.front import Front
from modal_serve_gen.rehearsal.web.localhub import LocalHub

START_LIMIT_S = {"real": 300, "stub": 20}  # what start-up time-outs are cut to
RUN_LIMIT_S = {"real": 900, "stub": 180}  # how long all of `modal run` may take
MAX_FOLDER = 60  # of the 107 characters that a unix socket's path may have; engines add a folder and a UUID
ALONE = "the containers' network: it leads to this rehearsal only, not to the Internet"
APART = "containers share this machine's files and network, so paths of Volumes hold in the environment only"
# Where the RPCs' handlers live.
ROOMS = (apps, blobs, calls, classes, deployments, ends, images, logs, objects, servers, volumes, volume_files)


class Rehearsal:
    """A local Modal for any number of commands: `async with Rehearsal(...) as one: await one.modal("run", "app.py")`.

    What is deployed, and every Volume, is there for the next command. `emit` gets all output as it comes. Leaves no
    process, port or folder behind, however it ends: what this process can no longer clear away itself, the reaper does.
    """

    def __init__(self, stage: Stage, emit: Callable[[str], None]):
        self.stage, self.emit = stage, emit
        self.output: list[str] = []  # the last of what the commands printed

    async def __aenter__(self) -> "Rehearsal":
        async with contextlib.AsyncExitStack() as opened:
            await self._open(opened)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *fault) -> None:
        await self._opened.aclose()

    async def _open(self, opened: contextlib.AsyncExitStack) -> None:
        """Start everything, and leave with `opened` how each thing ends: the last first."""
        folder = _folder()
        self.plane = plane = Plane(folder, known_secrets=self.stage.secrets, kept=self.stage.kept)
        handlers = handlers_of(*ROOMS)
        faults, real = self.stage.faults, self.stage.engine == "real"
        limit_s = START_LIMIT_S[self.stage.engine] + faults.slow_start_s
        refused = await asyncio.to_thread(isolation.refusal) if self.stage.isolated else "it was not asked for"
        plane.substitute(f"{APART}: {refused}" if refused else ALONE)
        launcher = Launcher(
            plane, handlers, limit_s=limit_s, prepare=self.stage.prepare, isolated=not refused,
            visible=self.stage.visible,
        )  # fmt: skip
        self.containers = containers = Containers(plane, launcher)
        self.injector = Injector(faults, plane, containers, real_engine=real)
        self._reaper = Reaper(launcher.mark, folder)
        opened.push_async_callback(asyncio.to_thread, self._reaper.finish)
        launcher.started = self._reaper.watch
        opened.callback(self.stage.collect)  # what the stand-ins wrote lies in the folder that goes next
        down = "hub-down" in faults.asked
        self.hub = LocalHub(self.stage.miniature, plane.is_secret, plane.troubles.append, plane.substitute, down=down)
        self.front, store = Front(plane), depot.Depot(plane)
        for each in (self.hub, store, self.front, containers):
            opened.push_async_callback(each.close)
        plane.start_container, plane.open_url = containers.ensure, self.front.open
        plane.retire, plane.kill = containers.retire, containers.kill
        plane.hear = self._hear
        plane.stop_containers, plane.run_build = containers.stop_app, containers.build
        self.stage.set(folder, hub_url=await self.hub.start(), substitute=plane.substitute)
        plane.depot_url = await store.start()
        plane.doors += [self.hub.door, store.door]
        server, listener = Server([Service(plane, handlers)]), _listener()
        await server.start(sock=listener)
        opened.callback(server.close)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.environment = client.environment(url, folder, launcher.mark)

    async def modal(
        self,
        *arguments: str,
        python: str = sys.executable,
        folder: Path | None = None,
        limit_s: float | None = None,
        emit: Callable[[str], None] | None = None,
    ) -> int:
        """Run `modal ARGUMENTS` in `folder` against this rehearsal; its exit code.

        One that takes longer than `limit_s` seconds, by default what the engine may need, is ended by force. `emit`
        gets this command's output in place of the rehearsal's own.
        """
        limit_s = limit_s or RUN_LIMIT_S[self.stage.engine] + self.stage.faults.slow_start_s
        emit = emit or self._hear
        return await client.modal(
            list(arguments), self.environment, limit_s, self._reaper.watch, emit, python=python, folder=folder
        )

    def kill(self, container: Container) -> None:
        """End a container by force, as a crash would: its inputs fail, or are tried again."""
        self.containers.crash(container)

    def _hear(self, text: str) -> None:
        self.output.append(text)
        del self.output[:-200]
        self.emit(text)


async def rehearse(
    target: str,
    arguments: list[str],
    stage: Stage,
    emit: Callable[[str], None],
    *,
    deploy: bool = False,
    entrypoint: bool = True,
) -> Report:
    """Run `modal run TARGET ARGUMENTS` on this machine, and report; `emit` gets its output as it comes.

    With `deploy` the app is deployed first, so that it can be asked as a deployment. Without an `entrypoint` there is
    nothing to run: its web endpoints are asked in place of that.
    """
    async with Rehearsal(stage, emit) as one:
        began, code = time.monotonic(), 0
        if deploy or not entrypoint:
            code = await one.modal("deploy", target.partition("::")[0])
        if code == 0 and entrypoint:
            code = await one.modal("run", target, *arguments)
        elif code == 0:
            one.plane.substitute(probe.INSTEAD)
            code = int(not await probe.answers(one.plane, RUN_LIMIT_S[stage.engine], one._hear))
        ended = time.monotonic()
    if one.plane.troubles:
        raise _refusal(one.plane.troubles[0])
    return write_report(target, code, began, ended, one)


def _refusal(trouble: Exception) -> ServeError:
    """What the rehearsal itself stumbled over, told apart from what is wrong with the app."""
    if isinstance(trouble, ServeError):
        return trouble
    if isinstance(trouble, OSError):
        return MachineError(
            f"The rehearsal itself could not go on: {trouble.strerror or 'its files could not be written'}.",
            f"That says nothing of the app. Make room in {tempfile.gettempdir()}, or set TMPDIR, and run it again.",
        )
    return InternalError(
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
        raise MachineError(
            f"No temporary folder can be made in {quoted(tempfile.gettempdir())}: {fault.strerror}.",
            "Set TMPDIR to a folder that may be written to and has room.",
        ) from None
    return Path(folder)


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener
