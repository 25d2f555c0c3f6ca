"""What of the bundled facts has moved, as far as a package registry can tell: `make facts`.

    python scripts/update_facts.py            show what would change; exit 1 when something would
    python scripts/update_facts.py --write    take the resolved pins over; new releases are only named
    python scripts/update_facts.py --models   ask the Hub, too, whether bundled models have moved: some minutes

Two things are asked through the pip and uv clients, with the index that they are configured for: which releases of the
engines and of the Modal SDK are newer than what is pinned, and what the pinned engines' open requirements resolve to
today. A new engine release is not taken over by itself: its flags, APIs and routes have to be read from its wheel
first (AGENTS.md names the commands). Prices, GPUs and models come from elsewhere; they are named with their dates.
Exit 5 when something could not be asked; the last line names it.
"""

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import update_models
import update_pins

from modal_serve_gen import facts
from modal_serve_gen.folders import FACTS


def newest(package: str) -> str | None:
    """The newest release that pip finds; None when it finds no index."""
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None
    match = re.match(r"\S+ \(([^)]+)\)", done.stdout)
    return match[1] if done.returncode == 0 and match else None


def releases() -> tuple[list[str], list[str]]:
    """A line for each package with a newer release, and the packages that could not be asked about."""
    pinned = {name: entry.version for name, entry in facts.pins().items()}
    pinned["modal"] = importlib.metadata.version("modal")
    engine = tomllib.loads((FACTS / "rehearsal" / "engine.toml").read_text("utf-8"))["engine"]
    pinned[engine["distribution"]] = engine["version"]
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
    models = json.loads((FACTS / "models.json").read_text("utf-8"))["read"]
    price = next(iter(facts.gpus().values())).price_read
    return [
        f"prices were read in {price}: compare with `modal billing rates`",
        f"models were read on {models}: python scripts/update_models.py --all",
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="take the resolved pins over")
    parser.add_argument("--models", action="store_true", help="ask the Hub for the commits of the bundled models")
    given = parser.parse_args(argv)
    lines, unknown = releases()
    for line in lines:
        print(line)
    pins = update_pins.main(["--write"] if given.write else ["--check"])
    models = update_models.main(["--all", "--check"]) if given.models else 0
    for line in dates():
        print(line)
    unknown += ["what the pins resolve to"] * (pins == 2) + ["models"] * (models == update_models.UNKNOWN)
    if unknown:
        print(f"not looked at, nobody answered: {', '.join(unknown)}", file=sys.stderr)
        return update_models.UNKNOWN
    return 1 if lines or pins or models else 0


if __name__ == "__main__":
    sys.exit(main())
