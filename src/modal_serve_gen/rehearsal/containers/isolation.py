"""Containers with a network and files of their own, where the machine allows it (shim/enter.py does the entering).

The control plane stays outside. It reaches what listens in a container by sockets that were made inside; and what it
serves itself over HTTP on loopback is served inside, too, under the same port.
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

from aiohttp import web

from modal_serve_gen.rehearsal.containers import bare
from modal_serve_gen.rehearsal.plane.state import Container, Plane

ENTER = bare.SHIM / "enter.py"
ADDRESS = "172.20.0.2"  # of eth0, in each container's own network
HIDDEN = ("/home", "/root", "/tmp")  # what a container does not see of this machine
ANSWER_S = 20  # how long entering may take


class Inside:
    """What the control plane has of a container's own network: the socket that enter.py listens to."""

    def __init__(self, asker: socket.socket):
        self._asker, self._sites = asker, []
        asker.settimeout(ANSWER_S)

    def socket(self, *_) -> socket.socket:
        """A new TCP socket of that network. Raises ConnectionError where the container is gone, or never came."""
        self._asker.send(b"s")
        _, descriptors, *_ = socket.recv_fds(self._asker, 1, 1)
        if not descriptors:
            raise ConnectionResetError("the container's network is gone")
        made = socket.socket(fileno=descriptors[0])
        made.setblocking(False)
        return made

    async def serve(self, runner: web.AppRunner, port: int) -> None:
        """Serve there what `runner` serves outside, at the same port of loopback."""
        made = await asyncio.to_thread(self.socket)
        made.bind(("127.0.0.1", port))
        site = web.SockSite(runner, made)
        await site.start()
        self._sites.append(site)

    def go(self) -> None:
        """Everything is there: let the container's own process start."""
        self._asker.send(b"g")

    async def close(self) -> None:
        self._asker.close()
        for site in self._sites:
            with contextlib.suppress(RuntimeError):  # its runner has stopped it
                await site.stop()


def specification(plane: Plane, container: Container, visible: Iterable[Path], placed: dict[str, Path]) -> dict:
    """What enter.py lays over this machine's files for a container: its folders, its Volumes at their true paths, the
    files that were `placed` by the SDK outside of /root, and what has to be `visible` of the hidden folders.
    """
    folder = container.folder
    (folder / "fs").mkdir()
    mounts = {"/root": folder / "root", "/tmp": folder / "tmp", "/var/tmp": folder / "tmp", "/home": folder / "home"}
    mounts |= {str(path): path for path in _outermost([*visible, plane.folder])}
    mounts |= placed
    for mount in container.function.definition.volume_mounts:
        mounts[mount.mount_path.rstrip("/")] = plane.volume_path(mount.volume_id)
    return {
        "fs": str(folder / "fs"),
        "mounts": [[str(here), there] for there, here in mounts.items()],
        "folder": "/root",
        "address": ADDRESS,
    }


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Those of `paths` that lie in hidden folders, without those that lie in another of them."""
    hidden = {each.absolute() for each in paths if set(map(str, each.absolute().parents)) & set(HIDDEN)}
    return [path for path in hidden if not hidden & set(path.parents)]


def command(asker: socket.socket, specification_file: Path, rest: list[str]) -> list[str]:
    """How `rest` is started inside; `asker` has to be inherited."""
    return [sys.executable, "-I", "-S", str(ENTER), str(asker.fileno()), str(specification_file), *rest]


def refusal() -> str:
    """Why this machine does not allow it, in a few words; '' if it does."""
    if sys.platform != "linux":
        return "only Linux has such namespaces"
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = _tried(Path(folder))
    except (OSError, subprocess.TimeoutExpired) as fault:
        return str(fault)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
    return ""


def _tried(folder: Path) -> subprocess.CompletedProcess:
    """What comes of entering namespaces with nothing to do in them."""
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
