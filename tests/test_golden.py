"""The golden apps: up to date, formatted, linted, within their budgets, and accepted by the SDK."""

import ast
import dataclasses
import re
import subprocess
import sys

import pytest

from modal_serve_gen import checks, facts, render
from modal_serve_gen.commands import new_app
from modal_serve_gen.spec import workflows
from scripts import golden
from tests.conftest import ROOT, SDKS

CASES = sorted(golden.CASES)
OLD_APPS = sorted((ROOT / "tests" / "data" / "old_apps").glob("*.py"))
# Statements of each default app, without docstrings and provenance: 15 % fewer than when several constants and keyword
# arguments shared a line (137, 174, 151). The batch app (then 196) may have more: its job survives interruptions,
# reads three forms of input and datasets, and estimates the remaining time.
BUDGET = {
    "vllm_online_default": 116,
    "vllm_cold_start_default": 147,
    "sglang_low_latency_default": 128,
    "vllm_throughput_default": 181,
}
PIN = re.compile(r'^ +"[\w.-]+==.*\n', re.M)
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def statements(text: str) -> int:
    """The number of `ast.stmt` nodes without docstrings; `a, b = 1, 2` and `if (a := 1):` are two each."""
    nodes = list(ast.walk(ast.parse(text)))
    docstrings = sum(isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None for node in nodes)
    values = (node.value for node in nodes if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple))
    unpacked = sum(len(value.elts) - 1 for value in values if isinstance(value, ast.Tuple))
    return sum(isinstance(node, ast.stmt | ast.NamedExpr) for node in nodes) - docstrings + unpacked


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Every golden app as a complete file."""
    for case in CASES:
        (tmp_path / f"{case}.py").write_text(golden.app(case), "utf-8")
    return [str(tmp_path / f"{case}.py") for case in CASES]


@pytest.mark.parametrize("case", CASES)
def test_is_up_to_date(case):
    """`make golden` would change nothing, and there are no other files."""
    assert golden.path(case).read_text("utf-8") == golden.stored(case)
    stored = {path.stem for suffix in ("py", "diff") for path in golden.FOLDER.glob(f"*.{suffix}")}
    assert stored == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_is_rendered_from_its_provenance(case):
    """Rendering an app from its own provenance gives the same bytes."""
    app = new_app.make({}, source=golden.app(case), generator=golden.GENERATOR, offline=True, say=print)
    assert app.text == golden.app(case)


@pytest.mark.parametrize("path", OLD_APPS, ids=lambda path: path.stem)
def test_an_app_in_an_older_format_is_read(path):
    """Provenance that repeats the packages and stores options as `asked` still gives today's golden app.

    The app keeps its own pins, which differ from today's after a bump.
    """
    app = new_app.make({}, source=path.read_text("utf-8"), generator=golden.GENERATOR, offline=True, say=print)
    assert PIN.sub("", app.text) == PIN.sub("", golden.app(path.stem))
    assert app.resolved.options == {name: value for name, value in golden.CASES[path.stem].items() if value}


@pytest.mark.parametrize("case", CASES)
def test_passes_every_check(case):
    """A generated app has no findings."""
    assert checks.check(golden.app(case)) == []


def test_every_workflow_has_a_budget():
    assert set(BUDGET) == {f"{name.replace('-', '_')}_default" for name in workflows.names()}


@pytest.mark.parametrize("case", sorted(BUDGET))
def test_is_within_its_budget(case):
    """So that a default app can be read in one go."""
    assert statements(golden.app(case)) <= BUDGET[case]


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_new_pin_changes_only_one_line(engine, monkeypatch):
    """Versions are in the list of packages only, one per line."""
    case = "vllm_throughput_small" if engine == "vllm" else "sglang_low_latency_small"
    before = golden.app(case).split("\n")
    pins = facts.pins()
    package = pins[engine].direct[0]
    bumped = (f"{package}.1", *pins[engine].direct[1:])
    changed = {**pins, engine: dataclasses.replace(pins[engine], direct=bumped)}
    if engine == "vllm":
        dataset = pins["datasets"].packages[0]
        packages = (f"{dataset}.1", *pins["datasets"].packages[1:])
        changed["datasets"] = dataclasses.replace(pins["datasets"], packages=packages)
    monkeypatch.setattr(facts, "pins", lambda: changed)
    after = golden.app.__wrapped__(case).split("\n")
    assert len(before) == len(after)
    lines = [(old.strip(), new.strip()) for old, new in zip(before, after, strict=True) if old != new]
    expected = [(f'"{package}",', f'"{package}.1",')]
    if engine == "vllm":
        expected.append((f'"{dataset}",', f'"{dataset}.1",'))
    assert lines == expected


def test_an_edited_pin_is_kept():
    """`new --spec` takes the packages from the list in the code."""
    text = golden.app("vllm_online_default")
    package = facts.pins()["vllm"].direct[0]
    resolved = render.read_provenance(text.replace(f'"{package}",', f'"{package}.post9",'))
    assert resolved is not None
    assert resolved.pins.packages[0] == f"{package}.post9"
    assert resolved.pins.version == facts.pins()["vllm"].version


def test_are_formatted_and_linted(files):
    """With lines of at most 100 characters, the formatter changes nothing and the linter finds nothing."""
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", str(golden.FOLDER / "ruff.toml")]
    subprocess.run([*ruff, "format", "--check", *config, *files], check=True, cwd=ROOT)
    subprocess.run([*ruff, "check", *config, *files], check=True, cwd=ROOT)
    for case in CASES:
        text = golden.app(case)
        assert max(map(len, text.split("\n"))) <= 100
        assert "fmt: skip" not in text and "noqa" not in text


@pytest.mark.parametrize("python", SDKS)
def test_import_without_a_warning(python, files, tmp_path):
    """Each app imports with warnings as errors, under the newest and the oldest supported SDK."""
    script = (
        "import importlib.util, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "for path in sys.argv[1:]:\n"
        "    spec = importlib.util.spec_from_file_location('golden_app', path)\n"
        "    sys.modules['golden_app'] = module = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
    )
    done = subprocess.run([python, "-W", "error", "-c", script, *files], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
