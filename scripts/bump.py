"""Move the pins of an engine to another release: `make bump ENGINE=vllm VERSION=...`.

    python -m scripts.bump vllm VERSION             download the wheel, and update tables, pins, golden apps and docs
    python -m scripts.bump vllm VERSION --dry-run   show the steps

Each step is one of the other scripts, run as a process of its own. A step that reads the wheel or resolves pins stops
the bump when it fails, and the old tables are kept. Golden apps, docs and tests may fail because of the new release;
their errors are listed with what a person must decide, at the end.

Exit codes: 0 done; 1 done, but a golden app, the docs or a test fails; 2 bad usage; 5 a step could not be run.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modal_serve_gen.errors import BadInput, MachineError, ServeError, nearest, quoted
from scripts.bump_review import Bump, decisions

ROOT = Path(__file__).resolve().parent.parent
QUIET_S = 2.0  # before the first progress line of a step, and between two
TESTS = ("update_flags", "update_apis", "update_pins", "flags", "facts", "golden", "docs", "skill", "versions")
VERSION = re.compile(r"\d+(\.\d+)+([a-z0-9.+-]*)")


@dataclass(frozen=True)
class Step:
    """One step: what it does and its command. A `required` step stops the bump when it fails."""

    title: str
    command: tuple[str, ...]
    required: bool = True


def steps(bump: Bump, wheel: str, uv: str, tests: bool) -> Iterator[Step]:
    """The steps after the download, in order. `uv`: the uv command, '' for the installed one."""

    def script(title: str, name: str, *arguments: str, required: bool = True) -> Step:
        return Step(title, (sys.executable, "-m", f"scripts.{name}", *arguments), required)

    yield script("read the flags", "update_flags", wheel)
    yield script("read the environment variables", "update_variables", wheel)
    if bump.engine == "vllm":
        yield script("read the Python API and the benchmark's arguments", "update_apis", wheel)
    else:
        yield script("read the HTTP routes", "routes_of_sglang", wheel)
        yield script("read the benchmark's arguments", "bench_of_sglang", wheel)
    pins = ["--write", "--release", f"{bump.engine}=={bump.new}", *(["--uv", uv] if uv else [])]
    yield script("resolve the pins", "update_pins", *pins)
    yield script("render the golden apps", "golden", required=False)
    yield script("update the skill", "skill", required=False)
    yield script("update the docs", "docs", required=False)
    if tests:
        files = [f"tests/test_{name}.py" for name in TESTS if (bump.root / f"tests/test_{name}.py").exists()]
        yield Step(
            "run the tests of tables, golden apps and docs", (sys.executable, "-m", "pytest", "-q", *files), False
        )


def download(bump: Bump, folder: Path) -> Step:
    """The step that downloads the wheel: pip, with the index that it is configured for."""
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 17)]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *platforms]
    requirement = f"{bump.engine}=={bump.new}"
    return Step("download the wheel", (*command, "--python-version=3.12", "--dest", str(folder), requirement))


def run(step: Step, environment: dict[str, str]) -> str:
    """Run a step with progress lines; its last lines of output if it fails, otherwise ''."""
    began = last = time.monotonic()
    print(f"{step.title} ...", flush=True)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(step.command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            time.sleep(0.05)
            if time.monotonic() - last > QUIET_S:
                last = time.monotonic()
                print(f"  {step.title}: {last - began:.0f} s", flush=True)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if not process.returncode:
        return ""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(" ")]  # no frames of tracebacks
    return "\n".join(lines[-4:]) or f"exit code {process.returncode}"


def bump_of(engine: str, version: str) -> Bump:
    """The bump to a release. Raises BadInput for an unknown engine, a malformed version, or the pinned one."""
    pins = tomllib.loads((ROOT / "src/modal_serve_gen/facts/pins.toml").read_text("utf-8"))
    engines = [name for name, pin in pins.items() if "base_image" in pin]
    if engine not in engines:
        near = nearest(engine, engines)
        raise BadInput(f"{quoted(engine)} is not a pinned engine.{near}", f"Choose from {', '.join(engines)}.")
    if not VERSION.fullmatch(version):
        raise BadInput(f"{quoted(version)} is not a version.", "Write it as in make bump ENGINE=vllm VERSION=1.2.3.")
    if pins[engine]["version"] == version:
        raise BadInput(f"{engine} {version} is pinned already.", "Name another release; `make facts` lists new ones.")
    return Bump(ROOT, engine, pins[engine]["version"], version)


def carry_out(bump: Bump, wheel: Path | None, uv: str, tests: bool) -> list[str]:
    """Run all steps; what a person must decide. Raises MachineError if a required step fails."""
    paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    old = json.loads(bump.flags(bump.old).read_text("utf-8"))
    variables = bump.facts / "apis" / f"{bump.engine}_variables-{bump.old}.json"
    old_names = set(json.loads(variables.read_text("utf-8"))["names"]) if variables.exists() else set()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        if wheel is None:
            _require(download(bump, Path(folder)), environment)
            wheel = next(Path(folder).glob("*.whl"))
        elif not wheel.name.startswith(f"{bump.engine}-{bump.new}-"):
            raise BadInput(f"{quoted(wheel.name)} is not a wheel of {bump.engine} {bump.new}.", "Name another wheel.")
        environment["ENGINE_WHEELS"] = str(wheel.resolve())
        for step in steps(bump, str(wheel.resolve()), uv, tests):
            if step.required:
                _require(step, environment)
                continue
            _remove_old_tables(bump)
            if error := run(step, environment):
                failed.append(f"FAILED: {step.title}. Run it again after the changes below.\n{error}")
    return failed + decisions(bump, old, json.loads(bump.flags(bump.new).read_text("utf-8")), old_names)


def _require(step: Step, environment: dict[str, str]) -> None:
    if error := run(step, environment):
        raise MachineError(
            f"The step {step.title!r} failed: {error}", "Fix that and run the bump again; the old tables are kept."
        )


def _remove_old_tables(bump: Bump) -> None:
    """Remove the tables of the old release that the new one replaces."""
    pairs = [(bump.flags(bump.old), bump.flags(bump.new))]
    pairs += [(path, path.with_name(path.name.replace(bump.old, bump.new))) for path in bump.apis(bump.old)]
    for old, new in pairs:
        if new.exists():
            old.unlink(missing_ok=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("engine", help="vllm or sglang")
    parser.add_argument("version", help="the release to pin")
    parser.add_argument("--wheel", type=Path, help="a wheel on disk, instead of a download")
    parser.add_argument("--uv", default="", help="the uv command")
    parser.add_argument("--no-tests", action="store_true", help="do not run the tests")
    parser.add_argument("--dry-run", action="store_true", help="show the steps")
    options = parser.parse_args(argv)
    try:
        bump = bump_of(options.engine, options.version)
        if options.dry_run:
            first = [] if options.wheel else [download(bump, Path("FOLDER"))]
            for step in [*first, *steps(bump, str(options.wheel or "WHEEL"), options.uv, not options.no_tests)]:
                print(f"{step.title}:\n  python {' '.join(step.command[1:])}")
            return 0
        print(f"{bump.engine} {bump.old} -> {bump.new}", flush=True)
        open_points = carry_out(bump, options.wheel, options.uv, not options.no_tests)
    except ServeError as error:
        print(f"Error: {error.problem}\n{error.remedy}", file=sys.stderr)
        return error.exit_code
    print(f"\n{bump.engine} {bump.new} is pinned. What a person must still decide:")
    print("\n".join(f"- {point}" for point in open_points))
    return int(any(point.startswith("FAILED") for point in open_points))


if __name__ == "__main__":
    sys.exit(main())
