"""The cases themselves: valid, whole, read by others, and able to tell right from wrong."""

import json
import re

import pytest

from evals import answers, artifact, cases, covering, demands, validating
from modal_serve_gen.spec import workflows
from tests.conftest import ROOT
from tests.evals.conftest import QUERIES, ROWS, command

GOLDEN = sorted((ROOT / "tests" / "golden").glob("*.py"))


def test_right_answers_are_good_and_wrong_ones_bad():
    """`python -m evals validate`: every workflow and boundary, right answers green, wrong ones red for their reason."""
    result = command("validate", "--json")
    assert json.loads(result.stdout)["faults"] == {}
    assert result.exit_code == 0


def test_what_is_missing_is_noticed():
    """A workflow without cases, a sibling without a hand-off, a paraphrase across the splits, a wrong label."""
    tasks = [
        task for task in cases.evals() if task.workflow != "vllm-throughput" and task.expect_skill != "modal-sandbox"
    ]
    faults = "\n".join(covering.cases_lack(tasks, answers.Answers(good={}, bad=())))
    for words in ("vllm-throughput has 0 cases", "handed over to modal-sandbox", "fewer than 15", "belong together"):
        assert words in faults
    queries = cases.triggers()
    held_out = next(task.query for task in queries if task.query.split == "held-out")
    copied = held_out.model_copy(update={"query": f"{held_out.query} please", "split": "tune"})
    queries = [
        *(task for task in queries if task.query.topic != "speech"),
        queries[0].model_copy(update={"query": copied}),
    ]
    faults = "\n".join(covering.queries_lack(queries))
    assert "no query is about speech" in faults
    assert "is held out, and" in faults


def test_a_wrong_answer_that_passes_is_noticed():
    """And one that fails for another reason, or elsewhere as well."""
    task = next(task for task in cases.evals() if task.name == "online-plain")
    good = {"online-plain": "--model Qwen/Qwen3-8B --max-model-len 16384 --concurrency 32"}
    bad = {"name": "x", "case": task.name, "fails": ["clean"], "because": "no such reason"}

    def said(**changed: object) -> list[str]:
        return list(validating._wrong(task, answers.Bad(**bad | changed), good))

    assert said() == ["it passes"]
    bad["edits"] = [['f"{ENGINE}=={VERSION}"', '"vllm"']]
    assert "nothing says 'no such reason'" in said()[0]
    assert "not smoke" in said(fails=["smoke"])[0]
    assert "does not hold" in said(edits=[["nowhere in it", ""]])[0]


def test_plain_readers_read_both_files():
    """The five common keys of a case, the two of a query; every file of a case is there."""
    held = json.loads(cases.EVALS.read_text("utf-8"))
    assert held["skill_name"] == cases.SKILL
    for row in held["evals"]:
        assert isinstance(row["id"], int)
        assert row["prompt"] and isinstance(row["expected_output"], str)
        assert all(isinstance(each, str) for each in [*row["files"], *row["expectations"]])
        assert all((ROOT / name).is_file() for name in row["files"])
    assert isinstance(QUERIES, list)
    assert all(isinstance(row["query"], str) and isinstance(row["should_trigger"], bool) for row in QUERIES)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_workflow_is_told_from_its_file(path):
    """Each golden app is known for what it is, not by its name or by what is said of it in comments."""
    text = re.sub(r"(?m)^#.*\n", "", path.read_text("utf-8"))
    assert artifact.App(path, text).workflow == re.search(r'# workflow = "([\w-]+)"', path.read_text("utf-8"))[1]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("print(1)", None),
        ("def", None),
        ("import modal\napp = modal.App()\n@app.function(gpu='T4')\ndef f(): pass\n", None),
    ],
)
def test_what_is_no_serving_app_has_no_workflow(text, form, tmp_path):
    """Nothing is guessed."""
    assert artifact.App(tmp_path / "a.py", text).form == form


def test_two_patterns_in_one_file_are_none(tmp_path):
    """A file that serves with both engines is neither workflow."""
    app = (
        "import modal, subprocess\napp = modal.App()\n"
        "@app.function(gpu='H100')\n@modal.web_server(8000)\ndef a():\n    subprocess.Popen(['vllm', 'serve', 'm'])\n"
        "@app.function(gpu='H100')\n@modal.web_server(8000)\ndef b():\n    subprocess.Popen(['sglang', 'serve'])\n"
    )
    assert artifact.App(tmp_path / "a.py", app).workflow is None
    assert artifact.App(tmp_path / "a.py", app.replace("'sglang', 'serve'", "'vllm', 'serve', 'n'")).workflow


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: row | {"workflow": "no-such"}, "no workflow 'no-such'; there are"),
        (lambda row: row | {"artifact": {"checks": {"contex": 1}}}, "Did you mean context"),
        (lambda row: row | {"artifact": {"checks": {"containers": "three"}}}, "It takes int"),
        (lambda row: row | {"files": ["evals/files/nope.py"]}, "which is not there"),
        (lambda row: row | {"artifact": None}, "belong together"),
        (lambda row: row | {"typo": 1}, "Extra inputs"),
        (lambda row: {key: value for key, value in row.items() if key != "prompt"}, "Field required"),
        (lambda row: row | {"name": "Not A Name"}, "pattern"),
    ],
)
def test_a_bad_case_is_refused_with_its_place(tmp_path, change, words):
    """In two sentences."""
    path = tmp_path / "evals.json"
    path.write_text(json.dumps({"skill_name": cases.SKILL, "evals": [change(ROWS["online-plain"])]}), "utf-8")
    result = command("run", "--evals-file", path, "--set", "evals", "--model", "m", "--base-url", "http://127.0.0.1:9")
    assert (result.exit_code, words in result.output) == (2, True), result.output


@pytest.mark.parametrize("content", ["", "[]", '{"evals": 1}', '{"skill_name": "x", "evals": []}', "\x00"])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    """Whatever it holds."""
    path = tmp_path / "evals.json"
    path.write_text(content, "utf-8")
    result = command("run", "--evals-file", path, "--set", "evals", "--model", "m", "--base-url", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_every_check_says_what_it_expects():
    """Its docstring is the expectation in every report; one with a value has a place for it."""
    for function in demands.ALWAYS:
        assert function.__doc__ and "{}" not in function.__doc__
    for function in demands.ASKED.values():
        assert "{}" in function.__doc__


def test_a_fifth_workflow_would_be_asked_for(monkeypatch):
    """Its cases, its reference and its form are missing, and each is said."""
    tasks = cases.evals()
    names, real = workflows.names(), workflows.load
    monkeypatch.setattr(workflows, "names", lambda: [*names, "vllm-fifth"])
    monkeypatch.setattr(workflows, "load", lambda name: real("vllm-online" if name == "vllm-fifth" else name))
    faults = "\n".join(covering.cases_lack(tasks, answers.Answers(good={}, bad=())))
    assert "vllm-fifth has 0 cases" in faults
    assert "cannot be told from another's" in faults
