"""A local Modal: start the services, run the real `modal` commands against them, and clean up."""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from grpclib.server import Server

from modal_serve_gen.errors import InternalError, MachineError, ServeError, quoted
from modal_serve_gen.rehearsal import client
from modal_serve_gen.rehearsal.config import RehearsalConfig
from modal_serve_gen.rehearsal.containers import isolation
from modal_serve_gen.rehearsal.containers.building import Builder
from modal_serve_gen.rehearsal.containers.fleet import Fleet
from modal_serve_gen.rehearsal.containers.launching import Launcher
from modal_serve_gen.rehearsal.containers.watchdog import Watchdog
from modal_serve_gen.rehearsal.control_plane import rpc
from modal_serve_gen.rehearsal.control_plane.events import Party
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane
from modal_serve_gen.rehearsal.exercise import Exercise
from modal_serve_gen.rehearsal.figures import Marker
from modal_serve_gen.rehearsal.injector import Injector
from modal_serve_gen.rehearsal.outcome import unstarted
from modal_serve_gen.rehearsal.outputs import Outputs
from modal_serve_gen.rehearsal.redaction import Redacted, Redaction
from modal_serve_gen.rehearsal.substitutes import Substitutes
from modal_serve_gen.rehearsal.web import certificate
from modal_serve_gen.rehearsal.web.blob_server import BlobServer
from modal_serve_gen.rehearsal.web.ingress import Ingress
from modal_serve_gen.rehearsal.web.localhub import LocalHub
from modal_serve_gen.rehearsal.web.tunnels import Tunnels

START_LIMIT_S = {"real": 300, "stub": 60}  # upper bound on startup timeouts
RUN_LIMIT_S = {"real": 900, "stub": 300}  # upper bound on one modal command
NEEDS_NAME = "explicit deployment name"  # the SDK's error for an app without a name
NOTES_S = 0.5  # between two looks at the notes of the stubs
MAX_FOLDER = 60  # of the 107 characters that a unix socket's path may have; engines add a folder and a UUID
ISOLATED = "the containers' network: connected to this rehearsal only, not to the Internet"
SHARED = "containers share this machine's files and network; Volume paths are correct only in environment variables"


