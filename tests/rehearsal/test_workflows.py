"""Golden apps of every workflow with their other commands: benchmark, deployment, schedule."""

import asyncio
import json

import pytest

from scripts import golden
from tests.conftest import slow_except
from tests.rehearsal.local_modal import local_modal


def run(folder, case: str, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Exit code and output of modal commands that run one after the other; APP is replaced by the app's file."""

    async def main() -> list[tuple[int, str]]:
        (folder / "a.py").write_text(golden.app(case))
        async with local_modal(folder, models=True) as local:
            return [await local.modal(*("a.py" if word == "APP" else word for word in words)) for words in commands]

    return asyncio.run(main())


BENCHMARKED = [
    "vllm_online_default",
    "vllm_online_server",
    "vllm_cold_start_open",
    "sglang_low_latency_small",
    "sglang_low_latency_http_server",
]
DEPLOYED = [
    "vllm_online_api_key",
    "vllm_online_server",
    "vllm_cold_start_api_key",
    "sglang_low_latency_default",
    "sglang_low_latency_http_server",
]


@pytest.mark.parametrize("case", slow_except(BENCHMARKED, "sglang_low_latency_small"))
def test_a_benchmark_writes_its_results(case, tmp_path):
    """`--bench` runs the engine's own benchmark at two levels of concurrency, and writes bench.json."""
    ((code, output),) = run(tmp_path, case, ("run", "APP", "--bench"))
    assert code == 0 and "Smoke test passed" in output, output
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert len(figures) == 2 and all(figure["completed"] > 0 for figure in figures)


@pytest.mark.slow
@pytest.mark.parametrize("case", DEPLOYED)
def test_the_deployed_app_passes_its_smoke_test(case, tmp_path):
    """`--deployed` looks up the deployed app by its name."""
    deployed, tested = run(tmp_path, case, ("deploy", "APP"), ("run", "APP", "--deployed"))
    assert deployed[0] == 0, deployed[1]
    assert tested[0] == 0 and "Smoke test passed." in tested[1], tested[1]


@pytest.mark.slow
def test_cold_starts_are_measured_one_after_the_other(tmp_path):
    """Each of three starts without a container, is timed, and reports whether a snapshot was used."""
    _, (code, output) = run(tmp_path, "vllm_cold_start_default", ("deploy", "APP"), ("run", "APP", "--deployed"))
    assert code == 0, output
    assert output.count("both answers after") == 3
    assert output.count("by a container that was started anew") == 3


@pytest.mark.slow
def test_a_scheduled_function_has_defaults(tmp_path):
    """It runs without arguments, with the input in the Volume."""
    case = "vllm_throughput_two_gpus"
    (tmp_path / "in.jsonl").write_text('{"prompt": "one"}\n{"prompt": "two"}\n')
    volume = golden.app(case).partition("jobs = modal.Volume.from_name(")[2].split('"')[1]
    created, uploaded, (code, output) = run(
        tmp_path, case,
        ("volume", "create", volume, "--version", "2"), ("volume", "put", volume, "in.jsonl", "input.jsonl"),
        ("run", "a.py::run_job"),
    )  # fmt: skip
    assert (created[0], uploaded[0], code) == (0, 0, 0), (created, uploaded, output)
    assert "2 of 2 prompts" in output


def test_a_missing_input_file_is_reported_in_one_sentence(tmp_path):
    """The error comes before anything starts, and without a traceback."""
    ((code, output),) = run(tmp_path, "vllm_throughput_default", ("run", "APP", "--input", "prompts.json"))
    assert code == 1 and "There is no file prompts.json here, or" in output and "Traceback" not in output
