"""The endpoint runner with a scripted endpoint: every outcome of a run, graded, saved and reported."""

import json
import os
import re

import pytest

from evals import answers, cases
from evals.runners import endpoint
from tests.evals.conftest import GOOD, benchmark, command, failed, results, solve
from tests.evals.scripted import KEY, Endpoint, call, turn

PAGE = f".agents/skills/{cases.SKILL}/references/performance-playbook.md"
SKILL = turn(call("skill", name=cases.SKILL))
ANSWER = turn(text="Done.")
DUMP = "import modal\nimport os\nraise RuntimeError('seen: ' + ' '.join(os.environ))\n"


def writes(text: str, name: str = "serve.py") -> dict:
    return turn(call("write_file", path=name, content=text))


def rehearsal(folder, name: str) -> dict:
    """The verdict on the rehearsal of a case's app."""
    return next(row for row in results(folder)[name]["grade"]["delivered"] if row["name"] == "rehearse")


def test_every_outcome(case_file, evaluate, tmp_path):
    """Right answers, each kind of wrong answer, and failures of the endpoint, which are inconclusive."""
    app = answers.app_text(GOOD["online-plain"])
    other = answers.app_text("--workflow sglang-low-latency --model Qwen/Qwen3-8B")
    case_file.control()
    case_file.add("right", "online-plain", solve("online-plain"))
    case_file.add("not-triggered", "online-plain", [writes(app), ANSWER])
    case_file.add("wrong-skill", "online-plain", [turn(call("skill", name="modal")), ANSWER])
    case_file.add("wrong-workflow", "online-plain", [*solve("online-plain")[:2], writes(other), ANSWER])
    case_file.add("wrote-nothing", "online-plain", [*solve("online-plain")[:2], ANSWER])
    stale = app.replace("min_containers=0", "keep_warm=0")
    case_file.add("does-not-import", "online-plain", [*solve("online-plain")[:2], writes(stale), ANSWER])
    case_file.add("no-python", "online-plain", [*solve("online-plain")[:2], writes("import modal\n)"), ANSWER])
    case_file.add("handed-over", "off-finetune", solve("off-finetune"))
    case_file.add("served-instead", "off-finetune", [turn(call("skill", name="modal-finetuning")), writes(app), ANSWER])
    case_file.add("rate-limited", "online-plain", [SKILL, 429])
    case_file.add("server-error", "online-plain", [500])
    case_file.add("dropped", "online-plain", [SKILL, None])
    case_file.add("malformed", "online-plain", [SKILL, b"<html>no</html>"])
    case_file.add("empty", "online-plain", [SKILL, b'{"choices": []}'])
    case_file.add("late", "online-plain", [SKILL, 60.0])
    case_file.add("endless", "online-plain", [SKILL, *[turn(call("list_files", path="."))] * 30])
    result, folder = evaluate(case_file, "--timeout", 10, "--max-turns", 9)
    assert result.exit_code == 1, result.output
    by_name = results(folder)
    graded = {name: failed(result) for name, result in by_name.items() if "grade" in result}
    assert {name: names for name, names in graded.items() if name not in ("wrong-workflow", "no-python")} == {
        "control": set(),
        "right": set(),
        "handed-over": set(),
        "not-triggered": {"skill", "read", "one-primary"},
        "wrong-skill": {"skill", "read", "one-primary", "written"},
        "wrote-nothing": {"written"},
        "does-not-import": {"imports", "clean"},
        "served-instead": {"nothing-served"},
        "endless": {"read", "one-primary", "written", "ends"},
    }
    assert "workflow" in graded["wrong-workflow"]
    assert {"syntax", "workflow"} <= graded["no-python"]
    reasons = {name: (row["outcome"], row["reason"]) for name, row in by_name.items() if name not in graded}
    assert {name: outcome for name, (outcome, _) in reasons.items()} == {
        "rate-limited": "error", "server-error": "error", "dropped": "error", "malformed": "error", "empty": "error",
        "late": "time-out",
    }  # fmt: skip
    for name, text in (("rate-limited", "rate limited"), ("dropped", "cannot be reached"), ("empty", "malformed")):
        assert text in reasons[name][1]
    assert by_name["endless"]["outcome"] == "turn-limit"
    summary = benchmark(folder)
    assert summary["outcomes"] == {"error": 5, "finished": 10, "time-out": 1, "turn-limit": 1}
    assert summary["evals"]["with_skill"]["told"] == 11  # errors and time-outs are in no rate
    assert {run["eval_name"] for run in summary["runs"]} == set(graded)
    assert summary["workflow_matrix"]["labels"] == ["sglang-low-latency", "vllm-online", "nothing", "other"]
    assert "5 runs ended in errors" in " ".join(summary["notes"])


