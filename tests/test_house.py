"""The house itself: what a wheel holds, which way imports go, what may not stand in src/."""

import ast
import os
import subprocess
import sys
import zipfile

import pytest

from modal_serve_gen import workflows
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "modal_serve_gen"
# Rooms from the top floor down; a room imports only from floors below its own.
FLOORS = [
    {"cli"},
    {"newapp", "checking", "rehearsing", "doctor", "files"},
    {"sheet"},
    {"planning"},
    {"advising", "resolve", "rehearsal", "machine", "listings"},
    {"engine_args"},
    {"plan", "render", "hub", "local", "checks"},
    {"adapters", "speculation"},
    {"hub_client"},
    {"spec"},
    {"model", "workflows"},
    {"facts"},
    {"flags", "folders", "cron"},
    {"errors"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# And within the rehearsal.
REHEARSAL_FLOORS = [
    {"session"},
    {"report", "stage", "client"},
    {"injector", "evidence", "kept"},
    {"containers", "web", "engines", "probe"},
    {"plane"},
    {"faults"},
]
# What a model is, and what a plan makes of it.
MODEL_FLOORS = [
    {"lora_memory", "blocks"},
    {"weights"},
    {"modules"},
    {"mixers", "quantized", "towers"},
    {"attention"},
    {"kinds"},
    {"mamba"},
    {"matrix", "names"},
]
PLAN_FLOORS = [{"words"}, {"choice"}, {"speed"}, {"ledger", "workload"}, {"pools", "overheads"}, {"gpus"}]
# And of evals/, which lies above all of it.
EVALS_FLOORS = [
    {"__main__"},
    {"evaluation", "validating"},
    {"reporting", "covering", "progress"},
    {"page", "junit"},
    {"comparing"},
    {"results"},
    {"rates"},
    {"running", "choosing"},
    {"store", "judge"},
    {"runners"},
    {"workspace"},
    {"grading"},
    {"demands"},
    {"answers"},
    {"artifact"},
    {"cases", "transcript", "stats"},
]
EVALS_FLOOR = {room: number for number, rooms in enumerate(EVALS_FLOORS) for room in rooms}


def numbered(floors: list[set[str]]) -> dict[str, int]:
    return {room: number for number, rooms in enumerate(floors) for room in rooms}


def imports(path, package: str = "modal_serve_gen") -> set[str]:
    """Rooms of `package` that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and f"{node.module or ''}.".startswith(f"{package}."):
            rest = node.module.removeprefix(package).lstrip(".")
            found |= {rest.partition(".")[0]} if rest else {alias.name for alias in node.names}
    return found


def test_imports_go_one_way():
    """Each room imports only what lies below it, and so do the rooms of the rehearsal."""
    for folder, package, floor in (
        (SOURCE, "modal_serve_gen", FLOOR),
        (SOURCE / "rehearsal", "modal_serve_gen.rehearsal", numbered(REHEARSAL_FLOORS)),
        (SOURCE / "model", "modal_serve_gen.model", numbered(MODEL_FLOORS)),
        (SOURCE / "plan", "modal_serve_gen.plan", numbered(PLAN_FLOORS)),
    ):
        seen = set()
        for path in folder.rglob("*.py"):
            room = path.relative_to(folder).parts[0].removesuffix(".py")
            if room == "__init__":
                continue
            seen.add(room)
            used = imports(path, package) - {room}
            upward = {other for other in used if floor.get(other, len(floor)) <= floor[room]}
            assert not upward, f"{path.relative_to(SOURCE)} imports {upward} from its own floor or above"
        assert seen == set(floor)


def test_imports_of_the_evals_go_one_way():
    """Each room of evals/ imports only what lies below it."""
    seen = set()
    for path in (ROOT / "evals").rglob("*.py"):
        room = path.relative_to(ROOT / "evals").parts[0].removesuffix(".py")
        if room in ("__init__", "files"):
            continue
        seen.add(room)
        upward = {other for other in imports(path, "evals") - {room} if EVALS_FLOOR[other] <= EVALS_FLOOR[room]}
        assert not upward, f"{path.relative_to(ROOT)} imports {upward} from its own floor or above"
    assert seen == set(EVALS_FLOOR)


def test_no_workflow_is_named_in_the_source():
    """What differs between workflows is in templates/: the code knows none by name."""
    for path in SOURCE.rglob("*.py"):
        for name in workflows.names():
            assert name not in path.read_text("utf-8"), path


def test_only_the_command_line_prints_and_exits():
    """`print` and `sys.exit` stand in cli/, and in what runs as a process of its own."""
    own_processes = {"shim", "standins", "reaper.py", "weights.py"}
    for path in SOURCE.rglob("*.py"):
        parts = set(path.relative_to(SOURCE).parts)
        if "cli" in parts or parts & own_processes:
            continue
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not calls & {"print", "sys.exit", "exit"}, path


def test_help_imports_nothing_heavy():
    """`--help` is quick because it imports neither modal, jinja2, huggingface_hub nor pydantic."""
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from modal_serve_gen import cli\n"
        "assert CliRunner().invoke(cli.app, ['--help']).exit_code == 0\n"
        "print([name for name in ('modal', 'jinja2', 'huggingface_hub', 'pydantic') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(folder), "."]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_a_wheel_works_in_an_empty_folder(wheel, tmp_path):
    """It holds templates, facts and skills, and writes the same app as the checkout."""
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "templates/parts/engine.py",
        "facts/models.json",
        "skills/",
        "rehearsal/containers/shim/rehearsal_shim.py",
    ):
        assert any(f"modal_serve_gen/{needed}" in name for name in names), needed
    site, here = tmp_path / "site", tmp_path / "here"
    zipfile.ZipFile(wheel).extractall(site)
    here.mkdir()
    env = {**os.environ, "PYTHONPATH": str(site)}
    arguments = ["new", "--offline", "--stdout"]
    script = "import sys, modal_serve_gen.cli as c; print(c.__file__, file=sys.stderr); c.main()"
    from_wheel = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=here, env=env, capture_output=True, text=True, check=True
    )
    assert str(site) in from_wheel.stderr
    from_checkout = subprocess.run(
        [sys.executable, "-m", "modal_serve_gen.cli", *arguments], cwd=here, capture_output=True, text=True, check=True
    )
    assert from_wheel.stdout == from_checkout.stdout
