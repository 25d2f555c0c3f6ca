"""Resolve what each pinned engine leaves floating, and compare it with src/modal_serve_gen/facts/pins.toml.

    python scripts/update_pins.py                 show what would change
    python scripts/update_pins.py --check         the same, exit 1 on a difference
    python scripts/update_pins.py --write         take the new set over

`uv pip compile` resolves the engine for Linux x86-64 and the Python series of the image, without installing anything,
against the package index that uv is configured for. Its log names every requirement that it met; a package that some
chosen package requires exactly (`torch==2.14.0`) is fixed already, the others float and are pinned here. What the
header of pins.toml names is typed there by hand; everything else in it is written by this script.
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

import tomli_w

PINS = Path(__file__).resolve().parent.parent / "src" / "modal_serve_gen" / "facts" / "pins.toml"
HEADER = """\
# What a generated app pins, per engine, and for images beside the engine's (no base_image). Written by
# scripts/update_pins.py; version, extras, python, platform, base_image, unpinned, sources: typed here.
# packages: every package of the resolved set that no requirement in it fixes exactly; direct: those of them that the
# engine's own metadata names. unpinned: left to the index on purpose, with the reason.
# Resolved, never installed: nothing here was run on a GPU or built into an image.

"""
REQUIREMENT = re.compile(
    r"Adding (?:transitive dependency for (?P<by>[\w.-]+)==(?P<at>\S+):|direct dependency:) "
    r"(?P<name>[\w.-]+)(?:\[[^]]*\])?(?:\{.*?\})?(?P<range>[^\[{].*)?$"
)
EXACT = re.compile(r"==(?!.*\*)(\S+)$|>=([^,\s]+), <\2\+$")


class Unresolved(Exception):
    """uv could not be run, or found no set, or wrote a log that this script cannot read."""


def compiled(requirement: str, python: str, platform: str, free: list[str], uv: str) -> tuple[dict[str, str], str]:
    """The set that uv resolves, {name: version}, and its log. `free`: packages whose bounds are dropped."""
    with tempfile.TemporaryDirectory() as folder:
        asked, dropped, out = (Path(folder) / name for name in ("asked.in", "free.txt", "resolved.txt"))
        asked.write_text(requirement + "\n")
        dropped.write_text("".join(f"{name}\n" for name in free))
        command = [uv, "pip", "compile", str(asked), "--python-version", python, "--python-platform", platform]
        command += ["--override", str(dropped), "--no-header", "--no-annotate", "--no-python-downloads"]
        done = subprocess.run(
            [*command, "--verbose", "--output-file", str(out)], capture_output=True, text=True, errors="replace"
        )
        if done.returncode or not out.exists():
            tail = [line for line in done.stderr.splitlines() if not line.startswith(("DEBUG", "TRACE"))][-6:]
            raise Unresolved(f"{requirement}: uv resolved nothing.\n" + "\n".join(tail))
        lines = [line.split(";")[0].strip() for line in out.read_text().splitlines()]
    return dict(line.split("==", 1) for line in lines if "==" in line), done.stderr


def floating(engine: str, chosen: dict[str, str], log: str) -> tuple[list[str], list[str]]:
    """(every package that floats, those that the engine names itself), as sorted `name==version` strings."""
    exact: set[str] = set()
    loose: dict[str, set[str]] = {}  # name -> who requires it
    for line in log.splitlines():
        match = REQUIREMENT.search(line)
        if not match or match["name"] == match["by"]:  # uv's own bookkeeping of extras and markers
            continue
        if match["by"] and chosen.get(match["by"]) != match["at"]:
            continue  # a version that was tried and given up
        exact |= {match["name"]} if EXACT.search((match["range"] or "").strip()) else set()
        loose.setdefault(match["name"], set()).add(match["by"] or "")
    strangers = sorted(set(chosen) - set(loose) - {engine})
    if strangers:
        raise Unresolved(
            f"{engine}: uv's log does not say who requires {', '.join(strangers)}; has its wording changed?"
        )
    free = sorted(name for name in chosen if name not in exact and name != engine)
    return (
        [f"{name}=={chosen[name]}" for name in free],
        [f"{name}=={chosen[name]}" for name in free if engine in loose[name]],
    )


def resolved(engine: str, pins: dict, uv: str) -> dict:
    """The entry of one engine as resolved today; `pins` is the entry as it stands."""
    left = list(pins["unpinned"])
    extras = f"[{','.join(pins['extras'])}]" if "extras" in pins else ""
    chosen, log = compiled(f"{engine}{extras}=={pins['version']}", pins["python"], pins["platform"], left, uv)
    packages, direct = floating(engine, chosen, log)
    stack = (
        {"torch": chosen["torch"], "cuda": ".".join(chosen["cuda-toolkit"].split(".")[:3])} if "torch" in chosen else {}
    )
    return (
        pins
        | stack
        | {
            "read": datetime.date.today().isoformat(),
            "resolved_packages": len(chosen),
            "direct": [pin for pin in direct if pin.split("==")[0] not in left],
            "packages": [pin for pin in packages if pin.split("==")[0] not in left],
        }
    )


def difference(old: dict, new: dict) -> list[str]:
    """What changes between two entries, a line each; the date aside."""
    lines = []
    for key, value in new.items():
        before = old.get(key)
        if key == "read" or before == value:
            continue
        if isinstance(value, list):
            gone, come = sorted(set(before or []) - set(value)), sorted(set(value) - set(before or []))
            lines += [f"- {key}: {one}" for one in gone] + [f"+ {key}: {one}" for one in come]
        else:
            lines.append(f"  {key}: {before} -> {value}")
    return lines


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 when the resolved set differs")
    parser.add_argument("--write", action="store_true", help="write the resolved set")
    parser.add_argument("--pins", type=Path, default=PINS)
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv") or "uv"
    parser.add_argument("--uv", default=found, help="the uv command")
    given = parser.parse_args(argv)
    old = tomllib.loads(given.pins.read_text())
    try:
        new = {engine: resolved(engine, entry, given.uv) for engine, entry in old.items()}
    except (Unresolved, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    lines = [f"{engine} {line}" for engine in new for line in difference(old[engine], new[engine])]
    print("\n".join(lines) if lines else "pins.toml is what resolves today")
    for engine, entry in new.items():
        if "cuda" in entry and entry["cuda"] not in entry["base_image"]:
            print(f"{engine}: base_image {entry['base_image']} is not of CUDA {entry['cuda']}", file=sys.stderr)
    if given.write and lines:
        given.pins.write_text(HEADER + tomli_w.dumps(new))
    return 1 if given.check and lines else 0


if __name__ == "__main__":
    sys.exit(main())
