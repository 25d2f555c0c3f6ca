"""Every golden app, unmodified, with the stub."""

import json
import shutil

import pytest

from tests.conftest import ROOT

GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.py"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_app_passes(path, shell, tmp_path):
    """Its preflight and its smoke test, with nothing that the control plane lacks."""
    shutil.copyfile(path, tmp_path / path.name)
    done = shell("rehearse", path.name, "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] and "the app's entrypoint ended with 0" in report["proven"]
    assert not any("does not have" in line for line in report["not_shown"])
