"""Enter a container's own namespaces, then become its process: `python -I -S enter.py SOCKET SPEC COMMAND...`.

It has a network of its own (loopback, and eth0 with the address of the specification, which leads nowhere) and files of
its own: this machine's, read-only, with the mounts of the specification laid over them. No rights are needed beyond
those to make user namespaces; inside, it is root, as on Modal.

SPEC is a JSON file: `fs` (an empty folder, which becomes the root), `mounts` (pairs of a path here and a path there,
folders or files), `folder` (where the command starts), `address`. Who sends a byte over SOCKET, the number of an
inherited unix socket, gets a new TCP socket of this network back: so the control plane, which is outside, can be
reached from inside, and reaches what listens inside. The byte `g` starts the command; SOCKET's end ends this service.

Ends with 3, and the reason on standard error, where the machine does not allow it. Standard library only.
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

NEW_NAMESPACES = 0x10000000 | 0x00020000 | 0x40000000  # CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET
BIND, RECURSIVE, PRIVATE, UNBINDABLE = 0x1000, 0x4000, 0x40000, 0x20000  # mount(2)
MOUNT_SETATTR, FROM_HERE, ALL_BELOW, READ_ONLY = 442, -100, 0x8000, 1  # mount_setattr(2)
SET_ADDRESS, SET_FLAGS, UP = 0x8916, 0x8914, 0x41  # netdevice(7)
NEW_LINK, REQUEST, LINK_NAME, LINK_INFO, INFO_KIND = 16, 0x605, 3, 18, 1  # rtnetlink(7)
WRITABLE = ("/dev", "/proc", "/sys")  # which are not what the container could spoil
OPEN = {"/media", "/mnt", "/opt", "/srv", "/var"}  # folders in which programs make others, which do not last
libc = ctypes.CDLL(None, use_errno=True)


def called(what: str, result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def bind(source: str, target: str) -> None:
    """Show the file or folder `source` at `target`, which is made where it is missing."""
    if Path(source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    called(f"mount {source}", libc.mount(os.fsencode(source), os.fsencode(target), None, BIND | RECURSIVE, None))


def read_only(path: str) -> None:
    """Where the kernel can (from 5.12 on); elsewhere the rights of files have to do."""
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", READ_ONLY, 0, 0, 0))
    libc.syscall(MOUNT_SETATTR, FROM_HERE, os.fsencode(path), ALL_BELOW, attributes, 32)


def lay(folder: str, fs: str, targets: set[str], opened: set[str]) -> None:
    """Show what this machine has in `folder` below `fs`, but for `targets`; folders that lead to one are made anew."""
    for entry in os.scandir(folder):
        path = entry.path
        if path in targets or path == fs:
            continue
        if entry.is_symlink():
            Path(fs + path).symlink_to(Path(path).readlink())
        elif path in opened and entry.is_dir():
            Path(fs + path).mkdir()
            lay(path, fs, targets, opened)
        elif entry.is_dir() or entry.is_file():
            with contextlib.suppress(PermissionError):  # what its user may not see is not there
                bind(path, fs + path)
                if path not in WRITABLE:
                    read_only(fs + path)


def enter(spec: dict) -> None:
    """New namespaces, with this network and these files."""
    user, group = os.getuid(), os.getgid()
    called("unshare", libc.unshare(NEW_NAMESPACES))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    network(spec["address"])
    called("mount", libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None))
    fs = spec["fs"]
    bind(fs, fs)
    called("mount", libc.mount(None, os.fsencode(fs), None, UNBINDABLE, None))  # its parents can be shown inside it
    # Through a link, as /var/run often is, a target would be outside.
    mounts = sorted((os.path.realpath(there), here) for here, there in spec["mounts"])
    targets = {there for there, _ in mounts}
    lay("/", fs, targets, OPEN | {str(above) for there in targets for above in Path(there).parents})
    for there, here in mounts:
        bind(here, fs + there)
    os.chroot(fs)
    os.chdir(spec["folder"])


def network(address: str) -> None:
    """Loopback, and eth0 with `address`."""
    refused = [refused for kind in ("veth", "dummy") if (refused := add_link("eth0", kind))]
    if len(refused) == 2:
        raise OSError(refused[0], f"no eth0 can be made: {os.strerror(refused[0])}")
    with socket.socket() as any_socket:
        given = struct.pack("16sHH4s8x", b"eth0", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(any_socket, SET_ADDRESS, given)
        for name in (b"lo", b"eth0"):
            fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", name, UP))


def add_link(name: str, kind: str) -> int:
    """Make a network device; 0, or the number of the kernel's error."""

    def attribute(number: int, data: bytes) -> bytes:
        return struct.pack("HH", 4 + len(data), number) + data + bytes(-len(data) % 4)

    body = struct.pack("BxHiII", 0, 0, 0, 0, 0) + attribute(LINK_NAME, name.encode() + b"\0")
    body += attribute(LINK_INFO, attribute(INFO_KIND, kind.encode()))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(struct.pack("IHHII", 16 + len(body), NEW_LINK, REQUEST, 1, 0) + body)
        return -struct.unpack_from("i", netlink.recv(4096), 16)[0]


def serve(asker: socket.socket) -> bool:
    """Send a new socket for each byte that comes, until `g` does; False when nobody can ask any more."""
    while byte := asker.recv(1):
        if byte == b"g":
            return True
        with socket.socket() as made:
            socket.send_fds(asker, [b"s"], [made.fileno()])
    return False


def main() -> None:
    asker = socket.socket(fileno=int(sys.argv[1]))
    try:
        enter(json.loads(Path(sys.argv[2]).read_text("utf-8")))
    except OSError as fault:
        print(fault.strerror or fault, file=sys.stderr)
        sys.exit(3)
    if not serve(asker):
        sys.exit(1)
    if os.fork() == 0:  # goes on to serve; twice, so that the container has no child that it did not make
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            serve(asker)
        os._exit(0)
    os.wait()
    asker.close()
    os.execv(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
