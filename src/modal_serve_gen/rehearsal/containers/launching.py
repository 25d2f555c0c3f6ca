"""One container's process: its folders, its place on the network, its command, and where its output goes."""

import asyncio
import contextlib
import json
import os
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grpclib.server import Server
from modal_proto import api_pb2

from modal_serve_gen.rehearsal.containers import bare, isolation, outfit
from modal_serve_gen.rehearsal.containers.pipes import Output
from modal_serve_gen.rehearsal.plane import apps
from modal_serve_gen.rehearsal.plane.rpc import Service, reply
from modal_serve_gen.rehearsal.plane.state import Container, Plane


class Launcher:
    """Starts the processes of one rehearsal's containers.

    `limit_s` caps start-up time-outs. `prepare(image, container)` gives the interpreter to use, and what the rehearsal
    adds to its environment. `visible()` says which folders of this machine an `isolated` container needs to see.
    """

    def __init__(
        self,
        plane: Plane,
        handlers: dict[str, Callable],
        *,
        limit_s: float,
        prepare: Callable,
        isolated: bool,
        visible: Callable[[], list[Path]],
    ):
        self.plane, self.handlers, self.limit_s, self.prepare = plane, handlers, limit_s, prepare
        self.isolated, self.visible = isolated, visible
        plane.new_door = self.open_door
        self.started: Callable[[int], None] = lambda pid: None  # told of each process, a session of its own
        self.mark = f"rehearsal-{os.getpid()}-{random.getrandbits(32):08x}"
        self.network = f"127.{random.randint(16, 250)}.{random.randint(1, 250)}"

    def addresses(self, container: Container) -> tuple[str, str]:
        """Where the outside finds what the container binds to 0.0.0.0, and what it binds to localhost."""
        if self.isolated:
            return isolation.ADDRESS, "127.0.0.1"
        return outfit.addresses(self.network, container.number)

    async def start(self, container: Container) -> tuple[Server, list[Output]]:
        """Start its process; its own server of RPCs, and its output on the way to the log."""
        function, folder = container.function, container.folder
        for name in ("root", "tmp", "home"):
            (folder / name).mkdir(parents=True)
        placed = outfit.upload(self.plane, function, folder / "root")
        socket_path = folder / "s"
        server = Server([Service(self.plane, self.handlers, container)])
        await server.start(path=str(socket_path))
        image = self.plane.images.get(function.definition.image_id)
        python, added = await asyncio.to_thread(self.prepare, image, container)
        command, passed = [str(python), "-u", str(bare.SHIM / "container.py")], ()
        if self.isolated:
            ours, theirs = socket.socketpair()
            container.inside, passed = isolation.Inside(ours), (theirs.fileno(),)
            specification = isolation.specification(self.plane, container, self.visible(), placed)
            (folder / "specification").write_text(json.dumps(specification), "utf-8")
            command = isolation.command(theirs, folder / "specification", command)
        else:
            for name in placed:
                self.plane.substitute(f"{name}: not placed, only paths under /root are")
        given = outfit.environment(self.plane, container, image, python, socket_path)
        given |= {"REHEARSAL_MARK": self.mark} | added
        arguments = outfit.arguments(self.plane, container, self.limit_s)
        (folder / "arguments").write_bytes(arguments.SerializeToString())
        outputs = [
            Output(self._log(container, kind))
            for kind in (api_pb2.FILE_DESCRIPTOR_STDOUT, api_pb2.FILE_DESCRIPTOR_STDERR)
        ]
        container.process = await asyncio.create_subprocess_exec(
            *command, cwd=folder / "root", env=given, stdin=asyncio.subprocess.DEVNULL, pass_fds=passed,
            stdout=outputs[0].write_end, stderr=outputs[1].write_end, start_new_session=True,
        )  # fmt: skip
        self.started(container.process.pid)
        for output in outputs:
            output.started()
        if self.isolated:
            theirs.close()
            for door in list(self.plane.doors):
                await container.inside.serve(door.runner, door.port)
            container.inside.go()
        return server, outputs

    def doors(self) -> set[int]:
        """Ports of loopback at which the plane itself listens."""
        return {door.port for door in self.plane.doors}

    async def open_door(self, door: Any) -> None:
        """Let the containers that run reach one more HTTP service of the plane's."""
        inside = [each.inside for function in self.plane.functions.values() for each in function.live if each.inside]
        for each in inside:
            with contextlib.suppress(OSError):  # it is gone, or has that door since its start
                await each.serve(door.runner, door.port)

    def _log(self, container: Container, kind: int) -> Callable[[str], None]:
        """Where a container's output goes: its app's log, or its image's log while that is being built."""
        function = container.function
        image = next((each for each in self.plane.images.values() if each.build is function), None)

        def write(text: str) -> None:
            if image is None:
                apps.log(self.plane, function.app, text, kind, container.id)
            else:
                image.logs.append(reply(api_pb2.TaskLogs, data=text, file_descriptor=kind, timestamp=time.time()))
                image.changed.notify()

        return write
