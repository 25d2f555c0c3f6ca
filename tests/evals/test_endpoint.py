"""The runner of endpoints, and every way a run can end: against a scripted endpoint, graded, kept and reported."""

import json
import os

import pytest

from evals import answers, cases
from evals.runners import endpoint
from tests.evals.conftest import GOOD, benchmark, command, failed, results, rightly
from tests.evals.scripted import KEY, Endpoint, call, turn

PAGE = f".agents/skills/{cases.SKILL}/references/performance-playbook.md"
SKILL = turn(call("skill", name=cases.SKILL))
SAID = turn(text="Done.")
DUMP = "import modal\nimport json, os, pathlib\npathlib.Path('{}').write_text(json.dumps(dict(os.environ)))\n"


def writes(text: str, name: str = "serve.py") -> dict:
    return turn(call("write_file", path=name, content=text))


def test_every_outcome_is_told_apart(few, evaluate, tmp_path):
    """Right, wrong in each way, and the failures of the endpoint, which are neither."""
    app = answers.written(GOOD["online-plain"])
    other = answers.written("--workflow sglang-low-latency --model Qwen/Qwen3-8B")
    few.control()
    few.add("right", "online-plain", rightly("online-plain"))
    few.add("not-triggered", "online-plain", [writes(app), SAID])
    few.add("wrong-skill", "online-plain", [turn(call("skill", name="modal")), SAID])
    few.add("wrong-workflow", "online-plain", [*rightly("online-plain")[:2], writes(other), SAID])
    few.add("wrote-nothing", "online-plain", [*rightly("online-plain")[:2], SAID])
    stale = app.replace("min_containers=0", "keep_warm=0")
    few.add("does-not-import", "online-plain", [*rightly("online-plain")[:2], writes(stale), SAID])
    few.add("no-python", "online-plain", [*rightly("online-plain")[:2], writes("import modal\n)"), SAID])
    few.add("handed-over", "off-finetune", rightly("off-finetune"))
    few.add("served-instead", "off-finetune", [turn(call("skill", name="modal-finetuning")), writes(app), SAID])
    few.add("rate-limited", "online-plain", [SKILL, 429])
    few.add("server-error", "online-plain", [500])
    few.add("dropped", "online-plain", [SKILL, None])
    few.add("malformed", "online-plain", [SKILL, b"<html>no</html>"])
    few.add("empty", "online-plain", [SKILL, b'{"choices": []}'])
    few.add("late", "online-plain", [SKILL, 60.0])
    few.add("endless", "online-plain", [SKILL, *[turn(call("list_files", path="."))] * 30])
    result, folder = evaluate(few, "--timeout", 10, "--max-turns", 9)
    assert result.exit_code == 1, result.output
    held = results(folder)
    told = {name: failed(each) for name, each in held.items() if "grade" in each}
    assert {name: faults for name, faults in told.items() if name not in ("wrong-workflow", "no-python")} == {
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
    assert "workflow" in told["wrong-workflow"]
    assert {"syntax", "workflow"} <= told["no-python"]
    reasons = {name: (each["outcome"], each["reason"]) for name, each in held.items() if name not in told}
    assert {name: outcome for name, (outcome, _) in reasons.items()} == {
        "rate-limited": "error", "server-error": "error", "dropped": "error", "malformed": "error", "empty": "error",
        "late": "time-out",
    }  # fmt: skip
    for name, word in (("rate-limited", "rate limited"), ("dropped", "cannot be reached"), ("empty", "malformed")):
        assert word in reasons[name][1]
    assert held["endless"]["outcome"] == "turn-limit"
    summary = benchmark(folder)
    assert summary["outcomes"] == {"error": 5, "finished": 10, "time-out": 1, "turn-limit": 1}
    assert summary["evals"]["with_skill"]["told"] == 11  # errors and time-outs are in no rate
    assert {run["eval_name"] for run in summary["runs"]} == set(told)
    assert summary["workflow_matrix"]["labels"] == ["sglang-low-latency", "vllm-online", "nothing", "other"]
    assert "5 runs ended in errors" in " ".join(summary["notes"])


def test_tools_do_what_they_say_and_no_more(few, evaluate):
    """The model is told what it did wrong, and nothing outside of the project is read, written or run."""
    wrong = [
        call("read_file", path="/etc/hostname"), call("write_file", path="../outside.py", content="x"),
        call("skill", name="made-up"), call("no_such_tool", a="b"), call("read_file", file="x"),
        call("run_command", command="id"), call("run_command", command="modal-serve-gen doctor; id"),
        call("run_command", command="python3 scripts/check serve.py"), call("edit_file", path="a.py", old="q", new="r"),
    ]  # fmt: skip
    good = [
        call("write_file", path="a.py", content="p = 1\n"), call("edit_file", path="a.py", old="1", new="2"),
        call("read_file", path="a.py"), call("list_files", path="."),
        call("run_command", command="modal-serve-gen list workflows --json"),
        call("run_command", command=f"python3 .agents/skills/{cases.SKILL}/scripts/check a.py --no-import"),
    ]  # fmt: skip
    few.control([SKILL, turn(*wrong), turn(*good), SAID])
    _, folder = evaluate(few)
    path = next(folder.glob("eval-1/*/run-1/transcript.json"))
    events = json.loads(path.read_text("utf-8"))["events"][1:-1]
    assert [event["failed"] for event in events[: len(wrong)]] == [
        *[True] * 6, False, *[True] * 2,
    ]  # fmt: skip
    assert "exit code 2" in events[6]["detail"]  # no shell: `doctor;` is a word
    rest = events[len(wrong) :]
    assert not any(event["failed"] for event in rest)
    assert [rest[2]["detail"], rest[3]["detail"]] == ["p = 2\n", ".agents/\na.py"]
    assert all(event["detail"].startswith("exit code ") for event in rest[4:])
    assert "vllm-online" in rest[4]["detail"]


def test_a_key_stays_where_it_is(few, evaluate, tmp_path):
    """It reaches the endpoint; no transcript, report or log holds it, and nothing that the agent wrote sees it."""
    seen = tmp_path / "seen.json"
    few.control()
    spilt = writes(f"{DUMP.format(seen)}# {KEY}\n")
    few.add("spills", "online-plain", [turn(call("skill", name=KEY)), spilt, turn(text=f"My key is {KEY}.")])
    result, folder = evaluate(few)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert any(b"[OPENAI_API_KEY]" in path.read_bytes() for path in files)
    assert KEY not in result.output
    assert not any(KEY in str(value) or "KEY" in name for name, value in json.loads(seen.read_text("utf-8")).items())


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([SAID], "finished"),
        ([401], "scripted 401"),
        ([turn(call("skill", name="modal")), SAID], "finished"),
    ],
)
def test_a_control_that_does_not_fire_ends_it(few, evaluate, turns, reason):
    """The run is void and says so everywhere; nothing else is asked."""
    few.control(turns)
    few.add("right", "online-plain", rightly("online-plain"))
    result, folder = evaluate(few)
    assert result.exit_code == 5
    assert set(results(folder)) == {"control"}
    held = benchmark(folder)
    assert held["control"]["void"] is True
    assert reason in " ".join(held["control"]["reasons"])
    assert "VOID" in result.stdout
    assert "Void: " in (folder / "report.html").read_text("utf-8")


