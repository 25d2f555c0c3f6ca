"""Injected faults: every app recovers, or fails at once with the reason."""

import pytest

from modal_serve_gen.errors import BadInput
from modal_serve_gen.rehearsal import faults
from modal_serve_gen.spec import workflows
from tests.rehearsal.conftest import edit
from tests.rehearsal.engines import needs_vllm

SMALL = {"model": "Qwen/Qwen3-0.6B"}
BATCH = "vllm-throughput"
# The outcome of apps with an endpoint, and of batch apps: None if they recover, else a part of the reason.
OUTCOMES = {
    "preempt:2": (None, None),
    "slow-start:2": (None, None),
    "engine-crash-at-start": ("The engine exited with code 1", "initialization failed"),
    "volume-full": ("No space left on device", "No space left on device"),
    "engine-crash-mid-stream": ("The engine exited with code 1", None),
    "kill-container:2": ("ended with exit code -9", None),
    "hub-down": ("the Hub is down", "the Hub is down"),
}
# Apps that recover although others do not.
BETTER = {("sglang-low-latency", "kill-container:2"): None}  # its smoke test retries while no container is ready
# The workflow with which `make test` tests a fault, if it is not the first one.
EVERYDAY = {"kill-container:2": "sglang-low-latency", "volume-full": BATCH}


def matrix() -> list:
    """Every workflow with every fault; all but one app per fault are slow."""
    return [
        pytest.param(
            workflow,
            fault,
            marks=[] if workflow == EVERYDAY.get(fault, workflows.names()[0]) else [pytest.mark.slow],
        )
        for workflow in workflows.names()
        for fault in OUTCOMES
    ]


@pytest.mark.parametrize(("workflow", "fault"), matrix())
def test_an_app_recovers_or_fails_with_the_reason(new, rehearse, workflow, fault):
    """The last lines contain the fault's own reason, and the report counts the fault."""
    new(workflow=workflow)
    run = rehearse("--fault", fault)
    reason = BETTER.get((workflow, fault), OUTCOMES[fault][workflow == BATCH])
    assert (run.code, run.report["ok"]) == ((0, True) if reason is None else (1, False)), run.output
    assert reason is None or reason in run.last_lines, run.last_lines
    assert list(run.report["faults"]) == [fault.partition(":")[0]] and min(run.report["faults"].values()) > 0
    if fault == "hub-down":  # preflight fails, and nothing else has started
        assert not any(name.startswith("start") for name in run.report["seconds"])


@pytest.mark.slow
def test_a_slow_engine_exceeds_the_apps_own_limit(new, rehearse):
    """The fault extends the rehearsal's own limit, not the app's."""
    edit(new(**SMALL), ("STARTUP_TIMEOUT = 600", "STARTUP_TIMEOUT = 4"))
    run = rehearse("--fault", "slow-start:600")
    assert run.code == 1 and "not ready after its startup timeout" in run.output


@pytest.mark.slow
def test_a_fault_that_is_never_triggered_is_reported(new, rehearse):
    """Nothing writes to a Volume of this name, so the fault proves nothing."""
    new(**SMALL)
    run = rehearse("--fault", "volume-full:vllm-cach")
    (finding,) = run.report["findings"]
    assert finding.startswith("the app has no Volume vllm-cach") and finding.endswith("Did you mean vllm-cache?")
    assert run.report["ok"] and run.report["faults"] == {"volume-full": 0}
    assert "the fault volume-full, which was never triggered" in run.report["not_shown"]


@pytest.mark.slow
def test_an_upload_to_a_full_volume_is_refused(new, rehearse, tmp_path):
    """The same fault applies to uploads of the client, and is counted."""
    new(workflow=BATCH, name="jobs")
    (tmp_path / "in.jsonl").write_text('{"prompt": "one"}')
    run = rehearse("--fault", "volume-full:jobs-jobs", "--", "--input", "in.jsonl")
    assert run.code == 1 and run.report["faults"]["volume-full"] > 0
    assert "No space left in Volume 'jobs-jobs'" in run.last_lines, run.last_lines


@pytest.mark.slow
def test_faults_of_a_batch_app_are_injected_into_gpu_containers(new, rehearse):
    """The container that distributes the work is not killed, and inputs of the others are retried."""
    new(workflow=BATCH)
    run = rehearse("--fault", "kill-container")
    assert run.code == 0 and "Fault: this container of Engine.* is killed." in run.output


@pytest.mark.slow
def test_the_log_of_a_deployed_engine_is_printed(new, rehearse):
    """No client follows the log of a deployment, so the rehearsal prints it."""
    new(**SMALL)
    run = rehearse("--fault", "engine-crash-at-start", "--", "--deployed")
    assert run.code == 1
    assert "Engine core initialization failed" in run.last_lines, run.output


@pytest.mark.slow
@needs_vllm
def test_the_real_engine_dies_in_the_middle_of_a_stream(new, rehearse):
    """The control plane kills it when its streamed answer begins."""
    new(**SMALL)
    run = rehearse("--fault", "engine-crash-mid-stream", engine="real")
    assert run.code == 1 and run.report["faults"] == {"engine-crash-mid-stream": 1}, run.output
    assert "ended early" in run.last_lines, run.last_lines


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kill-containers", "Did you mean kill-container?"),
        ("kill-container:0", "'0' is not a number of times"),
        ("kill-container:two", "'two' is not a number of times"),
        ("slow-start:nan", "'nan' is not a number of seconds"),
        ("slow-start:1e9", "'1e9' is not a number of seconds"),
        ("preempt:", "'' is not a number of times"),
        ("hub-down:1", "takes no argument"),
        ("", "'' is not a fault"),
    ],
)
def test_an_invalid_fault_is_refused(text, problem):
    """The error says what is wrong and what is possible."""
    with pytest.raises(BadInput) as refusal:
        faults.parse([text])
    assert problem in refusal.value.problem and refusal.value.remedy


def test_faults_have_defaults():
    """If a fault is given several times, the last one counts."""
    parsed = faults.parse(["slow-start", "engine-crash-at-start", "slow-start:2.5", "volume-full:me-jobs"])
    assert parsed.slow_start_s == 2.5 and parsed.times("preempt") == 0
    assert parsed.for_engines == "engine-crash-at-start:0,slow-start:2.5"
    assert parsed.requested["volume-full"] == "me-jobs"
