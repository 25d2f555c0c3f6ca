"""Listening TCP sockets, read from the kernel's table (on Linux; elsewhere none are found)."""

import socket
from pathlib import Path

LISTEN = "0A"
ANY = "0.0.0.0"


def table(process: int | str = "self") -> set[tuple[str, int]]:
    """Address and port of each listening TCP socket in the network of `process`: IPv4, and mapped IPv6."""
    sockets = set()
    for file in (Path(f"/proc/{process}/net/tcp"), Path(f"/proc/{process}/net/tcp6")):
        try:
            rows = [row.split() for row in file.read_text().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            address, _, port = row[1].partition(":")
            if row[3] == LISTEN:
                sockets.add((_decoded(address), int(port, 16)))
    return sockets


def _decoded(address: str) -> str:
    """The table has words of four bytes in the machine's byte order; an IPv6 address may end with a mapped IPv4 one."""
    if set(address) == {"0"}:
        return ANY
    if address in ("0" * 24 + "01000000", "0" * 24 + "00000001"):
        return "127.0.0.1"  # ::1
    return socket.inet_ntoa(bytes.fromhex(address[-8:])[::-1])
