"""Faults that a rehearsal injects: every app recovers, or fails at once with its reason."""

import asyncio
import json
import sys

import pytest

from modal_serve_gen.errors import BadInput
from modal_serve_gen.rehearsal import faults
from modal_serve_gen.rehearsal.engines import engine_env
from modal_serve_gen.spec import workflows

BATCH = "vllm-throughput"
# How apps that serve over HTTP end, and batch apps: None for a recovery, else a part of the reason.
ENDS = {
    "preempt:2": (None, None),
    "slow-start:2": (None, None),
    "engine-crash-at-start": ("The engine exited with code 1", "initialization failed"),
    "volume-full": ("No space left on device", "No space left on device"),
    "engine-crash-mid-stream": ("The engine exited with code 1", None),
    "kill-container:2": ("ended with exit code -9", None),
}
# Where an app does better than the others.
BETTER = {("sglang-low-latency", "kill-container:2"): None}  # its smoke test asks again while no container is ready


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize("workflow", workflows.names())
def test_an_app_ends_as_its_user_would_want(shell, workflow, fault):
    """It recovers, or fails with the fault's own reason in its last lines. The report counts the fault."""
    assert shell("new", "a.py", "--offline", "--workflow", workflow).returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--fault", fault, "--json")
    report = json.loads(done.stdout)
    reason = BETTER.get((workflow, fault), ENDS[fault][workflow == BATCH])
    assert (done.returncode, report["ok"]) == ((0, True) if reason is None else (1, False)), done.stderr
    assert reason is None or any(reason in line for line in report["last_lines"]), report["last_lines"]
    assert list(report["faults"]) == [fault.partition(":")[0]] and min(report["faults"].values()) > 0


def test_a_hub_that_is_down_ends_it_before_any_gpu(shell, tmp_path):
    """Preflight says so, after the tries of the Hub's own client; nothing else has started."""

    async def rehearse(workflow: str) -> tuple[int, dict]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "modal_serve_gen.cli", "rehearse", f"{workflow}.py", "--engine", "stub", "--json",
            "--fault", "hub-down", cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode, json.loads(output)

    async def all_at_once():
        return await asyncio.gather(*map(rehearse, workflows.names()))

    for workflow in workflows.names():
        assert shell("new", f"{workflow}.py", "--offline", "--workflow", workflow).returncode == 0
    for code, report in asyncio.run(all_at_once()):
        assert code == 1 and report["faults"]["hub-down"] > 0
        assert any("the Hub is down" in line for line in report["last_lines"])
        assert not any(name.startswith("start") for name in report["seconds"])


def test_a_slow_engine_runs_into_the_apps_own_limit(shell, tmp_path):
    """The rehearsal's shorter limit makes room for a slow start; the app's does not."""
    assert shell("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    source = (tmp_path / "a.py").read_text()
    assert "STARTUP_TIMEOUT = 600" in source
    (tmp_path / "a.py").write_text(source.replace("STARTUP_TIMEOUT = 600", "STARTUP_TIMEOUT = 4"))
    done = shell("rehearse", "a.py", "--engine", "stub", "--fault", "slow-start:60")
    assert done.returncode == 1 and "not ready after its startup timeout" in done.stdout


def test_a_fault_without_occasion_is_named(shell):
    """A Volume of this name is never written to, so its fault proves nothing."""
    assert shell("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--fault", "volume-full:vllm-cach", "--json")
    report = json.loads(done.stdout)
    (said,) = report["findings"]
    assert said.startswith("the app has no Volume vllm-cach") and said.endswith("Did you mean vllm-cache?")
    assert report["ok"] and report["faults"] == {"volume-full": 0}
    assert "the fault volume-full, which was never triggered" in report["not_shown"]


def test_an_upload_into_a_full_volume_is_refused(shell, tmp_path):
    """What the client itself puts into a Volume meets the same fault, which counts."""
    assert shell("new", "a.py", "--offline", "--workflow", BATCH, "--name", "jobs").returncode == 0
    (tmp_path / "in.jsonl").write_text('{"prompt": "one"}')
    arguments = ("rehearse", "a.py", "--engine", "stub", "--json", "--fault", "volume-full:jobs-jobs")
    done = shell(*arguments, "--", "--input", "in.jsonl")
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["faults"]["volume-full"] > 0
    assert any("No space left in Volume 'jobs-jobs'" in line for line in report["last_lines"]), report["last_lines"]


def test_of_a_batch_app_the_containers_with_gpus_are_struck(shell):
    """The one that only hands out the work is left in peace; what they were working on is tried again."""
    assert shell("new", "a.py", "--offline", "--workflow", BATCH).returncode == 0
    done = shell("rehearse", "a.py", "--engine", "stub", "--fault", "kill-container")
    assert done.returncode == 0 and "Fault: this container of Engine.* is killed." in done.stdout


def test_a_deployed_engine_that_dies_is_heard(shell):
    """No client follows a deployment's log, so the rehearsal prints it."""
    assert shell("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    arguments = ("rehearse", "a.py", "--engine", "stub", "--fault", "engine-crash-at-start")
    done = shell(*arguments, "--", "--deployed")
    assert done.returncode == 1
    assert "Engine core initialization failed" in done.stdout.partition("The rehearsal FAILED")[2]


@pytest.mark.engine
@pytest.mark.skipif(not engine_env.ready(), reason=f"needs the engine environment: {engine_env.examine()[1]}")
def test_the_real_engine_dies_in_the_middle_of_a_stream(shell):
    """Killed by the plane when its streamed answer begins."""
    assert shell("new", "a.py", "--offline", "--model", "Qwen/Qwen3-0.6B").returncode == 0
    done = shell("rehearse", "a.py", "--fault", "engine-crash-mid-stream", "--json", timeout=400)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["faults"] == {"engine-crash-mid-stream": 1}, done.stderr
    assert any("ended early" in line for line in report["last_lines"]), report["last_lines"]


@pytest.mark.parametrize(
    ("given", "said"),
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
def test_what_is_no_fault_is_refused(given, said):
    """With what was wrong, and what there is."""
    with pytest.raises(BadInput) as refusal:
        faults.parse([given])
    assert said in refusal.value.problem and refusal.value.remedy


def test_faults_have_their_defaults():
    """And the last of the same name counts."""
    asked = faults.parse(["slow-start", "engine-crash-at-start", "slow-start:2.5", "volume-full:me-jobs"])
    assert asked.slow_start_s == 2.5 and asked.times("preempt") == 0
    assert asked.for_engines == "engine-crash-at-start:0,slow-start:2.5"
    assert asked.requested["volume-full"] == "me-jobs"
