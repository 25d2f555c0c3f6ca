"""What comes of an evaluation: benchmark.json, the page, JUnit, a comparison, and the README's table."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from evals import cases, reporting
from scripts import docs
from tests.evals.conftest import benchmark, command, rightly
from tests.evals.scripted import call, turn

SKILL = turn(call("skill", name=cases.SKILL))
HOSTILE = "</pre><script>throw 1</script><img src=x onerror=alert(1)> \x00\x08 ]]> \ud800 {{ 7*7 }}"
BROWSER = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture
def folder(few, evaluate):
    """An evaluation of four cases: one fails with hostile words, one in an error, each with and without the skill."""
    few.control()
    few.add("right", "batch-jsonl", rightly("batch-jsonl"))
    written = turn(call("write_file", path="<b>.py", content=f"import modal\n# {HOSTILE}\n"))
    few.add("hostile", "online-plain", [SKILL, written, turn(text=HOSTILE)])
    few.add("error", "online-plain", [401])
    result, out = evaluate(few, "--baseline", "--usd-per-million", "1,5")
    assert result.exit_code == 1, result.output
    return out


def test_the_common_format_is_kept(folder):
    """What skill-creator's aggregator and viewer read, under the names that they look for."""
    held = benchmark(folder)
    assert {"skill_name", "executor_model", "timestamp", "evals_run", "runs_per_configuration"} <= set(held["metadata"])
    for run in held["runs"]:
        assert run["configuration"] in ("with_skill", "without_skill")
        assert {"pass_rate", "passed", "failed", "total", "time_seconds", "tokens", "errors"} <= set(run["result"])
        for each in run["expectations"]:
            assert {"text", "passed", "evidence"} <= set(each)
            assert isinstance(each["passed"], bool)
    for name in ("with_skill", "without_skill"):
        assert {"mean", "stddev", "min", "max"} == set(held["run_summary"][name]["pass_rate"])
    assert re.fullmatch(r"[+-]\d\.\d\d", held["run_summary"]["delta"]["pass_rate"])
    gradings = sorted(folder.glob("eval-*/with_skill/run-1/grading.json"))
    assert [path.parts[-4] for path in gradings] == ["eval-1", "eval-2", "eval-3"]  # an error is no grading
    for path in gradings:
        document = json.loads(path.read_text("utf-8"))
        assert set(document["summary"]) == {"passed", "failed", "total", "pass_rate"}
        assert json.loads(path.with_name("timing.json").read_text("utf-8"))["total_tokens"] > 0
        assert json.loads((path.parents[2] / "eval_metadata.json").read_text("utf-8"))["eval_id"]


def test_the_page_holds_everything_and_reaches_nothing(folder):
    """The main figures, each failure with its transcript; whatever an agent said is text; no address, no script."""
    page = (folder / "report.html").read_text("utf-8")
    assert "&lt;script&gt;throw 1" in page
    assert "<script" not in page and "<img" not in page and "49" not in page.partition("{{ 7*7")[0][-9:]
    assert re.findall(r'(?:src|href|action)="(?!data:)', page) == []
    assert "url(" not in page and "@import" not in page
    for words in ("delivered with the skill", "67%", "eval-3/with_skill/run-1", "error: ", "claude" and "scripted"):
        assert words in page
    assert len(page) < 400_000


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: apt-get install chromium")
def test_a_browser_opens_the_page(folder, tmp_path):
    """From disk, without a network: the figures stand there, and nothing is on the error console."""
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


def test_junit_is_read_by_others(folder):
    """Each run with the skill is a test; errors are errors, failures have their reason; it is XML whatever was said."""
    root = xml.fromstring((folder / "junit.xml").read_text("utf-8"))
    suite = root.find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    failure = suite.find("testcase/failure")
    assert "is read" in failure.text
    held = benchmark(folder)
    why = next(each["why"] for each in held["failures"] if each["told"])
    assert any("is read (nothing of the skill)" in each for each in why)
    assert not any("one Modal app is written" in each for each in why)  # one was
    assert suite.find("testcase/error").get("type") == "error"


def test_two_evaluations_are_compared(few, evaluate, folder, tmp_path):
    """What flipped, the interval of each difference, tokens; worse is worse only beyond chance."""
    few.rows.clear()
    few.control()
    few.add("right", "batch-jsonl", [SKILL, turn(text="Done.")])
    few.add("hostile", "online-plain", rightly("online-plain"))
    _, second = evaluate(few, out="second")
    result = command("report", second, "--against", folder, "--json")
    comparison = json.loads(result.stdout)["comparison"]
    assert [(flip["name"], flip["before"], flip["after"]) for flip in comparison["flips"]] == [
        ("right", 1.0, 0.0), ("hostile", 0.0, 1.0),
    ]  # fmt: skip
    assert comparison["tokens"]["change"] is not None
    rate = next(row for row in comparison["rates"] if row["name"] == "delivered")
    assert rate["low"] < rate["difference"] < rate["high"]
    assert "Against" in (second / "report.html").read_text("utf-8")
    assert command("report", second, "--against", folder, "--fail-on-regression").exit_code == 0  # may be chance
    worse = benchmark(folder)
    for run in worse["runs"]:
        run["result"]["tokens"] /= 2
    old = tmp_path / "old.json"
    old.write_text(json.dumps(worse), "utf-8")
    result = command("report", folder, "--against", old, "--fail-on-regression")
    assert (result.exit_code, "Worse: tokens of a run: +100%" in result.stdout) == (1, True)
    assert "only one of them asked" not in result.stdout
    fewer = worse | {"runs": [run for run in worse["runs"] if run["eval_id"] != 2]}
    old.write_text(json.dumps(fewer), "utf-8")
    assert "1 that only one of them asked are left out" in command("report", folder, "--against", old).stdout
    assert "Against" in command("report", folder).stdout or "Against" in (folder / "report.html").read_text("utf-8")
    assert command("report", folder, "--against", tmp_path / "none.json").exit_code == 2


def test_only_a_whole_and_valid_evaluation_is_published(folder, tmp_path, monkeypatch):
    """As a file from which the README's table is made; nothing else fills it."""
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
    """Two sentences, no traceback."""
    result = command("report", tmp_path)
    assert (result.exit_code, "holds no evaluation" in result.output) == (2, True)
