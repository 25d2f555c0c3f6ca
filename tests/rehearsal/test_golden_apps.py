"""Every golden app, unmodified, with the stub."""

import pytest

from scripts import golden
from tests.conftest import slow_except

DEFAULTS = sorted({golden.default_of(case) for case in golden.CASES})


@pytest.mark.parametrize("case", slow_except(sorted(golden.CASES), *DEFAULTS, "vllm_online_gated"))
def test_every_golden_app_passes(case, rehearse, tmp_path):
    """Preflight and smoke test succeed, and the local control plane supports every call."""
    (tmp_path / f"{case}.py").write_text(golden.app(case))
    run = rehearse(target=f"{case}.py")
    assert run.code == 0, run.output
    assert run.report["ok"] and "the app's entrypoint exited with code 0" in run.report["proven"]
    assert not any("does not implement" in line for line in run.report["not_shown"])
    assert (401 in run.statuses) == (golden.CASES[case].get("auth") != "none" and "throughput" not in case)
    assert any("is gated" in line for line in run.report["substituted"]) == (case == "vllm_online_gated")
