"""Enter new namespaces, then become the container's process: `python -I -S enter.py SOCKET SPEC COMMAND...`.

The container has its own network (loopback, and eth0 with the address of the specification, without a route) and its
own mounts: this machine's files, read-only, below the mounts of the specification. It needs no privileges beyond
creating user namespaces; inside, it is root, as on Modal.

SPEC is a JSON file: `fs` (an empty folder, which becomes the root), `mounts` (pairs of source and target, folders or
files), `folder` (where the command starts), `address`. For each byte sent over SOCKET, the number of an inherited unix
socket, it returns a new TCP socket of this network: so the control plane, which is outside, can serve and connect
inside. The byte `g` starts the command; the end of SOCKET ends this service.

Exits with 3, and the reason on standard error, if the machine does not allow it. Standard library only.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from namespaces import MOUNTS, NETWORK, RECURSIVE, USERS, check, libc, unshare

BIND, UNBINDABLE = 0x1000, 0x20000  # mount(2)
MOUNT_SETATTR, FROM_HERE, ALL_BELOW, READ_ONLY = 442, -100, 0x8000, 1  # mount_setattr(2)
SET_ADDRESS, SET_FLAGS, UP = 0x8916, 0x8914, 0x41  # netdevice(7)
NEW_LINK, REQUEST, LINK_NAME, LINK_INFO, INFO_KIND = 16, 0x605, 3, 18, 1  # rtnetlink(7)
WRITABLE = ("/dev", "/proc", "/sys")  # not files that the container could damage
OPEN = {"/media", "/mnt", "/opt", "/srv", "/var"}  # folders in which programs create others, which are temporary


def bind(source: str, target: str) -> None:
    """Mount the file or folder `source` at `target`, which is created if missing."""
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    check(f"mount {source}", libc.mount(os.fsencode(source), os.fsencode(target), None, BIND | RECURSIVE, None))


def read_only(path: str) -> None:
    """Remount read-only, if the kernel can (from 5.12 on); otherwise only file permissions protect it."""
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", READ_ONLY, 0, 0, 0))
    libc.syscall(MOUNT_SETATTR, FROM_HERE, os.fsencode(path), ALL_BELOW, attributes, 32)


def mirror(folder: str, fs: str, targets: set[str], opened: set[str]) -> None:
    """Mount the contents of `folder` below `fs`, except `targets`; folders that lead to a target are created."""
    for entry in os.scandir(folder):
        path = entry.path
        if path in targets or path == fs:
            continue
        if entry.is_symlink():
            Path(fs + path).symlink_to(Path(path).readlink())
        elif path in opened and entry.is_dir():
            Path(fs + path).mkdir(exist_ok=True)  # a layer of the image may have it
            mirror(path, fs, targets, opened)
        elif entry.is_dir() or entry.is_file():
            with contextlib.suppress(PermissionError):  # files that the user may not read are left out
                bind(path, fs + path)
                if path not in WRITABLE:
                    read_only(fs + path)


def enter(spec: dict) -> None:
    """Enter new namespaces, with the network and files of `spec`."""
    unshare(USERS | MOUNTS | NETWORK, user=0, group=0)
    network(spec["address"])
    fs = spec["fs"]
    bind(fs, fs)
    check("mount", libc.mount(None, os.fsencode(fs), None, UNBINDABLE, None))  # its parents can be mounted inside it
    # A target behind a link, as /var/run often is, would be outside.
    mounts = sorted((os.path.realpath(target), source) for source, target in spec["mounts"])
    targets = {target for target, _ in mounts}
    mirror("/", fs, targets, OPEN | {str(parent) for target in targets for parent in Path(target).parents})
    for target, source in mounts:
        bind(source, fs + target)
    os.chroot(fs)
    os.chdir(spec["folder"])


def network(address: str) -> None:
    """Loopback, and eth0 with `address`."""
    refused = [refused for kind in ("veth", "dummy") if (refused := add_link("eth0", kind))]
    if len(refused) == 2:
        raise OSError(refused[0], f"eth0 cannot be created: {os.strerror(refused[0])}")
    with socket.socket() as any_socket:
        request = struct.pack("16sHH4s8x", b"eth0", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(any_socket, SET_ADDRESS, request)
        for name in (b"lo", b"eth0"):
            fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", name, UP))


def add_link(name: str, kind: str) -> int:
    """Create a network device; 0, or the kernel's error number."""

    def attribute(number: int, data: bytes) -> bytes:
        return struct.pack("HH", 4 + len(data), number) + data + bytes(-len(data) % 4)

    body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + attribute(LINK_NAME, name.encode() + b"\0")
    body += attribute(LINK_INFO, attribute(INFO_KIND, kind.encode()))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(struct.pack("IHHII", 16 + len(body), NEW_LINK, REQUEST, 1, 0) + body)
        return -struct.unpack_from("i", netlink.recv(4096), 16)[0]


def serve(channel: socket.socket) -> bool:
    """Send a new socket for each byte, until the byte `g`; False if the channel was closed."""
    while byte := channel.recv(1):
        if byte == b"g":
            return True
        with socket.socket() as tcp_socket:
            socket.send_fds(channel, [b"s"], [tcp_socket.fileno()])
    return False


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    try:
        enter(json.loads(Path(sys.argv[2]).read_text("utf-8")))
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        sys.exit(3)
    if not serve(channel):
        sys.exit(1)
    if os.fork() == 0:  # the service continues; forked twice, so that it is no child of the container
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            serve(channel)
        os._exit(0)
    os.wait()
    channel.close()
    os.execv(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
