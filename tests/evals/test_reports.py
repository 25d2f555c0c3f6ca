"""Reports of an evaluation: benchmark.json, the page, JUnit, a comparison, and the table in the documentation."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from evals import cases, reporting
from scripts import docs
from tests.evals.conftest import benchmark, command, solve
from tests.evals.scripted import call, turn

SKILL = turn(call("skill", name=cases.SKILL))
HOSTILE = "</pre><script>throw 1</script><img src=x onerror=alert(1)> \x00\x08 ]]> \ud800 {{ 7*7 }}"
BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture
def folder(case_file, evaluate):
    """An evaluation of four cases with and without the skill: one fails with hostile text, one in an error."""
    case_file.control()
    case_file.add("right", "batch-jsonl", solve("batch-jsonl"))
    written = turn(call("write_file", path="<b>.py", content=f"import modal\n# {HOSTILE}\n"))
    case_file.add("hostile", "online-plain", [SKILL, written, turn(text=HOSTILE)])
    case_file.add("error", "online-plain", [401])
    result, out = evaluate(case_file, "--baseline", "--usd-per-million", "1,5")
    assert result.exit_code == 1, result.output
    return out


def test_the_common_format(folder):
    """The keys that skill-creator's aggregator and viewer read."""
    document = benchmark(folder)
    assert {"skill_name", "executor_model", "timestamp", "evals_run", "runs_per_configuration"} <= set(
        document["metadata"]
    )
    for run in document["runs"]:
        assert run["configuration"] in ("with_skill", "without_skill")
        assert {"pass_rate", "passed", "failed", "total", "time_seconds", "tokens", "errors"} <= set(run["result"])
        for verdict in run["expectations"]:
            assert {"text", "passed", "evidence"} <= set(verdict)
            assert isinstance(verdict["passed"], bool)
    for name in ("with_skill", "without_skill"):
        assert {"mean", "stddev", "min", "max"} == set(document["run_summary"][name]["pass_rate"])
    assert re.fullmatch(r"[+-]\d\.\d\d", document["run_summary"]["delta"]["pass_rate"])
    gradings = sorted(folder.glob("eval-*/with_skill/run-1/grading.json"))
    assert [path.parts[-4] for path in gradings] == ["eval-1", "eval-2", "eval-3"]  # none for an error
    for path in gradings:
        grading = json.loads(path.read_text("utf-8"))
        assert set(grading["summary"]) == {"passed", "failed", "total", "pass_rate"}
        assert json.loads(path.with_name("timing.json").read_text("utf-8"))["total_tokens"] > 0
        assert json.loads((path.parents[2] / "eval_metadata.json").read_text("utf-8"))["eval_id"]


def test_the_page_is_complete_and_self_contained(folder):
    """The main figures, each failure with its transcript; an agent's text is escaped; no links, no scripts."""
    page = (folder / "report.html").read_text("utf-8")
    assert "&lt;script&gt;throw 1" in page
    assert "<script" not in page and "<img" not in page and "49" not in page.partition("{{ 7*7")[0][-9:]
    assert re.findall(r'(?:src|href|action)="(?!data:)', page) == []
    assert "url(" not in page and "@import" not in page
    for text in ("delivered with the skill", "67%", "eval-3/with_skill/run-1", "error: ", "scripted"):
        assert text in page
    assert len(page) < 400_000


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: apt-get install chromium")
def test_a_browser_opens_the_page(folder, tmp_path):
    """From disk, without a network: it shows the figures, and the error console is empty."""
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--log-level=0",
            f"--user-data-dir={tmp_path / 'profile'}", "--proxy-server=127.0.0.1:9", "--window-size=390,844",
            "--virtual-time-budget=2000", "--dump-dom", f"file://{folder / 'report.html'}",
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0
    text = re.sub(r"<[^>]+>", " ", done.stdout)
    assert re.search(r"delivered with the skill\s+67%", text)
    assert "CONSOLE" not in done.stderr
    assert "throw 1" in text


