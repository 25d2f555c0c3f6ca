"""One container's process: its folders, its network, its command, and its output."""

import asyncio
import contextlib
import json
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

from grpclib.server import Server
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.containers import bare_env, container_env, isolation
from modal_serve_gen.rehearsal.containers.pipes import Output
from modal_serve_gen.rehearsal.control_plane import apps, image_layers
from modal_serve_gen.rehearsal.control_plane.rpc import Handlers, Service, compatible
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane, Function, Image
from modal_serve_gen.rehearsal.loopback import Listener


class Launcher:
    """Starts the processes of one rehearsal's containers.

    `limit_s` caps startup timeouts.
    `prepare(image)` returns the interpreter, and the rehearsal's additions to the environment. `visible()` returns the
    folders of this machine that an `isolated` container needs, `programs(image)` files by their path in containers.
    """

    def __init__(
        self,
        plane: ControlPlane,
        handlers: Handlers,
        *,
        limit_s: float,
        prepare: Callable[[Image | None], tuple[Path, dict[str, str]]],
        isolated: bool,
        visible: Callable[[], list[Path]],
        programs: Callable[[Image | None], dict[str, Path]] = lambda image: {},
    ):
        self.plane, self.handlers, self.limit_s, self.prepare = plane, handlers, limit_s, prepare
        self.isolated, self.visible, self.programs = isolated, visible, programs
        plane.listener_added = self.expose
        self.started: Callable[[int], None] = lambda pid: None  # gets the id of each process, a session leader
        self.mark = f"rehearsal-{os.getpid()}-{random.getrandbits(32):08x}"
        self.network = f"127.{random.randint(16, 250)}.{random.randint(1, 250)}"

    def addresses(self, container: Container) -> tuple[str, str]:
        """The addresses from which the container's 0.0.0.0 and its localhost are reached."""
        if self.isolated:
            return isolation.ADDRESS, "127.0.0.1"
        return container_env.addresses(self.network, container.number)

    async def start(
        self, container: Container, script: str = ""
    ) -> tuple[Server, asyncio.subprocess.Process, list[Output]]:
        """Start its process, or a shell that runs `script`; returns its RPC server, the process, and its output."""
        function, folder = container.function, container.folder
        for name in ("root", "tmp", "home"):
            (folder / name).mkdir(parents=True)
        image = self.plane.images.get(function.definition.image_id)
        await asyncio.to_thread(image_layers.apply, image, folder)
        elsewhere = container_env.upload(self.plane, function, folder / "root")
        socket_path = folder / "s"
        server = Server([Service(self.plane, self.handlers, container)])
        await server.start(path=str(socket_path))
        python, added = await asyncio.to_thread(self.prepare, image)
        elsewhere |= container_env.link(self.programs(image), folder / "root")
        command = ["/bin/sh", "-c", script] if script else [str(python), "-u", str(bare_env.SHIM / "container.py")]
        inherited: socket.socket | None = None
        if self.isolated:
            channel, inherited = socket.socketpair()
            container.network = isolation.Namespace(channel)
            specification = isolation.specification(self.plane, container, self.visible(), elsewhere)
            (folder / "specification").write_text(json.dumps(specification), "utf-8")
            command = isolation.command(inherited, folder / "specification", command)
        else:
            for name in elsewhere:
                self.plane.substitute(f"{name}: not mounted; only paths under /root are")
        environment = container_env.environment(self.plane, container, image, python, socket_path)
        arguments = container_env.arguments(self.plane, container, self.limit_s)
        (folder / "arguments").write_bytes(arguments.SerializeToString())
        outputs = [
            Output(self._log(container, descriptor))
            for descriptor in (api_pb2.FILE_DESCRIPTOR_STDOUT, api_pb2.FILE_DESCRIPTOR_STDERR)
        ]
        process = container.process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder / "root",
            env=environment | {"REHEARSAL_MARK": self.mark} | added,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=outputs[0].write_end,
            stderr=outputs[1].write_end,
            pass_fds=(inherited.fileno(),) if inherited else (),
            start_new_session=True,
        )
        self.started(process.pid)
        for output in outputs:
            output.started()
        if container.network and inherited:
            inherited.close()
            for listener in list(self.plane.listeners):
                await container.network.serve(listener)
            container.network.release()
        return server, process, outputs

    def own_ports(self) -> set[int]:
        """Loopback ports of the rehearsal's own HTTP services."""
        return {listener.port for listener in self.plane.listeners}

    async def expose(self, listener: Listener) -> None:
        """Make a new HTTP service of the rehearsal reachable from the running containers."""
        containers = [container for function in self.plane.functions.values() for container in function.live]
        for network in [container.network for container in containers if container.network]:
            with contextlib.suppress(OSError):  # the container is gone, or has had the listener since its start
                await network.serve(listener)

    def _log(self, container: Container, descriptor: api_pb2.FileDescriptor.ValueType) -> Callable[[str], None]:
        """Where a container's output goes: to its app's log, or to the log of the image that it builds."""
        function: Function = container.function
        image = next((image for image in self.plane.images.values() if function in (image.build, image.steps)), None)

        def write(text: str) -> None:
            if image is None:
                apps.log(self.plane, function.app, text, descriptor, container.id)
            else:
                line = compatible(api_pb2.TaskLogs, data=text, file_descriptor=descriptor, timestamp=time.time())
                image.logs.append(line)
                image.changed.notify()

        return write
