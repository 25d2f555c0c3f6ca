"""Evaluations of several runs: parallel, interrupted, killed and resumed; and the judge, which only adds verdicts."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from evals import cases, running
from tests.conftest import ROOT
from tests.evals.conftest import benchmark, command, failed, results, solve
from tests.evals.scripted import KEY, Endpoint, call, turn


def start_evaluation(case_file, url, out):
    """Start an evaluation as a process."""
    arguments = [
        "run", "--set", "evals", "--evals-file", case_file.write(), "--model", "scripted", "--base-url", url,
        "--runs", 2, "--no-baseline", "--jobs", 2, "--out", out,
    ]  # fmt: skip
    return start_process(*arguments)


def start_process(*arguments):
    """Start `python -m evals` as a process."""
    environment = os.environ | {"OPENAI_API_KEY": KEY}
    return subprocess.Popen(
        [sys.executable, "-m", "evals", *map(str, arguments)], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background processes of a shell ignore it
    )  # fmt: skip


def saved(folder):
    """Content and modification time of each saved result."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("*/*/run-*/result.json")}


@pytest.mark.parametrize("sign", [pytest.param(signal.SIGKILL, marks=pytest.mark.slow), signal.SIGINT])
def test_a_killed_evaluation_is_resumed(case_file, tmp_path, sign):
    """Completed runs are kept, and the others run once; an evaluation that still runs is not resumed."""
    out = tmp_path / "out"
    case_file.control()
    for number in range(4):
        case_file.add(f"right-{number}", "online-plain", solve("online-plain"))
    last = case_file.add("hangs", "online-plain", [turn(call("skill", name=cases.SKILL)), 40.0])
    with Endpoint(lambda prompt: case_file.turns[prompt]) as endpoint:
        process = start_evaluation(case_file, endpoint.url, out)
        assert endpoint.waiting.wait(60)
        until = time.monotonic() + 60
        while len(saved(out)) < 7 and time.monotonic() < until:
            time.sleep(0.1)
        second = command("run", "--resume", out)
        assert (second.exit_code, "Another process" in second.output) == (2, True)
        process.send_signal(sign)
        output = process.communicate(timeout=30)
        if sign == signal.SIGINT:
            assert process.returncode == 130
            assert f"--resume {out}" in output[1]
        before = saved(out)
        assert 7 <= len(before) < 12
        prompts = [prompt for prompt in endpoint.requests if prompt != last]
        case_file.turns[last] = solve("online-plain")
        assert "--set cannot be combined with" in command("run", "--resume", out, "--set", "evals").output
        again = start_process("run", "--resume", out)
        output = again.communicate(timeout=100)
        assert again.returncode == 0, output
        after = saved(out)
    assert {path: after[path] for path in before} == before
    assert len(after) == 12
    assert benchmark(out)["complete"] == {"planned": 12, "done": 12}
    complete = sum(len(case_file.turns[prompt]) * 2 for prompt in prompts)
    assert (
        sum(endpoint.requests[prompt] for prompt in prompts) <= complete + 4
    )  # at most the runs in progress in two threads
    assert not list(out.glob("*/*/*.part"))


def test_changed_cases_are_not_resumed(case_file, evaluate):
    """All runs of an evaluation must be of the same cases."""
    case_file.control()
    _, folder = evaluate(case_file)
    case_file.add("more", "online-plain", solve("online-plain"))
    case_file.write()
    result = command("run", "--resume", folder)
    assert (result.exit_code, "the cases changed" in result.output) == (2, True)


def test_errors_are_repeated_with_again(case_file, evaluate):
    """Without --again, they are kept."""
    case_file.control()
    prompt = case_file.add("flaky", "online-plain", [401])
    case_file.add("right", "online-plain", solve("online-plain"))
    _, folder = evaluate(case_file)
    before = saved(folder)
    settings = json.loads((folder / "run.json").read_text("utf-8"))
    case_file.turns[prompt] = solve("online-plain")
    with Endpoint(lambda text: case_file.turns[text]) as endpoint:
        settings["agent"]["base_url"] = endpoint.url
        (folder / "run.json").write_text(json.dumps(settings), "utf-8")
        assert command("run", "--resume", folder).exit_code == 5  # that run is inconclusive
        assert saved(folder) == before
        result = command("run", "--resume", folder, "--again", "error")
        assert (result.exit_code, len(endpoint.requests)) == (0, 1), result.output
        assert "are done" in command("run", "--resume", folder).output
    assert results(folder)["flaky"]["outcome"] == "finished"
    assert command("run", "--resume", folder, "--again", "erorr").exit_code == 2


