"""Checks: each rule has a good and a bad example; a finding stands on its line; a hostile file only yields findings."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modal_serve_gen import checks

EXAMPLES = Path(__file__).parent / "checks"
RULES = sorted(checks.rules())
EXPECTED = re.compile(r"# finding: (.+)$")


def test_every_rule_has_its_examples_and_its_documentation():
    """A rule without a good and a bad example, or without a docstring, is not one."""
    assert {path.name for path in EXAMPLES.iterdir()} == set(RULES)
    for rule, text in checks.documentation().items():
        assert text.split("\n")[0].endswith("."), rule


@pytest.mark.parametrize("rule", RULES)
def test_a_good_example_has_no_finding(rule):
    """No rule finds anything in a good example."""
    found = checks.check((EXAMPLES / rule / "good.py").read_text())
    assert [each for each in found if each.rule == rule] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_bad_example_is_found_on_its_lines(rule):
    """Exactly the marked lines, each with what is marked, and something to do about it."""
    text = (EXAMPLES / rule / "bad.py").read_text()
    expected = {n: match[1] for n, line in enumerate(text.split("\n"), 1) if (match := EXPECTED.search(line))}
    found = [each for each in checks.check(text) if each.rule == rule]
    assert sorted({each.line for each in found}) == sorted(expected)
    assert all(each.fix for each in found)
    for line, message in expected.items():
        assert any(message in each.message for each in found if each.line == line), (line, found)


@pytest.mark.parametrize("text", ["def broken(:", "x = 1\0", "(" * 100_000, "\ufeff", ""])
def test_a_broken_file_is_at_most_one_finding(text):
    """What is no Python is one finding with its line; nothing raises."""
    found = checks.check(text)
    assert len(found) <= 1 and all(each.rule == "syntax" for each in found)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_can_be_checked(text):
    """Whatever a file holds, checking it returns findings."""
    assert isinstance(checks.check(text), list)
