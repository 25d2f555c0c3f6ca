"""The golden apps: what the generator renders, formatted, linted, within its budget, accepted by the SDK."""

import subprocess
import sys

import pytest

from modal_serve_gen import checks, render
from modal_serve_gen.commands import new_app
from scripts import golden
from tests.conftest import OLDEST, ROOT

CASES = sorted(golden.CASES)
LINES = 250  # the design's limit, provenance aside


def text(case: str) -> str:
    return (golden.FOLDER / f"{case}.py").read_text("utf-8")


@pytest.mark.parametrize("case", CASES)
def test_is_what_the_generator_renders(case):
    """The files are up to date (`make golden` writes them), and none is left over."""
    assert text(case) == golden.render(case)
    assert {path.stem for path in golden.FOLDER.glob("*.py")} == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_gives_itself_back(case):
    """Its own provenance renders the same bytes."""
    made = new_app.make({}, source=text(case), generator=golden.GENERATOR, offline=True, say=print)
    assert made.text == text(case)


@pytest.mark.parametrize("case", CASES)
def test_passes_every_check_within_its_budget(case):
    """No finding, and no more lines than a reader takes in."""
    assert checks.check(text(case)) == []
    assert len(text(case).partition(render.BEGIN)[0].rstrip().split("\n")) <= LINES


def test_are_formatted_and_linted():
    """The formatter has nothing to change, the linter nothing to say."""
    files = [str(golden.FOLDER / f"{case}.py") for case in CASES]
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--check", *files], check=True, cwd=ROOT)
    subprocess.run([*ruff, "check", *files], check=True, cwd=ROOT)


@pytest.mark.parametrize("python", [sys.executable, str(OLDEST)], ids=["newest SDK", "oldest SDK"])
def test_import_without_a_warning(python, tmp_path):
    """Each imports with all warnings as errors, under the newest and the oldest SDK that is admitted."""
    if not OLDEST.exists():
        pytest.skip("the oldest SDK's environment is missing: make setup")
    script = (
        "import importlib.util, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "for path in sys.argv[1:]:\n"
        "    spec = importlib.util.spec_from_file_location('golden_app', path)\n"
        "    sys.modules['golden_app'] = module = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
    )
    files = [str(golden.FOLDER / f"{case}.py") for case in CASES]
    done = subprocess.run([python, "-W", "error", "-c", script, *files], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
