"""Maps 0.0.0.0 and localhost of a rehearsed container to two loopback addresses.

A real container has its own network. Here each container has two loopback addresses instead: sockets bound to 0.0.0.0
listen on REHEARSAL_OUTER, where the control plane connects as Modal does to eth0; sockets bound to localhost listen on
REHEARSAL_INNER, which is not used from outside. So an engine that is bound to localhost fails here as it fails on
Modal, two rehearsals can both use port 8000, and nothing listens beyond loopback.

Only fixed ports are mapped, not ephemeral ones (port 0).

REHEARSAL_FULL names folders that a rehearsal makes full: writing to them fails.
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
    """True if a socket listens at `host`:`port`, from the kernel's table (addresses there are little-endian hex)."""
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


def _refuse_writes(event: str, arguments: tuple) -> None:
    """Refuse to write below a full folder."""
    writes = event == "os.mkdir" or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING)
    if not writes or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100  (links are left as they are)
    if any(path == folder or path.startswith(f"{folder}/") for folder in FULL):
        with Path(os.environ["REHEARSAL_NOTES"]).open("a", encoding="utf-8") as notes:
            notes.write('{"kind": "fault", "text": "volume-full"}\n')
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


if FULL:
    sys.addaudithook(_refuse_writes)