class Rehearsal:
    """A local Modal for any number of commands: `async with Rehearsal(...) as local: await local.modal("run", "a.py")`.

    Deployed apps and Volumes persist between commands. `emit` gets all output as it comes. Leaves no process, port or
    folder behind, however it ends: if this process cannot clean up any more, the watchdog does.
    """

    def __init__(self, config: RehearsalConfig, emit: Callable[[str], None]):
        self.config, self.emit = config, Marker(emit, self._has_gpus)
        self.output: list[str] = []  # the end of the commands' output
        self.stop = asyncio.Event()  # ends the running command
        self.exercise: Exercise | None = None
        self.outputs: Outputs | None = None  # None: commands write the user's files
        self.timed_out = ""  # the command that exceeded its limit, in a sentence

    async def __aenter__(self) -> "Rehearsal":
        async with contextlib.AsyncExitStack() as stack:
            try:
                await self._open(stack)
            except OSError as error:
                raise internal_error(error) from error
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        """Start everything, and register with `stack` how each part is closed, in reverse order."""
        config, folder = self.config, _folder()
        self.plane = plane = ControlPlane(
            folder,
            known_secrets=config.secrets,
            expected_keys=config.secret_keys.expected,
            state_dir=config.state_dir,
        )
        self.redaction = Redaction(lambda: plane.private_values)
        deployed_log = Redacted(self.redaction, self._record_output)
        stack.callback(deployed_log.flush)
        plane.on_log = deployed_log
        self.substitutes = substitutes = Substitutes(config, folder, plane.substitute)
        refused = await asyncio.to_thread(isolation.refusal) if config.isolated else "isolation is turned off"
        plane.substitute(f"{SHARED}: {refused}" if refused else ISOLATED)
        handlers = rpc.handlers()
        launcher = Launcher(
            plane,
            handlers,
            limit_s=START_LIMIT_S[config.engine] + config.faults.slow_start_s,
            prepare=substitutes.prepare,
            isolated=not refused,
            visible=substitutes.visible,
            programs=substitutes.programs,
        )
        self._watchdog = Watchdog(launcher.mark, folder)
        stack.push_async_callback(asyncio.to_thread, self._watchdog.finish)
        launcher.started = self._watchdog.watch
        self._failure_file = folder / "failure"
        stack.callback(asyncio.create_task(self._follow_notes()).cancel)
        stack.callback(substitutes.read_notes)  # before the folder is removed
        self.fleet = fleet = Fleet(plane, launcher)
        fleet.look, fleet.engines.stop = self._read_notes, self.stop.set
        self.injector = Injector(config.faults, plane, fleet, real_engine=config.engine == "real")
        self.hub = LocalHub(
            substitutes.model,
            plane.is_secret,
            plane.internal_errors.append,
            plane.substitute,
            down="hub-down" in config.faults.requested,
        )
        self.ingress, blob_server = Ingress(plane), BlobServer(plane)
        own_certificate, tls = certificate.make(folder)
        trust = substitutes.trust = certificate.trust(own_certificate, folder / "trusted.pem", os.environ)
        tunnels = Tunnels(plane, tls)
        for service in (self.hub, blob_server, self.ingress, tunnels, fleet):
            stack.push_async_callback(service.close)
        plane.open_url, plane.open_tunnel = self.ingress.open, tunnels.open
        plane.start_container, plane.retire, plane.kill = fleet.ensure, fleet.retire, fleet.kill
        builder = Builder(fleet)
        plane.stop_containers, plane.run_build = fleet.stop_app, builder.build
        plane.image_work, plane.run_steps = substitutes.image_work, builder.run_steps
        plane.listeners += [await self.hub.start(), await blob_server.start()]
        substitutes.hub_url, plane.blob_server_url = plane.listeners[0].url, blob_server.url
        url = await _serve_rpcs(plane, handlers, stack)
        self.environment = client.environment(url, folder, launcher.mark, config.passed) | trust
        if path := await asyncio.to_thread(substitutes.client_path, lambda text: self.emit(f"{text}\n")):
            before = self.environment.get("PYTHONPATH")
            self.environment["PYTHONPATH"] = f"{before}{os.pathsep}{path}" if before else str(path)

    async def modal(
        self,
        *arguments: str,
        python: str = sys.executable,
        folder: Path | None = None,
        limit_s: float | None = None,
        emit: Callable[[str], None] | None = None,
    ) -> int:
        """Run `modal ARGUMENTS` in `folder` against this rehearsal; its exit code.

        A command that takes longer than `limit_s` seconds is killed; the default depends on the engine. `emit` gets
        this command's output instead of the rehearsal's own callback.
        """
        limit_s = limit_s or RUN_LIMIT_S[self.config.engine] + self.config.faults.slow_start_s
        prefix, folder = ([], folder) if self.outputs is None else (self.outputs.prefix, self.outputs.folder)
        command = [*prefix, python, str(client.PROGRAM), str(self._failure_file), *arguments]
        self._failure_file.unlink(missing_ok=True)
        watchers: list[asyncio.Task[None]] = []
        redacted = Redacted(self.redaction, emit or self._record_output)

        def started(pid: int) -> None:
            self._watchdog.watch(pid)
            if self.exercise:
                watchers.append(asyncio.create_task(self._stop_when_idle(self.exercise, pid)))

        try:
            return await client.run(
                command, self.environment, folder, limit_s=limit_s, stop=self.stop, started=started,
                emit=redacted,
            )  # fmt: skip
        except TimeoutError as error:
            self.timed_out = str(error)
            redacted(f"\n{error}\n")
            return 1
        finally:
            redacted.flush()
            for watcher in watchers:
                watcher.cancel()

    async def _follow_notes(self) -> None:
        while True:
            await asyncio.sleep(NOTES_S)
            self._read_notes()

    def _read_notes(self) -> None:
        """Follow the starts of engines: nothing may wait for one that ended before it served, or start it again."""
        for note in self.substitutes.read_notes():
            container = self.plane.container(note.container)
            if container and note.kind == "launched":
                self.fleet.engines.launched(container, note.text)
            elif container and note.kind == "ended":
                self.fleet.engine_ended(container, note.text, self._party(container))

    def _party(self, container: Container) -> Party:
        """Whose fault it is that an engine ended."""
        own = any(note.kind == "failed" and note.container == container.id for note in self.substitutes.notes)
        return Party.REHEARSAL if own else Party.APP

    async def _stop_when_idle(self, exercise: Exercise, pid: int) -> None:
        await exercise.until_idle(pid)
        self._record_output("The entrypoint only waits: the rehearsal ends it.\n")
        self.stop.set()

    async def run(self, target: str, *arguments: str, whole: bool) -> int:
        """`modal run`; of the `whole` app, also ask the endpoints that its entrypoint does not reach.

        An entrypoint that only waits is ended, with exit code 0.
        """
        self.exercise = exercise = self._exercise()
        if whole:
            self.plane.completed = exercise.ask
        code = await self.modal("run", target, *arguments)
        return 0 if exercise.waited else code

    async def deploy(self, file: str) -> int:
        """`modal deploy`, under a name of the rehearsal's if the app has none."""
        code, failure = await self.modal("deploy", file), self.failure()
        if code and failure and NEEDS_NAME in failure.text:
            code = await self.modal("deploy", "--name", "rehearsal", file)
        return code

    async def probe(self) -> None:
        """Ask the web endpoints of a deployed app, or call its functions."""
        self.exercise = exercise = self._exercise()
        await exercise.probe()

    def _exercise(self) -> Exercise:
        def engine() -> str:
            self._read_notes()
            return unstarted(self.plane, self.substitutes)

        return Exercise(self.plane, self.ingress, RUN_LIMIT_S[self.config.engine], engine, self._record_output)

    def _has_gpus(self) -> bool:
        return any(function.gpus for function in self.plane.functions.values())

    async def protect(self, folder: Path) -> None:
        """From now on, run commands in `folder`, and keep what they write apart from the user's files."""
        self.outputs = await asyncio.to_thread(Outputs, self.plane.folder, folder, namespaces=self.config.isolated)
        self.plane.substitute(self.outputs.note)

    def failure(self) -> client.Failure | None:
        """What the last command that failed raised."""
        original_of = self.outputs.original_of if self.outputs else str
        return client.read_failure(self._failure_file, original_of)

    def kill(self, container: Container) -> None:
        """Kill a container as a crash would: its inputs fail, or are retried."""
        self.fleet.crash(container)

    def _record_output(self, text: str) -> None:
        self.output.append(text)
        del self.output[:-200]
        if self.exercise:
            self.exercise.lines += 1
        self.emit(text)


