"""The rules of `check`: a good and a bad example of each, and files that are not valid Python."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import checks
from modal_serve_gen.checks.severity import Severity

EXAMPLES = Path(__file__).parent / "checks"
RULES = sorted(checks.rules())
EXPECTED = re.compile(r"# finding: (.+)$")


SEVERITIES = """import modal

app = modal.App("x")


@app.function(gpu="L4", wrap_returned_exceptions=True, timeout=1, scaledown_window=60)
@modal.web_server(8000)
def serve():
    subprocess.Popen("vllm serve /models/x --max-model-ln 100 --host 0.0.0.0", shell=True)
"""


def test_every_rule_has_examples_documentation_and_a_severity():
    """A folder of examples, a docstring whose first line is a sentence, and `@severity(...)`."""
    assert {path.name for path in EXAMPLES.iterdir()} == set(RULES)
    for rule, text in checks.documentation().items():
        assert text.split("\n")[0].endswith("."), rule
        assert checks.severities()[rule] in Severity


def test_findings_are_sorted_by_severity_and_line():
    """The most severe first; a deprecated argument is a warning, although its rule reports errors."""
    findings = checks.check(SEVERITIES)
    places = [(finding.severity, finding.line) for finding in findings]
    assert places == sorted(places, key=lambda place: (("error", "warning", "advice").index(place[0]), place[1]))
    assert {finding.severity for finding in findings} == {"error", "warning", "advice"}
    by_rule = {finding.rule: finding.severity for finding in findings}
    assert (by_rule["engine-flags"], by_rule["removed-api"]) == ("error", "warning")
    assert (by_rule["container-bound"], by_rule["shell-string"]) == ("warning", "advice")


@pytest.mark.parametrize("rule", RULES)
def test_a_good_example_has_no_findings(rule):
    """The rule reports nothing in its good example."""
    findings = checks.check((EXAMPLES / rule / "good.py").read_text())
    assert [finding for finding in findings if finding.rule == rule] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_bad_example_has_the_marked_findings(rule):
    """Exactly on the marked lines, each with the marked message and a fix."""
    text = (EXAMPLES / rule / "bad.py").read_text()
    expected = {n: match[1] for n, line in enumerate(text.split("\n"), 1) if (match := EXPECTED.search(line))}
    findings = [finding for finding in checks.check(text) if finding.rule == rule]
    assert sorted({finding.line for finding in findings}) == sorted(expected)
    assert all(finding.fix for finding in findings)
    for line, message in expected.items():
        assert any(message in finding.message for finding in findings if finding.line == line), (line, findings)


@pytest.mark.parametrize("text", ["def broken(:", "x = 1\0", "(" * 100_000, "\ufeff", ""])
def test_a_broken_file_is_at_most_one_finding(text):
    """A file that is not valid Python gives one syntax finding; nothing raises."""
    findings = checks.check(text)
    assert len(findings) <= 1 and all(finding.rule == "syntax" for finding in findings)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_can_be_checked(text):
    """The result is always a list of findings."""
    assert isinstance(checks.check(text), list)
