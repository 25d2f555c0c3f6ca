"""Which ports listen at an address, by the kernel's own table (Linux; elsewhere none are known)."""

import socket
from pathlib import Path

LISTEN = "0A"


def ports(host: str) -> set[int]:
    """Ports with a listening TCP socket at the IPv4 address `host`, IPv4-mapped sockets included."""
    packed = socket.inet_aton(host)[::-1].hex().upper()  # the table shows addresses in the machine's byte order
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            address, _, port = row.split()[1].partition(":")
            if row.split()[3] == LISTEN and address in (packed, f"0000000000000000FFFF0000{packed}"):
                found.add(int(port, 16))
    return found
