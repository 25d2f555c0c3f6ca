"""Move the pins of an engine to another release: `make bump ENGINE=vllm VERSION=...`.

    python -m scripts.bump vllm VERSION             download the wheel, and update tables, pins, golden apps and docs
    python -m scripts.bump vllm VERSION --dry-run   show the steps

Each step is one of the other scripts in its own process. If a step that reads the wheel or resolves the pins fails, the
bump stops, and the old tables are kept. Golden apps, docs and tests may fail because of the new release; their errors
are listed at the end, before the decisions that are left to you.

Exit codes: 0 done; 1 done, but a golden app, the docs or a test fails; 2 bad usage; 5 the bump stopped.
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
from scripts import update_history, update_pins
from scripts.bump_review import Bump, decisions

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 8  # lines of output of a step that failed
QUIET_S = 10.0  # before the first progress line of a step, and between two
TESTS = ("update_flags", "update_apis", "update_pins", "flags", "facts", "golden", "docs", "skill", "versions")
VERSION = re.compile(r"\d+(\.\d+)+([a-z0-9.+-]*)")


@dataclass(frozen=True)
class Step:
    """One step: what it does, and the arguments of Python."""

    title: str
    arguments: tuple[str, ...]


def downloads(bump: Bump, folder: str, wheel: bool, uv: bool) -> Iterator[Step]:
    """The steps that download the wheel and uv, with the index that pip is configured for."""
    if wheel:
        platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (34, 28, 17)]
        options = ["-q", "--no-deps", "--only-binary=:all:", *platforms, "--python-version=3.12", "--dest", folder]
        yield Step("download the wheel", ("-m", "pip", "download", *options, f"{bump.engine}=={bump.new}"))
    if uv:
        yield Step("install uv for this bump", ("-m", "pip", "install", "-q", "--target", f"{folder}/uv", "uv"))


def required_steps(bump: Bump, wheel: str, uv: str) -> Iterator[Step]:
    """The steps that read the wheel and resolve the pins."""
    yield Step("read the flags", ("-m", "scripts.update_flags", wheel))
    yield Step("read the environment variables", ("-m", "scripts.update_variables", wheel))
    if bump.engine == "vllm":
        yield Step("read the Python API and the benchmark's arguments", ("-m", "scripts.update_apis", wheel))
    else:
        yield Step("read the HTTP routes", ("-m", "scripts.routes_of_sglang", wheel))
        yield Step("read the benchmark's arguments", ("-m", "scripts.bench_of_sglang", wheel))
    pins = ("--write", "--release", f"{bump.engine}=={bump.new}", "--uv", uv)
    yield Step("resolve the pins", ("-m", "scripts.update_pins", *pins))


def other_steps(bump: Bump, tests: bool) -> Iterator[Step]:
    """The steps that may fail because of the new release."""
    yield Step("render the golden apps", ("-m", "scripts.golden"))
    yield Step("update the skill", ("-m", "scripts.skill"))
    yield Step("update the docs", ("-m", "scripts.docs"))
    if tests:
        files = [f"tests/test_{name}.py" for name in TESTS if (bump.root / f"tests/test_{name}.py").exists()]
        title = "run the tests of tables, golden apps and docs"
        yield Step(title, ("-m", "pytest", "-n", "2", "-m", "not slow", *files))


def run(step: Step, environment: dict[str, str]) -> str:
    """Run a step with progress lines; its last lines of output if it fails, otherwise ''."""
    began = last = time.monotonic()
    print(f"{step.title} ...", flush=True)
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, *step.arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
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
    return "\n".join(lines[-SHOWN:]) or f"exit code {process.returncode}"


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
        if wheel and not wheel.name.startswith(f"{bump.engine}-{bump.new}-"):
            raise BadInput(f"{quoted(wheel.name)} is not a wheel of {bump.engine} {bump.new}.", "Name another wheel.")
        for step in downloads(bump, folder, not wheel, not uv):
            _require(step, environment)
        wheel = (wheel or next(Path(folder).glob("*.whl"))).resolve()
        for step in required_steps(bump, str(wheel), uv or f"{folder}/uv/bin/uv"):
            _require(step, environment)
        update_history.retire(bump.facts, bump.engine, bump.old, bump.new)
        _remove_old_tables(bump)
        for step in other_steps(bump, tests):
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
    parser.add_argument("--uv", default=update_pins.installed_uv(), help="the uv command [default: the installed one]")
    parser.add_argument("--no-tests", action="store_true", help="do not run the tests")
    parser.add_argument("--dry-run", action="store_true", help="show the steps")
    options = parser.parse_args(argv)
    try:
        bump = bump_of(options.engine, options.version)
        if options.dry_run:
            steps = [
                *downloads(bump, "FOLDER", not options.wheel, not options.uv),
                *required_steps(bump, str(options.wheel or "WHEEL"), options.uv or "UV"),
                *other_steps(bump, not options.no_tests),
            ]
            print("\n".join(f"{step.title}:\n  python {' '.join(step.arguments)}" for step in steps))
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
