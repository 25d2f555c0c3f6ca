"""`make bump`: a bump to a made-up release, in a copy of the checkout, with a small wheel that the test writes."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from modal_serve_gen import facts
from scripts import bump, bump_review
from tests.conftest import ROOT, SHEBANG
from tests.test_update_apis import WHEEL
from tests.test_update_flags import VLLM, wheel

OLD, NEW = facts.pins()["vllm"].version, "99.1.0"
COPIED = ("src", "scripts", "templates", "skills", "docs", "tests/golden", "tests/data", "evals")
FILES = ("README.md", "CONTRIBUTING.md", "package.json", "pyproject.toml")
RESOLVED = {"vllm": NEW, "torch": "98.0", "cuda-toolkit": "97.0.3.0", "loose": "2.0"}
LOG = f"""\
DEBUG Adding direct dependency: vllm>={NEW}, <{NEW}+
DEBUG Adding transitive dependency for vllm=={NEW}: torch>=98.0, <98.0+
DEBUG Adding transitive dependency for vllm=={NEW}: loose>=1.2, <3
DEBUG Adding transitive dependency for torch==98.0: cuda-toolkit>=97.0.3.0, <97.0.3.0+
"""


@pytest.fixture
def checkout(tmp_path):
    """A copy of the files that the bump reads and writes."""
    root = tmp_path / "checkout"
    for folder in COPIED:
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "runs"))
    for file in FILES:
        shutil.copy(ROOT / file, root)
    return root


@pytest.fixture
def fake_uv(tmp_path):
    """A uv that resolves RESOLVED."""
    program = tmp_path / "uv"
    text = "\n".join(f"{name}=={version}" for name, version in RESOLVED.items())
    program.write_text(
        f"{SHEBANG}import sys\nfrom pathlib import Path\n"
        f"Path(sys.argv[sys.argv.index('--output-file') + 1]).write_text({text!r})\nsys.stderr.write({LOG!r})\n"
    )
    program.chmod(0o755)
    return program


def run(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`python -m scripts.bump` in the copy."""
    command = [sys.executable, "-m", "scripts.bump", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_a_bump_replaces_tables_and_pins(checkout, fake_uv, tmp_path):
    """The new tables replace the old ones, pins.toml names the new release, and the open points are printed."""
    apis = {name: text for name, text in WHEEL.items() if "Args" not in text and "dist-info" not in name}
    path = wheel(tmp_path, "vllm", NEW, apis | VLLM)
    done = run(checkout, "vllm", NEW, "--wheel", path, "--uv", fake_uv, "--no-tests")
    assert done.returncode == 1, done.stdout + done.stderr  # the golden apps use flags that the small wheel lacks
    bundled = checkout / "src" / "modal_serve_gen" / "facts"
    names = {path.name for folder in ("flags", "apis") for path in (bundled / folder).iterdir()}
    for kind in ("vllm", "vllm_bench", "vllm_variables"):
        assert f"{kind}-{NEW}.json" in names and f"{kind}-{OLD}.json" not in names
    history = json.loads((bundled / "flags" / "vllm-history.json").read_text("utf-8"))["releases"]
    assert [past["version"] for past in history] == list(facts.known_releases("vllm"))  # the old one is the first now
    assert "--kind" in json.loads((bundled / "flags" / f"vllm-{NEW}.json").read_text("utf-8"))["options"]
    pin = tomllib.loads((bundled / "pins.toml").read_text("utf-8"))["vllm"]
    assert (pin["version"], pin["torch"], pin["packages"]) == (NEW, "98.0", ["loose==2.0"])
    assert tomllib.loads((bundled / "pins.toml").read_text("utf-8"))["sglang"]["packages"]
    points = done.stdout.partition("What a person must still decide:")[2]
    for text in (
        "FAILED: render the golden apps",
        "Removed flags that templates or facts use: ",
        "New flags: ",
        "Bundled models whose architecture was removed: ",
        "No memory log of vllm 99.1 ",
        f"not {NEW}. If that release exists",
        "The routes of vllm are recorded from a running server",
        "is not for CUDA 97.0.3",
        f"These cite vllm {OLD} as a source",
    ):
        assert text in points, text


def test_a_failed_step_keeps_the_old_tables(checkout, fake_uv, tmp_path):
    """The message names the step, and the next bump starts again."""
    path = wheel(tmp_path, "vllm", NEW, {})
    done = run(checkout, "vllm", NEW, "--wheel", path, "--uv", fake_uv)
    assert done.returncode == 5
    assert "The step 'read the flags' failed" in done.stderr
    bundled = checkout / "src" / "modal_serve_gen" / "facts"
    assert (bundled / "flags" / f"vllm-{OLD}.json").exists()
    assert tomllib.loads((bundled / "pins.toml").read_text("utf-8"))["vllm"]["version"] == OLD


def test_a_changed_default_is_reported():
    """Those that the plan relies on are on a separate line."""
    move = bump_review.Bump(ROOT, "vllm", OLD, NEW)
    old = json.loads(move.flags(OLD).read_text("utf-8"))
    new = json.loads(json.dumps(old))
    new["options"]["--gpu-memory-utilization"]["default"] = 0.5
    new["options"]["--seed"]["default"] = 7
    new["options"]["--dtype"]["choices"].remove("float16")
    new["options"]["--tensor-parallel-size"]["deprecated"] = "Use --devices."
    new["tool_parsers"].remove("hermes")
    new["architectures"]["text_generation"] += ["MadeUpForCausalLM"]
    points = "\n".join(bump_review.decisions(move, old, new, set()))
    before = old["options"]["--gpu-memory-utilization"]["default"]
    assert f"that the plan relies on: --gpu-memory-utilization {before} -> 0.5" in points
    assert "Other changed defaults: --seed" in points
    assert "--dtype no longer accepts float16" in points
    assert "--tensor-parallel-size is deprecated now: Use --devices." in points
    assert "New architectures: MadeUpForCausalLM" in points
    assert "Removed tool parsers that facts/models.json uses: hermes" in points
    assert "Removed flags" not in points


def test_the_planned_defaults_exist():
    """Each argument that the plan relies on is one of the pinned release."""
    for engine, names in bump_review.PLANNED.items():
        move = bump_review.Bump(ROOT, engine, facts.pins()[engine].version, NEW)
        assert set(names) <= set(json.loads(move.flags(move.old).read_text("utf-8"))["options"])


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_dry_run_shows_the_steps(engine, capsys):
    """Each is a script that exists; nothing is run."""
    assert bump.main([engine, NEW, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert f"{engine}=={NEW}" in shown
    move = bump.bump_of(engine, NEW)
    for step in [*bump.required_steps(move, "WHEEL", "uv"), *bump.other_steps(move, tests=True)]:
        assert step.title in shown
        module = step.arguments[1]
        assert module == "pytest" or (ROOT / f"{module.replace('.', '/')}.py").exists()


@pytest.mark.parametrize(
    ("engine", "version", "message"),
    [
        ("vlm", NEW, "Did you mean vllm?"),
        ("datasets", NEW, "is not a pinned engine"),
        ("vllm", "newest", "is not a version"),
        ("vllm", OLD, "is pinned already"),
    ],
)
def test_bad_arguments(engine, version, message, capsys):
    """Two sentences and exit code 2."""
    assert bump.main([engine, version]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 2