def test_tools(case_file, evaluate):
    """Errors are returned to the model; nothing outside of the project is read, written or run."""
    wrong = [
        call("read_file", path="/etc/hostname"), call("write_file", path="../outside.py", content="x"),
        call("skill", name="made-up"), call("no_such_tool", a="b"), call("read_file", file="x"),
        call("run_command", command="id"), call("run_command", command="modal-serve-gen doctor; id"),
        call("run_command", command="python3 scripts/check.py serve.py"),
        call("edit_file", path="a.py", old="q", new="r"),
    ]  # fmt: skip
    good = [
        call("write_file", path="a.py", content="p = 1\n"), call("edit_file", path="a.py", old="1", new="2"),
        call("read_file", path="a.py"), call("list_files", path="."),
        call("run_command", command="modal-serve-gen list workflows --json"),
        call("run_command", command=f"python3 .agents/skills/{cases.SKILL}/scripts/check.py a.py --no-import"),
    ]  # fmt: skip
    case_file.control([SKILL, turn(*wrong), turn(*good), ANSWER])
    _, folder = evaluate(case_file)
    path = next(folder.glob("eval-1/*/run-1/transcript.json"))
    events = json.loads(path.read_text("utf-8"))["events"][1:-1]
    assert [event["failed"] for event in events[: len(wrong)]] == [
        *[True] * 6, False, *[True] * 2,
    ]  # fmt: skip
    assert "exit code 2" in events[6]["detail"]  # there is no shell, so `doctor;` is an argument
    rest = events[len(wrong) :]
    assert not any(event["failed"] for event in rest)
    assert [rest[2]["detail"], rest[3]["detail"]] == ["p = 2\n", ".agents/\na.py"]
    assert all(event["detail"].startswith("exit code ") for event in rest[4:])
    assert "vllm-online" in rest[4]["detail"]


def test_the_key_is_not_leaked(case_file, evaluate):
    """No transcript, report or log contains it, and code that the agent wrote cannot see it."""
    case_file.control()
    leak = writes(f"{DUMP}# {KEY}\n")
    case_file.add("leaks", "online-plain", [turn(call("skill", name=KEY)), leak, turn(text=f"My key is {KEY}.")])
    result, folder = evaluate(case_file)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert any(b"[OPENAI_API_KEY]" in path.read_bytes() for path in files)
    assert KEY not in result.output
    seen = [names for path in files for names in re.findall(r"seen: ([\w ]+)", path.read_text("utf-8", "replace"))]
    assert any("PATH" in names for names in seen) and not any("KEY" in names for names in seen)


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([ANSWER], "finished"),
        ([401], "scripted 401"),
        ([turn(call("skill", name="modal")), ANSWER], "finished"),
    ],
)
def test_a_control_that_does_not_fire(case_file, evaluate, turns, reason):
    """All reports say that the evaluation is void; nothing else is run."""
    case_file.control(turns)
    case_file.add("right", "online-plain", solve("online-plain"))
    result, folder = evaluate(case_file)
    assert result.exit_code == 5
    assert set(results(folder)) == {"control"}
    control = benchmark(folder)["control"]
    assert control["void"] is True
    assert reason in " ".join(control["reasons"])
    assert "VOID" in result.stdout
    assert "Void: " in (folder / "report.html").read_text("utf-8")