def internal_error(error: Exception) -> ServeError:
    """The error to raise for a failure of the rehearsal itself, as opposed to one of the app."""
    if isinstance(error, ServeError):
        return error
    if isinstance(error, OSError):
        return MachineError(
            f"The rehearsal itself could not continue: {error.strerror or 'its files could not be written'}.",
            f"This says nothing about the app. Free space in {tempfile.gettempdir()} and --state, and run it again.",
        )
    return InternalError(f"The rehearsal itself failed: {error!r}.", "Please report this with the app and the command.")


def _folder() -> Path:
    """A new temporary folder, with a path short enough for the unix sockets of containers and engines in it."""
    try:
        folder = tempfile.mkdtemp(prefix="rehearsal-")
        if len(folder) > MAX_FOLDER:
            Path(folder).rmdir()
            folder = tempfile.mkdtemp(prefix="rehearsal-", dir="/tmp")
    except OSError as error:
        raise MachineError(
            f"No temporary folder can be created in {quoted(tempfile.gettempdir())}: {error.strerror}.",
            "Set TMPDIR to a writable folder with free space.",
        ) from None
    return Path(folder)


async def _serve_rpcs(plane: ControlPlane, handlers: rpc.Handlers, stack: contextlib.AsyncExitStack) -> str:
    """Serve the client's RPCs on a free loopback port; its URL."""
    server, listener = Server([rpc.Service(plane, handlers)]), socket.socket()
    listener.bind(("127.0.0.1", 0))
    await server.start(sock=listener)
    stack.callback(server.close)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
