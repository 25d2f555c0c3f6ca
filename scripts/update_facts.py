"""Report which bundled facts are out of date, as far as a package registry can tell: `make facts`.

    python -m scripts.update_facts            report what would change; exit 1 if something would
    python -m scripts.update_facts --write    write the newly resolved pins; new releases are only reported
    python -m scripts.update_facts --models   ask the Hub for new commits of the bundled models as well (minutes)

pip and uv, with the index that they are configured for, tell which releases of the engines and of the Modal SDK are
newer than the pinned ones, and what the open requirements of the pinned engines resolve to today. A new engine release
is not adopted automatically: its flags, APIs and routes must be read from its wheel first (see AGENTS.md). Prices, GPUs
and models come from other sources, and are listed with their dates. Exit 5 if something could not be queried; the last
line names it.
"""

import argparse
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

from modal_serve_gen import facts
from modal_serve_gen.folders import FACTS
from scripts import update_models, update_pins


def newest(package: str) -> str | None:
    """The newest release on the index; None if there is no index."""
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None
    match = re.match(r"\S+ \(([^)]+)\)", done.stdout)
    return match[1] if done.returncode == 0 and match else None


def releases() -> tuple[list[str], list[str]]:
    """A line for each package with a newer release, and the packages that could not be queried."""
    pinned = {name: pins.version for name, pins in facts.pins().items()}
    pinned["modal"] = importlib.metadata.version("modal")
    engine = tomllib.loads((FACTS / "rehearsal" / "engine.toml").read_text("utf-8"))["engine"]
    pinned[engine["distribution"]] = engine["version"]
    lines, unknown = [], []
    for name, version in pinned.items():
        release = newest(name)
        if release is None:
            unknown.append(name)
        elif release != version:
            lines.append(f"{name}: {version} is pinned, {release} is the newest release")
    return lines, unknown


def dates() -> list[str]:
    """The dates of facts that no registry has."""
    models = json.loads((FACTS / "models.json").read_text("utf-8"))["read"]
    price = next(iter(facts.gpus().values())).price_read
    return [
        f"prices are as of {price}: compare with `modal billing rates`",
        f"models are as of {models}: python -m scripts.update_models --all",
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the newly resolved pins")
    parser.add_argument("--models", action="store_true", help="ask the Hub for the commits of the bundled models")
    arguments = parser.parse_args(argv)
    lines, unknown = releases()
    for line in lines:
        print(line)
    pins = update_pins.main(["--write"] if arguments.write else ["--check"])
    models = update_models.main(["--all", "--check"]) if arguments.models else 0
    for line in dates():
        print(line)
    unknown += ["resolved pins"] * (pins == 2) + ["models"] * (models == update_models.UNKNOWN)
    if unknown:
        print(f"Not checked, as there was no response: {', '.join(unknown)}", file=sys.stderr)
        return update_models.UNKNOWN
    return 1 if lines or pins or models else 0


if __name__ == "__main__":
    sys.exit(main())