def test_nobody_at_the_endpoint(few, tmp_path, monkeypatch):
    """The first run says so, and the rest is not tried."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(endpoint, "RETRIES", 0)
    few.control()
    out = tmp_path / "out"
    result = command(
        "run", "--set", "evals", "--evals-file", few.file(), "--model", "m", "--base-url", "http://127.0.0.1:9/v1",
        "--runs", 1, "--no-baseline", "--out", out,
    )  # fmt: skip
    assert result.exit_code == 5
    assert "cannot be reached" in result.output
    assert "the control could not be asked" in result.stdout
    with Endpoint(lambda prompt: few.turns[prompt]) as served:
        settings = json.loads((out / "run.json").read_text("utf-8"))
        settings["agent"]["base_url"] = served.url
        (out / "run.json").write_text(json.dumps(settings), "utf-8")
        assert command("run", "--resume", out).exit_code == 0  # the control is asked again by itself


def test_many_errors_in_a_row_stop_it(few, evaluate):
    """What is left can be asked later."""
    few.control()
    for number in range(12):
        few.add(f"wrong-{number}", "online-plain", [401])
    result, folder = evaluate(few, "--jobs", 1)
    assert result.exit_code == 5
    assert "8 errors in a row" in result.stdout
    assert len(results(folder)) == 9
    assert f"--resume {folder}" in result.stdout


def test_money_ends_it(few, evaluate):
    """Nothing begins after the limit; what a run costs is held, too; without prices neither can be."""
    few.control()
    for number in range(4):
        few.add(f"right-{number}", "online-plain", rightly("online-plain"))
    result, folder = evaluate(few, "--jobs", 1, "--max-usd", 0.01, "--usd-per-million", "1,5,0.1")
    assert "are spent; raise --max-usd" in result.stdout
    assert len(results(folder)) == 2
    assert "3 runs left" in command("run", "--resume", folder).stdout  # and nothing more was begun
    assert len(results(folder)) == 2
    assert benchmark(folder)["evals"]["with_skill"]["usd"] == pytest.approx(2 * 0.00614)
    result, folder = evaluate(few, "--max-usd-per-run", 0.0011, "--usd-per-million", "1,5", out="second")
    assert {each["outcome"] for each in results(folder).values()} == {"money-limit"}
    result, _ = evaluate(few, "--max-usd", 1, out="third")
    assert result.exit_code == 2
    assert "--usd-per-million" in result.output


def test_without_the_skill(few, evaluate):
    """The baseline is asked in a project without it, and judged by what both can deliver."""
    few.control()
    few.add("right", "online-plain", rightly("online-plain"))
    _, folder = evaluate(few, "--baseline")
    offered = {
        path.parts[-3]: json.loads(path.read_text("utf-8"))["offered"]
        for path in folder.glob("eval-2/*/run-1/result.json")
    }
    assert set(offered["with_skill"]) - set(offered["without_skill"]) == {cases.SKILL}
    assert {*cases.SIBLINGS, "modal"} <= set(offered["without_skill"])
    held = benchmark(folder)
    assert set(held["run_summary"]) == {"with_skill", "without_skill", "delta"}
    assert held["evals"]["without_skill"]["checks"].keys().isdisjoint({"routing: skill"})


def test_an_app_is_rehearsed(few, evaluate):
    """With the stub, in a process of its own; one that does not even import is not tried, and red."""
    few.control()
    few.add("right", "batch-jsonl", rightly("batch-jsonl"), rehearse=True)
    broken = answers.written(GOOD["batch-jsonl"]).replace("import modal.", "import no_such_package\nimport modal.", 1)
    few.add("broken", "batch-jsonl", [*rightly("batch-jsonl")[:2], writes(broken), SAID], rehearse=True)
    _, folder = evaluate(few)
    verdicts = {
        name: next(verdict for verdict in each["grade"]["delivered"] if verdict["name"] == "rehearse")
        for name, each in results(folder).items()
        if name != "control"
    }
    assert (verdicts["right"]["passed"], verdicts["right"]["evidence"]) == (True, "exit code 0")
    assert (verdicts["broken"]["passed"], "not tried" in verdicts["broken"]["evidence"]) == (False, True)


def test_without_a_key_or_a_model(few, evaluate, monkeypatch):
    """Each is said before anything is asked."""
    few.control()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for arguments, code, word in (
        (["--model", ""], 2, "--model"),
        (["--base-url", ""], 5, "OPENAI_API_KEY"),
        (["--case", "no-such"], 2, "no-such"),
        (["--usd-per-million", "a,b"], 2, "IN,OUT"),
        (["--base-url", "localhost:8000"], 2, "no address"),
        (["--key-env", "NOT_THERE"], 5, "NOT_THERE is not set"),
        (["--again", "error"], 2, "--resume"),
    ):
        result, folder = evaluate(few, *arguments)
        assert (result.exit_code, word in result.output) == (code, True), result.output
        assert not folder.exists()
    assert "OPENAI_API_KEY" not in os.environ
