"""The shipped tables of the engines, compared with a fresh extraction from the wheels of the pinned releases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from modal_serve_gen.facts import releases
from modal_serve_gen.folders import FACTS
from scripts import update_apis, update_flags, update_history
from tests.versions import SGLANG, VLLM

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "wheels"
APIS = FACTS / "apis"

pytestmark = pytest.mark.slow


def pinned_wheel(engine: str, version: str) -> Path:
    """The wheel of a pinned release (up to 300 MB), downloaded once into `.cache/wheels`."""
    pattern = f"{engine}-{version}-*.whl"
    if not list(CACHE.glob(pattern)):
        download = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(CACHE)]
        result = subprocess.run([*download, f"{engine}=={version}"], capture_output=True, text=True, timeout=900)
        if result.returncode:
            pytest.skip(f"pip cannot download {engine} {version}; save its wheel in {CACHE} and run this test again.")
    return next(CACHE.glob(pattern))


@pytest.mark.parametrize(("engine", "version"), [("vllm", VLLM), ("sglang", SGLANG)])
def test_the_flag_table_matches_the_wheel(engine, version):
    """No option of the shipped table differs."""
    assert update_flags.main(["--check", str(pinned_wheel(engine, version))]) == 0


@pytest.mark.parametrize(("engine", "version"), [("vllm", "0.12.0"), ("sglang", "0.5.9")])
def test_a_table_of_an_older_release_matches_its_wheel(engine, version):
    """The stored differences lead to the flags and variables of the wheel."""
    wheel = pinned_wheel(engine, version)
    assert update_history.state_of(wheel)[3] == releases.state(engine, version)
    assert releases.flag_document(engine, version)["wheel"]["file"] == wheel.name


def test_the_api_files_match_the_wheel(tmp_path):
    """The files about the Python API and the benchmark are the same, except for the date of the extraction."""
    update_apis.main([str(pinned_wheel("vllm", VLLM)), "--into", str(tmp_path)])
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == sorted(f"vllm{kind}-{VLLM}.json" for kind in ("", "_bench"))
    for name in names:
        shipped, extracted = (json.loads((folder / name).read_text("utf-8")) for folder in (APIS, tmp_path))
        assert shipped | {"read_on": ""} == extracted | {"read_on": ""}
