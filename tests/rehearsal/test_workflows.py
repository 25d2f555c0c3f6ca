"""The golden apps of every workflow, run as their owner runs them: smoke test, benchmark, deployment."""

import asyncio
import json

import pytest

from scripts import golden
from tests.rehearsal.local_modal import local_modal


def run(folder, case: str, *commands: tuple[str, ...]) -> list[tuple[int, str]]:
    """Exit code and output of modal commands, one after the other, on one plane; APP stands for the app's file."""

    async def main() -> list[tuple[int, str]]:
        (folder / "a.py").write_text(golden.app(case))
        async with local_modal(folder, models=True) as one:
            return [await one.modal(*("a.py" if word == "APP" else word for word in words)) for words in commands]

    return asyncio.run(main())


@pytest.mark.parametrize("case", ["vllm_online_default", "vllm_online_server", "vllm_cold_start_open",
                                  "sglang_low_latency_small", "sglang_low_latency_http_server"])  # fmt: skip
def test_bench_measures_and_keeps_the_figures(case, tmp_path):
    """`--bench` runs the engine's own benchmark at two levels, and writes what it found."""
    ((code, output),) = run(tmp_path, case, ("run", "APP", "--bench"))
    assert code == 0 and "Smoke test passed" in output, output
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert len(figures) == 2 and all(figure["completed"] > 0 for figure in figures)


@pytest.mark.parametrize("case", ["vllm_online_api_key", "vllm_online_server", "vllm_cold_start_api_key",
                                  "sglang_low_latency_default", "sglang_low_latency_http_server"])  # fmt: skip
def test_the_deployment_is_asked(case, tmp_path):
    """`--deployed` asks the app that is deployed, found by its name."""
    deployed, tested = run(tmp_path, case, ("deploy", "APP"), ("run", "APP", "--deployed"))
    assert deployed[0] == 0, deployed[1]
    assert tested[0] == 0 and "Smoke test passed." in tested[1], tested[1]


def test_cold_starts_are_measured_one_after_the_other(tmp_path):
    """Each of three begins without a container, is timed, and says whether a snapshot was used."""
    _, (code, output) = run(tmp_path, "vllm_cold_start_default", ("deploy", "APP"), ("run", "APP", "--deployed"))
    assert code == 0, output
    assert output.count("both answers after") == 3
    assert output.count("by a container that was started anew") == 3


def test_a_schedule_has_its_defaults(tmp_path):
    """What the schedule calls runs without arguments, on the Volume's own input."""
    case = "vllm_throughput_two_gpus"
    (tmp_path / "in.jsonl").write_text('{"prompt": "one"}\n{"prompt": "two"}\n')
    volume = golden.app(case).partition("jobs = modal.Volume.from_name(")[2].split('"')[1]
    made, put, (code, output) = run(
        tmp_path, case,
        ("volume", "create", volume, "--version", "2"), ("volume", "put", volume, "in.jsonl", "input.jsonl"),
        ("run", "a.py::run_job"),
    )  # fmt: skip
    assert (made[0], put[0], code) == (0, 0, 0), (made, put, output)
    assert "2 of 2 prompts" in output


def test_an_input_that_is_not_there_is_one_sentence(tmp_path):
    """Before anything starts, and without a traceback."""
    ((code, output),) = run(tmp_path, "vllm_throughput_default", ("run", "APP", "--input", "prompts.json"))
    assert code == 1 and "There is no file prompts.json here, or" in output and "Traceback" not in output
