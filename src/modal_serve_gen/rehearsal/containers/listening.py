"""What listens where, by the kernel's own table (Linux; elsewhere nothing is known)."""

import socket
from pathlib import Path

LISTEN = "0A"
ANY = "0.0.0.0"


def table(process: int | str = "self") -> set[tuple[str, int]]:
    """Address and port of each listening TCP socket in the network of `process`: IPv4, and IPv6 as far as it maps."""
    found = set()
    for file in (Path(f"/proc/{process}/net/tcp"), Path(f"/proc/{process}/net/tcp6")):
        try:
            rows = [row.split() for row in file.read_text().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            address, _, port = row[1].partition(":")
            if row[3] == LISTEN:
                found.add((_spelled(address), int(port, 16)))
    return found


def _spelled(address: str) -> str:
    """The table has words of four bytes in the machine's byte order; of IPv6, the last holds a mapped IPv4 address."""
    if set(address) == {"0"}:
        return ANY
    if address in ("0" * 24 + "01000000", "0" * 24 + "00000001"):
        return "127.0.0.1"  # ::1
    return socket.inet_ntoa(bytes.fromhex(address[-8:])[::-1])
