"""What 0.0.0.0 and localhost mean to a process of a rehearsed container.

A real container has a network of its own. Here each container has two loopback addresses of its own instead: what it
binds to 0.0.0.0 listens on REHEARSAL_OUTER, where the control plane looks for it as Modal looks at eth0; what it binds
to localhost listens on REHEARSAL_INNER, where nobody outside looks. So an engine that is bound to localhost fails here
as it fails on Modal, two rehearsals can both use port 8000, and nothing listens beyond loopback.

Only fixed ports are mapped: an ephemeral one (port 0) is the process's own business.

REHEARSAL_FULL names folders on which no room is left, where a rehearsal injects that.
"""

import errno
import os
import socket
import sys
from pathlib import Path

INNER, OUTER = os.environ.get("REHEARSAL_INNER"), os.environ.get("REHEARSAL_OUTER")
ANY = {"0.0.0.0", "", "::"}
LOCAL = {"127.0.0.1", "localhost", "::1"}


def _listening(host: str, port: int) -> bool:
    """Whether a socket listens at `host`:`port`, by the kernel's own table (addresses there are little-endian hex)."""
    packed = socket.inet_aton(host)[::-1].hex().upper()
    plain, mapped = f"{packed}:{port:04X}", f"0000000000000000FFFF0000{packed}:{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        if any(row.split()[1] in (plain, mapped) and row.split()[3] == "0A" for row in rows):
            return True
    return False


def _mapped(sock: socket.socket, address, host: str):
    return (f"::ffff:{host}" if sock.family == socket.AF_INET6 else host, *address[1:])


def _is_inet(sock: socket.socket, address) -> bool:
    return sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and len(address) >= 2


def _bind(sock: socket.socket, address) -> None:
    if _is_inet(sock, address) and address[1]:
        if address[0] in ANY:
            if sock.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            address = _mapped(sock, address, OUTER)
        elif address[0] in LOCAL and sock.family == socket.AF_INET:
            address = _mapped(sock, address, INNER)
    return _real_bind(sock, address)


def _reachable(sock: socket.socket, address):
    if _is_inet(sock, address) and address[0] in LOCAL and sock.type == socket.SOCK_STREAM:
        for host in (INNER, OUTER):
            if sock.family == socket.AF_INET and _listening(host, address[1]):
                return _mapped(sock, address, host)
    return address


if INNER and OUTER:
    _real_bind, _real_connect, _real_connect_ex = socket.socket.bind, socket.socket.connect, socket.socket.connect_ex
    socket.socket.bind = _bind
    socket.socket.connect = lambda sock, address: _real_connect(sock, _reachable(sock, address))
    socket.socket.connect_ex = lambda sock, address: _real_connect_ex(sock, _reachable(sock, address))

FULL = [folder for folder in os.environ.get("REHEARSAL_FULL", "").split(os.pathsep) if folder]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _no_room(event: str, arguments: tuple) -> None:
    """Refuse what would write below a folder without room."""
    writes = event == "os.mkdir" or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING)
    if not writes or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100  (links are left as they are)
    if any(path == folder or path.startswith(f"{folder}/") for folder in FULL):
        with Path(os.environ["REHEARSAL_NOTES"]).open("a", encoding="utf-8") as notes:
            notes.write('{"kind": "fault", "text": "volume-full"}\n')
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


if FULL:
    sys.addaudithook(_no_room)
