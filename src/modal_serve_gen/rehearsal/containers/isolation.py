"""Containers in their own network and mount namespaces, where the machine allows it (see shim/enter.py).

The control plane stays outside. It connects to servers in a container through sockets that were created inside; its own
HTTP services on loopback are served inside as well, on the same ports.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modal_serve_gen.rehearsal.containers import bare_env
from modal_serve_gen.rehearsal.control_plane.mounts import folders
from modal_serve_gen.rehearsal.control_plane.state import Container, ControlPlane
from modal_serve_gen.rehearsal.loopback import Listener, Stop

ENTER = bare_env.SHIM / "enter.py"
ADDRESS = "172.20.0.2"  # of eth0, in each container's own network
HIDDEN = ("/home", "/root", "/tmp")  # folders of this machine that a container does not see
ANSWER_S = 60  # limit for entering the namespaces, on a busy machine


class Namespace:
    """A container's own network, accessed through the unix socket of enter.py."""

    def __init__(self, channel: socket.socket):
        self._channel = channel
        self._served: list[Stop] = []
        channel.settimeout(ANSWER_S)

    def socket(self, *_: object) -> socket.socket:
        """A new TCP socket in that network. Raises ConnectionError if the container has ended, or never started."""
        self._channel.send(b"s")
        descriptors = socket.recv_fds(self._channel, 1, 1)[1]
        if not descriptors:
            raise ConnectionResetError("the container's network is gone")
        tcp_socket = socket.socket(fileno=descriptors[0])
        tcp_socket.setblocking(False)
        return tcp_socket

    async def serve(self, listener: Listener) -> None:
        """Serve `listener` in that network too, on the same loopback port."""
        tcp_socket = await asyncio.to_thread(self.socket)
        tcp_socket.bind(("127.0.0.1", listener.port))
        self._served.append(await listener.attach(tcp_socket))

    def release(self) -> None:
        """Let the container's own process start."""
        self._channel.send(b"g")

    async def close(self) -> None:
        self._channel.close()
        for stop in self._served:
            with contextlib.suppress(RuntimeError):  # its listener has stopped it already
                await stop()


def specification(
    plane: ControlPlane, container: Container, visible: Iterable[Path], uploaded: dict[str, Path]
) -> dict[str, Any]:
    """The mounts that enter.py makes for a container: its folders, its Volumes at their true paths, the files that the
    SDK `uploaded` outside of /root, and the `visible` parts of the hidden folders.
    """
    folder = container.folder
    (folder / "fs").mkdir(exist_ok=True)  # the image may have files there
    mounts = {"/root": folder / "root", "/tmp": folder / "tmp", "/var/tmp": folder / "tmp", "/home": folder / "home"}
    mounts |= {str(path): path for path in _outermost([*visible, plane.folder])}
    mounts |= uploaded
    mounts |= folders(plane, container.function.definition)
    return {
        "fs": str(folder / "fs"),
        "mounts": [[str(source), target] for target, source in mounts.items()],
        "folder": "/root",
        "address": ADDRESS,
    }


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Those of `paths` in hidden folders, without those below another of them."""
    hidden = {path.absolute() for path in paths if set(map(str, path.absolute().parents)) & set(HIDDEN)}
    return [path for path in hidden if not hidden & set(path.parents)]


def command(channel: socket.socket, specification_file: Path, rest: list[str]) -> list[str]:
    """The command that runs `rest` in new namespaces; `channel` has to be inherited."""
    return [sys.executable, "-I", "-S", str(ENTER), str(channel.fileno()), str(specification_file), *rest]


def refusal() -> str:
    """Why this machine does not allow isolation, in a few words; '' if it does."""
    if sys.platform != "linux":
        return "namespaces require Linux"
    try:
        with tempfile.TemporaryDirectory() as folder:
            attempt = _attempt(Path(folder))
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if attempt.returncode:
        return (attempt.stderr.strip().splitlines() or [f"it ended with {attempt.returncode}"])[-1]
    return ""


def _attempt(folder: Path) -> subprocess.CompletedProcess[str]:
    """Enter new namespaces, and run /bin/true."""
    fs, file = folder / "fs", folder / "specification"
    fs.mkdir()
    file.write_text(json.dumps({"fs": str(fs), "mounts": [], "folder": "/", "address": ADDRESS}), "utf-8")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b"g")
        return subprocess.run(
            command(theirs, file, ["/bin/true"]), pass_fds=[theirs.fileno()], timeout=ANSWER_S,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
