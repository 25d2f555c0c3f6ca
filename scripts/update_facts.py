"""What of the bundled facts has moved, as far as a package registry can tell: `make facts`.

    python scripts/update_facts.py            show what would change; exit 1 when something would
    python scripts/update_facts.py --write    take the resolved pins over; new releases are only named

Two things are asked through the pip and uv clients, with the index that they are configured for: which releases of the
engines and of the Modal SDK are newer than what is pinned, and what the pinned engines' open requirements resolve to
today. A new engine release is not taken over by itself: its flags, APIs and routes have to be read from its wheel
first (AGENTS.md names the commands). Prices, GPUs and models come from elsewhere; they are named with their dates.
Exit 5 when the registry cannot be asked.
"""

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys

import update_pins

from modal_serve_gen import facts

UNKNOWN = 5


def newest(package: str) -> str | None:
    """The newest release that pip finds; None when it finds no index."""
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    match = re.match(r"\S+ \(([^)]+)\)", done.stdout)
    return match[1] if done.returncode == 0 and match else None


def releases() -> tuple[list[str], list[str]]:
    """A line for each package with a newer release, and the packages that could not be asked about."""
    pinned = {name: entry["version"] for name, entry in facts.pins().items()}
    pinned["modal"] = importlib.metadata.version("modal")
    lines, unknown = [], []
    for name, version in pinned.items():
        found = newest(name)
        if found is None:
            unknown.append(name)
        elif found != version:
            lines.append(f"{name}: {version} is pinned, {found} is the newest release")
    return lines, unknown


def dates() -> list[str]:
    """What no registry knows, with the day it was read."""
    models = json.loads((facts.FACTS / "models.json").read_text("utf-8"))["read"]
    price = next(iter(facts.gpus().values()))["price_read"]
    return [
        f"prices were read in {price}: compare with `modal billing rates`",
        f"models were read on {models}: python scripts/update_models.py --all",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="take the resolved pins over")
    given = parser.parse_args()
    lines, unknown = releases()
    for line in lines:
        print(line)
    moved = update_pins.main(["--write"] if given.write else ["--check"])
    for line in dates():
        print(line)
    if unknown or moved == 2:
        print(f"not looked at, the registry did not answer: {', '.join(unknown) or 'the pins'}", file=sys.stderr)
        return UNKNOWN
    return 1 if lines or moved else 0


if __name__ == "__main__":
    sys.exit(main())
