"""Resolve the floating requirements of each pinned engine, and compare with src/modal_serve_gen/facts/pins.toml.

    python -m scripts.update_pins                 show what would change
    python -m scripts.update_pins --check         the same; exit 1 on a difference
    python -m scripts.update_pins --write         write the resolved set
    python -m scripts.update_pins --write --release vllm==VERSION

`uv pip compile` resolves the engine for Linux x86-64 and the Python series of the image, without installing anything,
with the package index that uv is configured for. Its log names every requirement. A package that a chosen package
requires exactly (`torch==...`) is fixed already; the others float and are pinned here. The keys named in the header of
pins.toml are maintained by hand; everything else in it is written by this script.
"""

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

PINS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "pins.toml"
HEADER = """\
# Pins of generated apps by engine, and of additional images (without base_image). Written by scripts/update_pins.py;
# version, extras, python, platform, base_image, unpinned, optional and sources are maintained by hand.
# packages: every package of the resolved set that no requirement in it fixes exactly; direct: those of them that the
# engine's own metadata names; fixed: names of the remaining ones. unpinned: left to the index on purpose, with the
# reason. optional: packages that flags need (flags/relations.toml), in versions that resolve with direct.
# Resolved, never installed: nothing here was run on a GPU or built into an image.

"""
REQUIREMENT = re.compile(
    r"Adding (?:transitive dependency for (?P<by>[\w.-]+)==(?P<at>\S+):|direct dependency:) "
    r"(?P<name>[\w.-]+)(?:\[[^]]*\])?(?:\{.*?\})?(?P<range>[^\[{].*)?$"
)
EXACT = re.compile(r"==(?!.*\*)(\S+)$|>=([^,\s]+), <\2\+$")

Entry = dict[str, Any]  # a table of pins.toml


class Unresolved(Exception):
    """uv could not be run, found no solution, or wrote a log that this script cannot parse."""


def compiled(requirement: str, python: str, platform: str, free: list[str], uv: str) -> tuple[dict[str, str], str]:
    """The set that uv resolves, {name: version}, and its log. `free`: packages whose bounds are dropped."""
    with tempfile.TemporaryDirectory() as folder:
        requirements, overrides, out = (Path(folder) / name for name in ("in.txt", "overrides.txt", "out.txt"))
        requirements.write_text(requirement + "\n")
        overrides.write_text("".join(f"{name}\n" for name in free))
        command = [uv, "pip", "compile", str(requirements), "--python-version", python, "--python-platform", platform]
        command += ["--override", str(overrides), "--no-header", "--no-annotate", "--no-python-downloads"]
        done = subprocess.run(
            [*command, "--verbose", "--output-file", str(out)], capture_output=True, text=True, errors="replace"
        )
        if done.returncode or not out.exists():
            tail = [line for line in done.stderr.splitlines() if not line.startswith(("DEBUG", "TRACE"))][-6:]
            raise Unresolved(f"{requirement}: uv found no solution.\n" + "\n".join(tail))
        lines = [line.split(";")[0].strip() for line in out.read_text().splitlines()]
    pairs = [line.partition("==") for line in lines if "==" in line]
    return {name: version for name, _, version in pairs}, done.stderr


def floating(engine: str, chosen: dict[str, str], log: str) -> tuple[list[str], list[str]]:
    """All floating packages, and those that the engine names itself, as sorted `name==version` strings."""
    exact: set[str] = set()
    required_by: dict[str, set[str]] = {}
    for line in log.splitlines():
        match = REQUIREMENT.search(line)
        if not match or match["name"] == match["by"]:  # uv's bookkeeping of extras and markers
            continue
        if match["by"] and chosen.get(match["by"]) != match["at"]:
            continue  # a version that uv tried and rejected
        exact |= {match["name"]} if EXACT.search((match["range"] or "").strip()) else set()
        required_by.setdefault(match["name"], set()).add(match["by"] or "")
    unexplained = sorted(set(chosen) - set(required_by) - {engine})
    if unexplained:
        raise Unresolved(
            f"{engine}: uv's log does not say which package requires {', '.join(unexplained)}. "
            "If the wording of the log has changed, update REQUIREMENT in scripts/update_pins.py."
        )
    free = sorted(name for name in chosen if name not in exact and name != engine)
    direct = [name for name in free if engine in required_by[name]]
    return [f"{name}=={chosen[name]}" for name in free], [f"{name}=={chosen[name]}" for name in direct]