def test_a_folder_with_other_files_is_refused(case_file, evaluate, tmp_path):
    """Its files are kept."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", "utf-8")
    case_file.control()
    result, folder = evaluate(case_file)
    assert (result.exit_code, sorted(path.name for path in folder.iterdir())) == (2, ["mine.txt"])


def test_a_dry_run(case_file, evaluate):
    """It shows the number of runs, and runs nothing."""
    case_file.control()
    case_file.add("right", "online-plain", [])
    result, folder = evaluate(case_file, "--dry-run", "--runs", 3, "--baseline")
    assert (result.exit_code, folder.exists()) == (0, False)
    assert "2 cases with the control: 12 runs, 6 of them without the skill" in result.stdout


def test_controls_come_first_and_queries_only_with_the_skill():
    """The order of the files does not matter."""
    tasks = [*cases.evals()[5:], *cases.evals()[:5], *cases.triggers()]
    plan = running.planned(tasks, ("with_skill", "without_skill"), 2)
    assert [run.task.control for run in plan[:4]] == [True] * 4
    assert not any(isinstance(run.task, cases.Query) and run.configuration == "without_skill" for run in plan)
    assert len(plan) == len({run.place for run in plan}) == 37 * 2 * 2 + 157 * 2


def test_a_query_ends_early(tmp_path, monkeypatch):
    """It ends once the skill fired and a primary reference was read, or at its limit of turns."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    rows = json.loads(cases.TRIGGERS.read_text("utf-8"))
    chosen = [rows[0], *(row for row in rows[1:] if row["expect_skill"] in ("modal-sandbox", cases.SKILL))][:9]
    sandbox = next(row for row in rows if row["expect_skill"] == "modal-sandbox")
    chosen.append(sandbox) if sandbox not in chosen else None
    file = tmp_path / "queries.json"
    file.write_text(json.dumps(chosen), "utf-8")
    page = "references/vllm-online-serving.md"
    ours = [
        turn(call("list_files", path=".")), turn(call("skill", name=cases.SKILL)),
        turn(call("read_file", path=f".agents/skills/{cases.SKILL}/{page}")), turn(text="should not be requested"),
    ]  # fmt: skip
    late = [*[turn(call("list_files", path="."))] * 9, turn(call("skill", name=cases.SKILL))]
    missed = chosen[1]["query"]
    script = {
        row["query"]: ours if row["should_trigger"] else [turn(call("skill", name="modal-sandbox")), turn(text="ok")]
        for row in chosen
    }
    script[missed] = late
    with Endpoint(lambda prompt: script[prompt]) as endpoint:
        out = tmp_path / "out"
        result = command(
            "run", "--set", "trigger", "--triggers-file", file, "--model", "m", "--base-url", endpoint.url,
            "--runs", 1, "--out", out,
        )  # fmt: skip
    document = benchmark(out)
    assert result.exit_code == 1, result.output
    trigger = document["trigger"]["all"]
    assert (trigger["fn"], trigger["fp"], trigger["errors"]) == (1, 0, 0)
    by_query = {row["query"]: row for row in document["queries"]}
    assert (by_query[missed]["triggered"], by_query[missed]["outcome"]) == (False, "turn-limit")
    assert chosen[0]["query"] not in by_query  # the control is not counted
    assert endpoint.requests[chosen[0]["query"]] == 3
    assert {row["workflow"] for row in document["queries"] if row["triggered"]} == {"vllm-online"}
    assert by_query[sandbox["query"]]["skills"] == ["modal-sandbox"]


def test_the_judge_only_adds_verdicts(case_file, evaluate):
    """It gets the files; it can fail a run, but not make one pass; expectations without a verdict are listed."""

    def answer(*passed: bool) -> list:
        rows = [{"number": number, "passed": verdict, "evidence": "seen"} for number, verdict in enumerate(passed, 1)]
        return [turn(text=f"Here it is:\n{json.dumps({'verdicts': rows})}")]

    case_file.control()
    case_file.add("good", "online-plain", solve("online-plain"), expectations=["It says so."])
    case_file.add("bad-answer", "online-plain", solve("online-plain"), expectations=["It says more."])
    case_file.add(
        "bad-app",
        "online-plain",
        [turn(call("skill", name=cases.SKILL)), turn(text="Done.")],
        expectations=["It is wrong."],
    )
    case_file.add("not-judged", "online-plain", solve("online-plain"), expectations=["Nobody knows."])
    seen = []

    def script(prompt: str) -> list:
        seen.append(prompt)
        for text, reply in (
            ("It says so.", answer(True)),
            ("It says more.", answer(False)),
            ("It is wrong.", answer(True)),
        ):
            if text in prompt:
                return reply
        return [turn(text="no document")]

    with Endpoint(script) as judge:
        result, folder = evaluate(case_file, "--judge-model", "judge-1", "--judge-base-url", judge.url)
    by_name = results(folder)
    assert result.exit_code == 1, result.output
    assert {name: row["grade"]["passed"] for name, row in by_name.items()} == {
        "control": True, "good": True, "bad-answer": False, "bad-app": False, "not-judged": True,
    }  # fmt: skip
    assert failed(by_name["bad-answer"]) == {"expectation"}
    assert "expectation" not in failed(by_name["bad-app"])
    assert by_name["not-judged"]["grade"]["not_judged"] == ["Nobody knows."]
    assert {verdict["by"] for verdict in by_name["good"]["grade"]["delivered"]} == {"check", "judge judge-1"}
    assert any("import modal" in prompt for prompt in seen)
    assert by_name["good"]["judge"]["usage"]["input_tokens"] == 1000


def test_an_internal_error_ends_the_evaluation(case_file, evaluate, monkeypatch):
    """It is not an outcome of a run, and all threads end."""
    case_file.control()
    case_file.add("right", "online-plain", solve("online-plain"))
    alive = threading.active_count()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(running.grading, "grade", broken)
    result, _ = evaluate(case_file)
    assert (result.exit_code, "broken on purpose" in result.output) == (70, True)
    until = time.monotonic() + 10
    while threading.active_count() > alive and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= alive
