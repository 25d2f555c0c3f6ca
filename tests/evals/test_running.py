"""Many runs: several times each, in parallel, interrupted, killed, resumed; and the judge, who only adds."""

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
from tests.evals.conftest import benchmark, command, failed, results, rightly
from tests.evals.scripted import KEY, Endpoint, call, turn


def begun(few, url, out, *arguments):
    """The command as a process, asking one after the other."""
    words = [
        "run", "--set", "evals", "--evals-file", few.file(), "--model", "scripted", "--base-url", url, "--runs", 2,
        "--no-baseline", "--jobs", 2, "--out", out, *arguments,
    ]  # fmt: skip
    return started(*words)


def started(*words):
    """`python -m evals WORDS` as a process."""
    environment = os.environ | {"OPENAI_API_KEY": KEY}
    return subprocess.Popen(
        [sys.executable, "-m", "evals", *map(str, words)], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
    )  # fmt: skip


def kept(folder):
    """Every kept result with its bytes and when they were written."""
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("*/*/run-*/result.json")}


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_cut_off_goes_on(few, tmp_path, sign):
    """What had ended stays as it is, what had not is done, nothing twice; and a living one is not resumed."""
    out = tmp_path / "out"
    few.control()
    for number in range(4):
        few.add(f"right-{number}", "online-plain", rightly("online-plain"))
    last = few.add("hangs", "online-plain", [turn(call("skill", name=cases.SKILL)), 40.0])
    with Endpoint(lambda prompt: few.turns[prompt]) as endpoint:
        process = begun(few, endpoint.url, out)
        assert endpoint.waiting.wait(60)
        until = time.monotonic() + 60
        while len(kept(out)) < 7 and time.monotonic() < until:
            time.sleep(0.1)
        second = command("run", "--resume", out)
        assert (second.exit_code, "Another process" in second.output) == (2, True)
        process.send_signal(sign)
        said = process.communicate(timeout=30)
        if sign == signal.SIGINT:
            assert process.returncode == 130
            assert f"--resume {out}" in said[1]
        before = kept(out)
        assert 7 <= len(before) < 12
        asked = {prompt: many for prompt, many in endpoint.asked.items() if prompt != last}
        few.turns[last] = rightly("online-plain")
        assert "--set does not go with" in begun(few, endpoint.url, out, "--resume", out).communicate(timeout=60)[1]
        again = started("run", "--resume", out)
        told = again.communicate(timeout=100)
        assert again.returncode == 0, told
        after = kept(out)
    assert {path: after[path] for path in before} == before
    assert len(after) == 12
    assert benchmark(out)["complete"] == {"planned": 12, "done": 12}
    whole = sum(len(few.turns[prompt]) * 2 for prompt in asked)
    assert sum(endpoint.asked[prompt] for prompt in asked) <= whole + 4  # at most what two threads were at
    assert not list(out.glob("*/*/*.part"))


def test_what_has_changed_is_not_mixed(few, evaluate):
    """Another set of cases, another skill: a resumed evaluation would compare what cannot be compared."""
    few.control()
    _, folder = evaluate(few)
    few.add("more", "online-plain", rightly("online-plain"))
    few.file()
    result = command("run", "--resume", folder)
    assert (result.exit_code, "the cases changed" in result.output) == (2, True)


def test_errors_are_asked_again_when_told_to(few, evaluate):
    """Otherwise they are results as any other."""
    few.control()
    prompt = few.add("flaky", "online-plain", [401])
    few.add("right", "online-plain", rightly("online-plain"))
    _, folder = evaluate(few)
    before = kept(folder)
    settings = json.loads((folder / "run.json").read_text("utf-8"))
    few.turns[prompt] = rightly("online-plain")
    with Endpoint(lambda asked: few.turns[asked]) as endpoint:
        settings["agent"]["base_url"] = endpoint.url
        (folder / "run.json").write_text(json.dumps(settings), "utf-8")
        assert command("run", "--resume", folder).exit_code == 5  # that run tells nothing
        assert kept(folder) == before
        result = command("run", "--resume", folder, "--again", "error")
        assert (result.exit_code, len(endpoint.asked)) == (0, 1), result.output
        assert "is done" in command("run", "--resume", folder).output
    assert results(folder)["flaky"]["outcome"] == "finished"
    assert command("run", "--resume", folder, "--again", "erorr").exit_code == 2


