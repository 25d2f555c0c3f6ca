"""Each workflow's app, unmodified, with the real engine of this machine's CPU; the default's is in test_rehearse.py."""

import json

import pytest

from modal_serve_gen.rehearsal.engines import engine_env, sglang_env
from modal_serve_gen.spec import workflows
from tests.rehearsal.engines import PATIENCE_S

ENVIRONMENTS = {"vllm": engine_env, "sglang": sglang_env}


@pytest.mark.engine
@pytest.mark.parametrize("workflow", workflows.names()[1:])
def test_every_workflow_passes_with_its_real_engine(workflow, shell):
    """The report names the engine's version beside the pinned one, and that no GPU was there."""
    engine = workflows.load(workflow).engine
    if not ENVIRONMENTS[engine].ready():
        pytest.skip(f"needs the engine environment (make engine): {ENVIRONMENTS[engine].examine()[1]}")
    assert shell("new", "a.py", "--offline", "--workflow", workflow).returncode == 0
    done = shell("rehearse", "a.py", "--json", timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr[-6000:]
    report = json.loads(done.stdout)
    assert report["engine"]["real"] and report["engine"]["name"] == engine
    assert report["engine"]["version"] and report["engine"]["pinned"]
    assert any(line.startswith("the GPU") for line in report["not_shown"])