def test_an_endpoint_that_is_down(case_file, tmp_path, monkeypatch):
    """The control fails, and the rest is not run."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(endpoint, "RETRIES", 0)
    case_file.control()
    out = tmp_path / "out"
    result = command(
        "run", "--set", "evals", "--evals-file", case_file.write(), "--model", "m", "--base-url", "http://127.0.0.1:9/v1",
        "--runs", 1, "--no-baseline", "--out", out,
    )  # fmt: skip
    assert result.exit_code == 5
    assert "cannot be reached" in result.output
    assert "the control could not be run" in result.stdout
    with Endpoint(lambda prompt: case_file.turns[prompt]) as served:
        settings = json.loads((out / "run.json").read_text("utf-8"))
        settings["agent"]["base_url"] = served.url
        (out / "run.json").write_text(json.dumps(settings), "utf-8")
        assert command("run", "--resume", out).exit_code == 0  # the control is repeated without --again


def test_many_errors_in_a_row(case_file, evaluate):
    """The evaluation stops and can be resumed."""
    case_file.control()
    for number in range(12):
        case_file.add(f"wrong-{number}", "online-plain", [401])
    result, folder = evaluate(case_file, "--jobs", 1)
    assert result.exit_code == 5
    assert "8 errors in a row" in result.stdout
    assert len(results(folder)) == 9
    assert f"--resume {folder}" in result.stdout


def test_cost_limits(case_file, evaluate):
    """For the evaluation and for one run; both require prices."""
    case_file.control()
    for number in range(4):
        case_file.add(f"right-{number}", "online-plain", solve("online-plain"))
    result, folder = evaluate(case_file, "--jobs", 1, "--max-usd", 0.01, "--usd-per-million", "1,5,0.1")
    assert "are spent; raise --max-usd" in result.stdout
    assert len(results(folder)) == 2
    assert "3 runs left" in command("run", "--resume", folder).stdout
    assert len(results(folder)) == 2
    assert benchmark(folder)["evals"]["with_skill"]["usd"] == pytest.approx(2 * 0.00614)
    result, folder = evaluate(case_file, "--max-usd-per-run", 0.0011, "--usd-per-million", "1,5", out="second")
    assert {result["outcome"] for result in results(folder).values()} == {"money-limit"}
    result, _ = evaluate(case_file, "--max-usd", 1, out="third")
    assert result.exit_code == 2
    assert "--usd-per-million" in result.output


def test_the_baseline(case_file, evaluate):
    """It runs in a project without the skill, and is graded by its files only."""
    case_file.control()
    case_file.add("right", "online-plain", solve("online-plain"))
    _, folder = evaluate(case_file, "--baseline")
    offered = {
        path.parts[-3]: json.loads(path.read_text("utf-8"))["offered"]
        for path in folder.glob("eval-2/*/run-1/result.json")
    }
    assert set(offered["with_skill"]) - set(offered["without_skill"]) == {cases.SKILL}
    assert {*cases.SIBLINGS, "modal"} <= set(offered["without_skill"])
    document = benchmark(folder)
    assert set(document["run_summary"]) == {"with_skill", "without_skill", "delta"}
    assert document["evals"]["without_skill"]["checks"].keys().isdisjoint({"routing: skill"})


@pytest.mark.slow
def test_an_app_is_rehearsed(case_file, evaluate):
    """An app that passes its rehearsal is delivered."""
    case_file.control()
    case_file.add("right", "batch-jsonl", solve("batch-jsonl"), rehearse=True)
    _, folder = evaluate(case_file)
    assert rehearsal(folder, "right")["evidence"] == "exit code 0"
    assert failed(results(folder)["right"]) == set()


def test_an_app_that_does_not_import_is_not_rehearsed(case_file, evaluate):
    """The app fails without a rehearsal."""
    case_file.control()
    broken = answers.app_text(GOOD["batch-jsonl"]).replace("import modal.", "import no_such_package\nimport modal.", 1)
    case_file.add("broken", "batch-jsonl", [*solve("batch-jsonl")[:2], writes(broken), ANSWER], rehearse=True)
    _, folder = evaluate(case_file)
    verdict = rehearsal(folder, "broken")
    assert (verdict["passed"], "not rehearsed" in verdict["evidence"]) == (False, True)


def test_bad_options(case_file, evaluate, monkeypatch):
    """Each is refused before anything is run."""
    case_file.control()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for arguments, code, text in (
        (["--model", ""], 2, "--model"),
        (["--base-url", ""], 5, "OPENAI_API_KEY"),
        (["--case", "no-such"], 2, "no-such"),
        (["--usd-per-million", "a,b"], 2, "IN,OUT"),
        (["--base-url", "localhost:8000"], 2, "not an address"),
        (["--key-env", "NOT_THERE"], 5, "NOT_THERE is not set"),
        (["--again", "error"], 2, "--resume"),
    ):
        result, folder = evaluate(case_file, *arguments)
        assert (result.exit_code, text in result.output) == (code, True), result.output
        assert not folder.exists()
    assert "OPENAI_API_KEY" not in os.environ
