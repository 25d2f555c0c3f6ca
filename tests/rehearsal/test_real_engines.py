"""The app of every workflow, unmodified, with the real engine on the CPU; the default's is in test_rehearse.py."""

import pytest

from modal_serve_gen.rehearsal.engines import engine_env, sglang_env
from modal_serve_gen.spec import workflows

ENVIRONMENTS = {"vllm": engine_env, "sglang": sglang_env}


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("workflow", workflows.names()[1:])
def test_every_workflow_passes_with_its_real_engine(workflow, new, rehearse):
    """The report names the engine's version and the pinned one, and says that there was no GPU."""
    name = workflows.load(workflow).engine
    if not ENVIRONMENTS[name].ready():
        pytest.skip(f"run `make engine`: {ENVIRONMENTS[name].examine()[1]}")
    new(workflow=workflow)
    run = rehearse(engine="real")
    assert run.code == 0, run.output[-6000:]
    engine = run.report["engine"]
    assert engine["real"] and engine["name"] == name and engine["version"] and engine["pinned"]
    assert any(line.startswith("the GPU") for line in run.report["not_shown"])
