"""`nvidia-smi` of a container whose function has GPUs: their names and memory, and nothing that was measured.

REHEARSAL_GPUS has `NAME:COUNT:MIB:CAPABILITY` of the GPU that the app asks for. Without it, the program fails as
without a driver.
"""

import os
import sys
from collections.abc import Sequence

from engine_stub.notes import note

DRIVER = "580.00"
ZERO = "0"


def main(argv: Sequence[str]) -> int:
    name, count, mib, capability = (os.environ.get("REHEARSAL_GPUS", "") + ":::").split(":")[:4]
    if not name:
        print("NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.", file=sys.stderr)
        return 9
    note("changed", "nvidia-smi: a stub with the name and memory of the GPU; it measures nothing")
    for number in range(int(count)):
        _print(argv, number, name, mib, capability)
    return 0


def _print(argv: Sequence[str], number: int, name: str, mib: str, capability: str) -> None:
    query = next((word.partition("=")[2] for word in argv if word.startswith("--query-gpu=")), "")
    if "-L" in argv or "--list-gpus" in argv:
        print(f"GPU {number}: NVIDIA {name} (UUID: GPU-rehearsal-{number})")
    elif query:
        plain = any("nounits" in word for word in argv)
        values = {
            "name": f"NVIDIA {name}", "gpu_name": f"NVIDIA {name}", "index": str(number), "driver_version": DRIVER,
            "memory.total": mib if plain else f"{mib} MiB", "memory.free": mib if plain else f"{mib} MiB",
            "uuid": f"GPU-rehearsal-{number}", "gpu_uuid": f"GPU-rehearsal-{number}", "compute_cap": capability,
        }  # fmt: skip
        if number == 0 and not any("noheader" in word for word in argv):
            print(", ".join(query.split(",")))
        print(", ".join(values.get(field.strip(), ZERO) for field in query.split(",")))
    else:
        print(f"NVIDIA-SMI {DRIVER}  Driver Version: {DRIVER}  CUDA Version: 13.0" if number == 0 else "")
        print(f"|  {number}  NVIDIA {name}  |  0MiB / {mib}MiB  |  0%  Default  |")
