"""The cases are valid and complete, other tools can read them, and they distinguish right from wrong answers."""

import json
import re

import pytest

from evals import answers, artifact, cases, covering, demands, validating
from modal_serve_gen.spec import workflows
from scripts import golden
from tests.conftest import ROOT
from tests.evals.conftest import CASES, QUERIES, ROWS, command


@pytest.mark.parametrize("options", [["--case", "cold-plain"], pytest.param([], marks=pytest.mark.slow)])
def test_right_answers_pass_and_wrong_ones_fail(options):
    """`python -m evals validate`: right answers pass, wrong ones fail for their reason."""
    result = command("validate", "--json", *options)
    document = json.loads(result.stdout)
    assert (document["faults"], result.exit_code) == ({}, 0)
    assert document["checked"] > 1


def test_the_cases_and_queries_are_complete():
    """Every workflow, sibling skill and topic is covered, and queries are graded by whether the skill fires."""
    queries = cases.triggers()
    assert list(covering.case_gaps(cases.evals(), answers.load())) == []
    assert list(covering.query_gaps(queries)) == []
    assert list(validating._queries(queries)) == []


def test_gaps_are_reported():
    """A workflow or sibling skill without cases, a topic without queries, a paraphrase in both splits."""
    incomplete = [
        case for case in cases.evals() if case.workflow != "vllm-throughput" and case.expect_skill != "modal-sandbox"
    ]
    gaps = "\n".join(covering.case_gaps(incomplete, answers.Answers(good={}, bad=())))
    for text in ("vllm-throughput has 0 cases", "no case belongs to modal-sandbox", "fewer than 15", "belong together"):
        assert text in gaps
    queries = cases.triggers()
    held_out = next(query for query in queries if query.split == "held-out")
    copy = held_out.model_copy(update={"query": f"{held_out.query} please", "split": "tune"})
    gaps = "\n".join(covering.query_gaps([*(query for query in queries if query.topic != "speech"), copy]))
    assert "no query is about speech" in gaps
    assert "is held out, but" in gaps


def test_a_wrong_answer_that_passes_is_reported():
    """So is one that fails for another reason, or fails another check as well."""
    case = CASES["online-plain"]
    good = {"online-plain": "--model Qwen/Qwen3-8B --max-model-len 16384 --concurrency 32"}
    bad = {"name": "x", "case": case.name, "fails": ["clean"], "because": "no such reason"}

    def faults(**changed: object) -> list[str]:
        return list(validating._wrong(case, answers.WrongAnswer(**bad | changed), good))

    assert faults() == ["it passes"]
    bad["edits"] = [['    "vllm==', '    "vllm>=']]
    assert "no evidence contains 'no such reason'" in faults()[0]
    assert "not smoke" in faults(fails=["smoke"])[0]
    assert "does not contain" in faults(edits=[["not in the app", ""]])[0]


def test_other_tools_can_read_both_files():
    """Cases and queries have the common keys, and every file of a case exists."""
    document = json.loads(cases.EVALS.read_text("utf-8"))
    assert document["skill_name"] == cases.SKILL
    for row in document["evals"]:
        assert isinstance(row["id"], int)
        assert row["prompt"] and isinstance(row["expected_output"], str)
        assert all(isinstance(text, str) for text in [*row["files"], *row["expectations"]])
        assert all((ROOT / name).is_file() for name in row["files"])
    assert isinstance(QUERIES, list)
    assert all(isinstance(row["query"], str) and isinstance(row["should_trigger"], bool) for row in QUERIES)


@pytest.mark.parametrize("case", sorted(golden.CASES))
def test_the_workflow_is_identified_from_the_code(case, tmp_path):
    """Names and comments do not count."""
    text = golden.app(case)
    code = re.sub(r"(?m)^#.*\n", "", text)
    assert artifact.App(tmp_path / "app.py", code).workflow == re.search(r'# workflow = "([\w-]+)"', text)[1]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("print(1)", None),
        ("def", None),
        ("import modal\napp = modal.App()\n@app.function(gpu='T4')\ndef f(): pass\n", None),
    ],
)
def test_other_files_have_no_workflow(text, form, tmp_path):
    """A file that does not serve or run a language model has no form."""
    assert artifact.App(tmp_path / "a.py", text).form == form


def test_two_patterns_in_one_file_have_no_workflow(tmp_path):
    """A file that serves with both engines is neither workflow."""
    app = (
        "import modal, subprocess\napp = modal.App()\n"
        "@app.function(gpu='H100')\n@modal.web_server(8000)\ndef a():\n    subprocess.Popen(['vllm', 'serve', 'm'])\n"
        "@app.function(gpu='H100')\n@modal.web_server(8000)\ndef b():\n    subprocess.Popen(['sglang', 'serve'])\n"
    )
    assert artifact.App(tmp_path / "a.py", app).workflow is None
    assert artifact.App(tmp_path / "a.py", app.replace("'sglang', 'serve'", "'vllm', 'serve', 'n'")).workflow


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"workflow": "no-such"}, "no workflow 'no-such'; choose from"),
        (lambda row: row | {"artifact": {"checks": {"contex": 1}}}, "Did you mean context"),
        (lambda row: row | {"artifact": {"checks": {"containers": "three"}}}, "It takes int"),
        (lambda row: row | {"files": ["evals/files/nope.py"]}, "which does not exist"),
        (lambda row: row | {"artifact": None}, "belong together"),
        (lambda row: row | {"typo": 1}, "Extra inputs"),
        (lambda row: {key: value for key, value in row.items() if key != "prompt"}, "Field required"),
        (lambda row: row | {"name": "Not A Name"}, "pattern"),
    ],
)
def test_an_invalid_case_is_refused_with_its_location(tmp_path, change, message):
    """The message names the case or the key."""
    path = tmp_path / "evals.json"
    path.write_text(json.dumps({"skill_name": cases.SKILL, "evals": [change(ROWS["online-plain"])]}), "utf-8")
    result = command("run", "--evals-file", path, "--set", "evals", "--model", "m", "--base-url", "http://127.0.0.1:9")
    assert (result.exit_code, message in result.output) == (2, True), result.output


@pytest.mark.parametrize("content", ["", "[]", '{"evals": 1}', '{"skill_name": "x", "evals": []}', "\x00"])
def test_an_invalid_case_file_is_refused(tmp_path, content):
    """Exit code 2 without a traceback."""
    path = tmp_path / "evals.json"
    path.write_text(content, "utf-8")
    result = command("run", "--evals-file", path, "--set", "evals", "--model", "m", "--base-url", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_every_check_has_an_expectation():
    """Its docstring is the expectation in reports; `{}` is the value, if the check takes one."""
    for function in demands.ALWAYS:
        assert function.__doc__ and "{}" not in function.__doc__
    for function in demands.OPTIONAL.values():
        assert "{}" in function.__doc__


def test_a_new_workflow_needs_cases(monkeypatch):
    """It is reported that it has no cases, and cannot be distinguished from another workflow."""
    all_cases = cases.evals()
    names, real = workflows.names(), workflows.load
    monkeypatch.setattr(workflows, "names", lambda: [*names, "vllm-fifth"])
    monkeypatch.setattr(workflows, "load", lambda name: real("vllm-online" if name == "vllm-fifth" else name))
    gaps = "\n".join(covering.case_gaps(all_cases, answers.Answers(good={}, bad=())))
    assert "vllm-fifth has 0 cases" in gaps
    assert "cannot be distinguished" in gaps
