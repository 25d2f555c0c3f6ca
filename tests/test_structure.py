"""Structure: imports between packages, size of functions, contents of the wheel, and what src/ must not contain."""

import ast
import doctest
import graphlib
import importlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modal_serve_gen.spec import workflows
from scripts import sizes
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "modal_serve_gen"
# Packages from the top layer down: each imports only from the layers below its own.
LAYERS = [
    {"cli"},
    {"commands"},
    {"rehearsal"},
    {"fixes"},
    {"checks", "plan", "render"},
    {"spec"},
    {"models"},
    {"facts"},
    {"flags"},
    {"folders"},
    {"errors"},
]
# Functions with a cyclomatic complexity over 15, and why.
COMPLEX: dict[str, str] = {}
LAYER = {package: number for number, packages in enumerate(LAYERS) for package in packages}


def imported_modules(path: Path, folder: Path, package: str, modules: set[str]) -> set[str]:
    """Modules of `package` (dotted, without its name) that a file imports, also inside functions."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if node.level:
            module = ".".join([*path.relative_to(folder).parts[: -node.level], *filter(None, [module])])
            module = f"{package}.{module}"
        if f"{module}.".startswith(f"{package}."):
            base = module.removeprefix(package).lstrip(".")
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                imported.add(full if full in modules else base)
    return imported - {""}


def import_graph(folder: Path, package: str) -> dict[str, set[str]]:
    """Module -> modules of the same package that it imports; a package's `__init__` has the package's name."""
    paths = {
        ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): path
        for path in folder.rglob("*.py")
    }
    return {
        name: imported_modules(path, folder, package, set(paths)) - {name}
        for name, path in paths.items()
        if name != "__init__"
    }


@pytest.mark.parametrize(
    ("folder", "package"), [(SOURCE, "modal_serve_gen"), (ROOT / "evals", "evals"), (ROOT / "scripts", "scripts")]
)
def test_there_are_no_import_cycles(folder, package):
    """In the source, the evals and the scripts."""
    graph = import_graph(folder, package)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cycle:
        pytest.fail(f"import cycle: {' -> '.join(cycle.args[1])}")


def test_imports_point_down_the_layers():
    """Each package of the source imports only from the layers below its own."""
    seen = set()
    for module, used in import_graph(SOURCE, "modal_serve_gen").items():
        package = module.partition(".")[0]
        seen.add(package)
        others = {name.partition(".")[0] for name in used} - {package}
        upward = {other for other in others if LAYER[other] <= LAYER[package]}
        assert not upward, f"{module} imports {upward} from its own layer or above"
    assert seen == set(LAYER)


def test_functions_are_short():
    """No function of the source, the evals or the scripts exceeds 60 lines."""
    assert list(sizes.long_functions()) == []


def test_complex_functions_have_a_reason():
    """Cyclomatic complexity over 15 is allowed for the functions of COMPLEX only, each with its reason."""
    assert {function.name for function in sizes.complex_functions()} == set(COMPLEX)
    assert len(COMPLEX) <= 20


def test_no_workflow_is_named_in_the_source():
    """What differs between workflows is in templates/; no workflow name occurs in the source."""
    for path in SOURCE.rglob("*.py"):
        for name in workflows.names():
            assert name not in path.read_text("utf-8"), path


def test_only_the_command_line_prints_and_exits():
    """`print` and `sys.exit` occur only in cli/ and in programs that run as separate processes."""
    own_processes = {"shim", "stubs", "cleanup.py", "weights.py"}
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
    """`--help` is fast: it imports neither modal, jinja2, huggingface_hub nor pydantic."""
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from modal_serve_gen.cli import program\n"
        "assert CliRunner().invoke(program.app, ['--help']).exit_code == 0\n"
        "print([name for name in ('modal', 'jinja2', 'huggingface_hub', 'pydantic') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(folder), "."]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def from_wheel(wheel, tmp_path):
    """Runs the command from the unpacked wheel, in an empty folder."""
    site, here = tmp_path / "site", tmp_path / "here"
    zipfile.ZipFile(wheel).extractall(site)
    here.mkdir()
    script = "import sys, modal_serve_gen.cli as c; print(c.__file__, file=sys.stderr); c.main()"

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command, env = [sys.executable, "-c", script, *map(str, arguments)], {**os.environ, "PYTHONPATH": str(site)}
        done = subprocess.run(command, cwd=here, env=env, capture_output=True, text=True)
        assert str(site) in done.stderr, done.stderr
        return done

    return run


def test_the_wheel_is_complete(wheel):
    """It contains templates, facts, skills, type information and what runs in containers."""
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "templates/parts/engine.py",
        "facts/models.json",
        "skills/",
        "py.typed",
        "rehearsal/containers/shim/rehearsal_shim.py",
    ):
        assert any(f"modal_serve_gen/{needed}" in name for name in names), needed


def test_an_early_interrupt_prints_no_traceback():
    """While the command line still imports what it needs, there is nothing to clean up."""
    script = (
        "import os, signal, sys\nfrom modal_serve_gen import cli\n"
        "class Interrupting:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer':\n            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\ncli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"], capture_output=True, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_the_wheel_renders_and_checks_like_the_checkout(from_wheel, tmp_path):
    """In an empty folder it writes the same app, and finds the same in a file with mistakes."""
    command, bad = (
        [sys.executable, "-m", "modal_serve_gen.cli"],
        ROOT / "tests" / "data" / "outdated" / "download_and_server.py",
    )
    for arguments in (["new", "--offline", "--stdout"], ["check", bad, "--json"]):
        checkout = subprocess.run([*command, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True)
        installed = from_wheel(*arguments)
        assert (installed.returncode, installed.stdout) == (checkout.returncode, checkout.stdout)
    assert checkout.returncode == 1 and json.loads(checkout.stdout)["findings"]


def test_the_examples_in_docstrings_are_true():
    """Every `>>>` example gives what the docstring says."""
    modules = [path for path in SOURCE.rglob("*.py") if ">>>" in path.read_text("utf-8")]
    for path in modules:
        name = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
        outcome = doctest.testmod(importlib.import_module(name))
        assert outcome.attempted and not outcome.failed, name
    assert modules