def test_a_folder_that_holds_something_is_left_alone(few, evaluate, tmp_path):
    """It is neither mixed with nor emptied."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", "utf-8")
    few.control()
    result, folder = evaluate(few)
    assert (result.exit_code, sorted(path.name for path in folder.iterdir())) == (2, ["mine.txt"])


def test_nothing_is_asked_in_a_dry_run(few, evaluate):
    """It says how many runs, of whom, within which limits."""
    few.control()
    few.add("right", "online-plain", [])
    result, folder = evaluate(few, "--dry-run", "--runs", 3, "--baseline")
    assert (result.exit_code, folder.exists()) == (0, False)
    assert "2 cases, a control among them: 12 runs, 6 of them without the skill" in result.stdout


def test_controls_come_first_and_queries_only_with_the_skill():
    """Whatever the order of the files."""
    tasks = [*cases.evals()[5:], *cases.evals()[:5], *cases.triggers()]
    plan = running.planned(tasks, ("with_skill", "without_skill"), 2)
    assert [run.task.control for run in plan[:4]] == [True] * 4
    assert not any(run.task.query and run.configuration == "without_skill" for run in plan)
    assert len(plan) == len({run.place for run in plan}) == 37 * 2 * 2 + 157 * 2


def test_a_query_ends_when_it_has_told_enough(tmp_path, monkeypatch):
    """The skill fired and a primary page was read, or so many turns are over; hand-offs are told by what fired."""
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
        turn(call("read_file", path=f".agents/skills/{cases.SKILL}/{page}")), turn(text="should not be asked for"),
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
    held = benchmark(out)
    assert result.exit_code == 1, result.output
    assert held["trigger"]["all"]["fn"] == 1
    assert (held["trigger"]["all"]["fp"], held["trigger"]["all"]["errors"]) == (0, 0)
    by_query = {row["query"]: row for row in held["queries"]}
    assert (by_query[missed]["triggered"], by_query[missed]["outcome"]) == (False, "turn-limit")
    assert chosen[0]["query"] not in by_query  # the control is no measure
    assert endpoint.asked[chosen[0]["query"]] == 3
    assert {row["workflow"] for row in held["queries"] if row["triggered"]} == {"vllm-online"}
    assert by_query[sandbox["query"]]["skills"] == ["modal-sandbox"]


def test_the_judge_only_adds(few, evaluate):
    """He sees what was written; he can fail a run, and cannot save one; what he does not judge is said."""

    def answer(*passed: bool) -> list:
        rows = [{"number": at, "passed": good, "evidence": "seen"} for at, good in enumerate(passed, 1)]
        return [turn(text=f"Here it is:\n{json.dumps({'verdicts': rows})}")]

    few.control()
    few.add("good", "online-plain", rightly("online-plain"), expectations=["It says so."])
    few.add("bad-words", "online-plain", rightly("online-plain"), expectations=["It says more."])
    few.add(
        "bad-app",
        "online-plain",
        [turn(call("skill", name=cases.SKILL)), turn(text="Done.")],
        expectations=["It lies."],
    )
    few.add("mute", "online-plain", rightly("online-plain"), expectations=["Nobody knows."])
    seen = []

    def script(prompt: str) -> list:
        seen.append(prompt)
        for word, reply in (
            ("It says so.", answer(True)),
            ("It says more.", answer(False)),
            ("It lies.", answer(True)),
        ):
            if word in prompt:
                return reply
        return [turn(text="no document")]

    with Endpoint(script) as judge:
        result, folder = evaluate(few, "--judge-model", "judge-1", "--judge-base-url", judge.url)
    held = results(folder)
    assert result.exit_code == 1, result.output
    assert {name: each["grade"]["passed"] for name, each in held.items()} == {
        "control": True, "good": True, "bad-words": False, "bad-app": False, "mute": True,
    }  # fmt: skip
    assert failed(held["bad-words"]) == {"expectation"}
    assert "expectation" not in failed(held["bad-app"])
    assert held["mute"]["grade"]["not_judged"] == ["Nobody knows."]
    assert {each["by"] for each in held["good"]["grade"]["delivered"]} == {"check", "judge judge-1"}
    assert any("import modal" in prompt for prompt in seen)
    assert held["good"]["judge"]["usage"]["input_tokens"] == 1000


def test_a_fault_of_our_own_ends_it(few, evaluate, monkeypatch):
    """It is no outcome of a run, and no thread goes on with what is left."""
    few.control()
    few.add("right", "online-plain", rightly("online-plain"))
    alive = threading.active_count()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(running.grading, "grade", broken)
    result, _ = evaluate(few)
    assert (result.exit_code, "broken on purpose" in result.output) == (70, True)
    until = time.monotonic() + 10
    while threading.active_count() > alive and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= alive