def test_junit(folder):
    """Each run with the skill is a test; inconclusive runs are errors; any text of an agent gives valid XML."""
    root = xml.fromstring((folder / "junit.xml").read_text("utf-8"))
    suite = root.find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    failure = suite.find("testcase/failure")
    assert "is read" in failure.text
    reasons = next(failure["why"] for failure in benchmark(folder)["failures"] if failure["told"])
    assert any("is read (read: no page of the skill)" in reason for reason in reasons)
    assert not any("one Modal app is written" in reason for reason in reasons)  # one was
    assert suite.find("testcase/error").get("type") == "error"


def test_a_comparison(case_file, evaluate, folder, tmp_path):
    """Flips, the interval of each difference, tokens; only a difference beyond chance is a regression."""
    case_file.rows.clear()
    case_file.control()
    case_file.add("right", "batch-jsonl", [SKILL, turn(text="Done.")])
    case_file.add("hostile", "online-plain", solve("online-plain"))
    _, second = evaluate(case_file, out="second")
    result = command("report", second, "--against", folder, "--json")
    comparison = json.loads(result.stdout)["comparison"]
    assert [(flip["name"], flip["before"], flip["after"]) for flip in comparison["flips"]] == [
        ("right", 1.0, 0.0), ("hostile", 0.0, 1.0),
    ]  # fmt: skip
    assert comparison["tokens"]["change"] is not None
    rate = next(row for row in comparison["rates"] if row["name"] == "delivered")
    assert rate["low"] < rate["difference"] < rate["high"]
    assert "Compared with" in (second / "report.html").read_text("utf-8")
    assert command("report", second, "--against", folder, "--fail-on-regression").exit_code == 0  # may be chance
    worse = benchmark(folder)
    for run in worse["runs"]:
        run["result"]["tokens"] /= 2
    old = tmp_path / "old.json"
    old.write_text(json.dumps(worse), "utf-8")
    result = command("report", folder, "--against", old, "--fail-on-regression")
    assert (result.exit_code, "Regressions: tokens per run: +100%" in result.stdout) == (1, True)
    assert "only one of them ran" not in result.stdout
    fewer = worse | {"runs": [run for run in worse["runs"] if run["eval_id"] != 2]}
    old.write_text(json.dumps(fewer), "utf-8")
    assert "1 that only one of them ran are left out" in command("report", folder, "--against", old).stdout
    assert "compared with" in command("report", folder).stdout and "Compared with" in (
        folder / "report.html"
    ).read_text("utf-8")
    assert command("report", folder, "--against", tmp_path / "none.json").exit_code == 2


def test_only_complete_evaluations_are_published(folder, tmp_path, monkeypatch):
    """As a file from which the table in docs/evals.md is generated."""
    monkeypatch.setattr(reporting, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(docs, "RESULTS", tmp_path / "results")
    assert command("report", folder, "--publish", "a-choice").exit_code == 2  # these are not all cases
    settings = json.loads((folder / "run.json").read_text("utf-8"))
    settings |= {"evals_file": "evals/evals.json"}
    (folder / "run.json").write_text(json.dumps(settings), "utf-8")
    assert "No evaluation" in docs.evals()
    result = command("report", folder, "--publish", "scripted-2026-11")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "results" / "scripted-2026-11.json").exists()
    row = next(line for line in docs.evals().splitlines() if "scripted" in line)
    assert "67%" in row
    assert command("report", folder, "--publish", "../outside").exit_code == 2
    settings = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps(settings | {"planned": 99}), "utf-8")
    assert command("report", folder, "--publish", "half").exit_code == 2


def test_a_folder_without_an_evaluation(tmp_path):
    """It is refused."""
    result = command("report", tmp_path)
    assert (result.exit_code, "holds no evaluation" in result.output) == (2, True)
