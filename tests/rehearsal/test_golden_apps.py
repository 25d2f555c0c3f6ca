"""Every golden app, unmodified, with the stub engine."""

import json

import pytest

from scripts import golden


@pytest.mark.parametrize("case", sorted(golden.CASES))
def test_every_golden_app_passes(case, shell, tmp_path):
    """Preflight and smoke test succeed, and the local control plane supports every call."""
    (tmp_path / f"{case}.py").write_text(golden.app(case))
    done = shell("rehearse", f"{case}.py", "--engine", "stub", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"] and "the app's entrypoint exited with code 0" in report["proven"]
    assert not any("does not have" in line for line in report["not_shown"])