def resolved(engine: str, entry: Entry, uv: str) -> Entry:
    """The entry of one engine with today's resolution."""
    left = list(entry["unpinned"])
    extras = f"[{','.join(entry['extras'])}]" if "extras" in entry else ""
    chosen, log = compiled(f"{engine}{extras}=={entry['version']}", entry["python"], entry["platform"], left, uv)
    packages, direct = floating(engine, chosen, log)
    stack = {}
    if "torch" in chosen:
        stack = {"torch": chosen["torch"], "cuda": ".".join(chosen["cuda-toolkit"].split(".")[:3])}
    return {
        **entry,
        **stack,
        "read": datetime.date.today().isoformat(),
        "resolved_packages": len(chosen),
        "fixed": sorted(chosen.keys() - {pin.split("==")[0] for pin in packages} - {engine, *left}),
        "direct": [pin for pin in direct if pin.split("==")[0] not in left],
        "packages": [pin for pin in packages if pin.split("==")[0] not in left],
    }


def difference(old: Entry, new: Entry) -> list[str]:
    """The changes between two entries, one per line, without the date."""
    lines = []
    for key, value in new.items():
        before = old.get(key)
        if key in ("read", "sources") or before == value:
            continue
        if isinstance(value, list):
            removed, added = sorted(set(before or []) - set(value)), sorted(set(value) - set(before or []))
            lines += [f"- {key}: {pin}" for pin in removed] + [f"+ {key}: {pin}" for pin in added]
        else:
            lines.append(f"  {key}: {before} -> {value}")
    return lines


def released(pins: dict[str, Entry], release: str) -> dict[str, Entry]:
    """`pins` with another version of one engine, `ENGINE==VERSION`."""
    engine, _, version = release.partition("==")
    if engine not in pins or not version:
        raise Unresolved(f"{release!r} names no engine of pins.toml. Write ENGINE==VERSION, with {', '.join(pins)}.")
    sources = {**pins[engine].get("sources", {}), "version": f"bumped on {datetime.date.today()}; its wheel was read"}
    return {**pins, engine: {**pins[engine], "version": version, "sources": sources}}


def installed_uv() -> str:
    """uv next to this interpreter or on PATH; '' if there is none."""
    return shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv") or ""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 if the resolved set differs")
    parser.add_argument("--write", action="store_true", help="write the resolved set")
    parser.add_argument("--release", metavar="ENGINE==VERSION", help="resolve another release, of this engine only")
    parser.add_argument("--pins", type=Path, default=PINS, help="the file of pins")
    parser.add_argument("--uv", default=installed_uv() or "uv", help="the uv command [default: the installed one]")
    options = parser.parse_args(argv)
    old = tomllib.loads(options.pins.read_text())
    try:
        target = released(old, options.release) if options.release else old
        chosen = [options.release.partition("==")[0]] if options.release else list(target)
        new = target | {engine: resolved(engine, target[engine], options.uv) for engine in chosen}
    except (Unresolved, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    lines = [f"{engine} {line}" for engine in new for line in difference(old[engine], new[engine])]
    print("\n".join(lines) if lines else "pins.toml is up to date")
    for engine, entry in new.items():
        if "cuda" in entry and entry["cuda"] not in entry["base_image"]:
            print(f"{engine}: base_image {entry['base_image']} is not for CUDA {entry['cuda']}", file=sys.stderr)
    if options.write and lines:
        options.pins.write_text(HEADER + tomli_w.dumps(new))
    return 1 if options.check and lines else 0


if __name__ == "__main__":
    sys.exit(main())
