"""Repair findings that are mechanical, on the concrete syntax tree: comments and formatting are kept.

A repair is made only where nothing is in doubt: the name is certainly Modal's, no keyword is hidden in `**options`, and
every part of a command is a constant. Everything else is left to the owner.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from modal_serve_gen import checks
from modal_serve_gen.checks import Finding
from modal_serve_gen.checks.app_source import AppSource, TooLarge
from modal_serve_gen.checks.severity import Severity
from modal_serve_gen.fixes import engine, sdk, shell
from modal_serve_gen.fixes.tree import Repair, Tree

BOM = "\ufeff"
REPAIRED_RULES = (sdk.RULE, engine.FLAGS, engine.PINNED, engine.VARIABLES, shell.RULE)
ROUNDS = 3  # a repair can uncover another: a shell string becomes a list, whose revision can be pinned
SDK_REPAIRS: tuple[Callable[[Tree], Iterator[Repair]], ...] = (sdk.arguments, sdk.names, sdk.gpus)
ENGINE_REPAIRS: tuple[Callable[[Tree, AppSource], Iterator[Repair]], ...] = (
    engine.engine_flags,
    engine.revisions,
    engine.variables,
    shell.shell_strings,
)


@dataclass(frozen=True)
class Fixed:
    """A repaired text, and what was repaired: (line in the text before, rule, what)."""

    text: str
    repairs: tuple[tuple[int, str, str], ...]


def fix(text: str, rules: Iterable[str] = REPAIRED_RULES, least: Severity = Severity.ADVICE) -> Fixed:
    """`text` with the findings of these rules, and of at least this severity, repaired as far as that is mechanical.

    The result has none of the findings that `repairs` lists. A comment that allows a finding keeps it.
    """
    selected = frozenset(rules)
    bom, body = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    findings = checks.check(body)
    done: list[tuple[int, str, str]] = []
    for _ in range(ROUNDS):
        wanted = [row for row in findings if row.rule in selected and row.severity.rank <= least.rank]
        repairs, body, findings = _round(body, wanted, findings)
        if not repairs:
            break
        done += [(repair.line, repair.rule, repair.text) for repair in repairs]
    return Fixed(bom + body, tuple(dict.fromkeys(done)))


def _round(text: str, wanted: list[Finding], findings: list[Finding]) -> tuple[list[Repair], str, list[Finding]]:
    """The repairs made, the text with them, and its findings.

    Everything is repaired at once, or where that leaves a finding, what one rule asks for.
    """
    if not {finding.rule for finding in wanted} & set(REPAIRED_RULES):
        return [], text, findings
    try:
        tree = Tree(text)
        repairs = _matching(_repairs(tree, AppSource(text)), wanted)
    except (cst.ParserSyntaxError, SyntaxError, ValueError, RecursionError, TooLarge):
        return [], text, findings
    by_rule = [[repair for repair in repairs if repair.rule == rule] for rule in REPAIRED_RULES]
    for some in filter(None, [repairs, *by_rule]):
        fixed = tree.apply(some)
        left = checks.check(fixed)
        if _are_repaired(some, findings, left):
            return some, fixed, left
    return [], text, findings


def _repairs(tree: Tree, app: AppSource) -> Iterator[Repair]:
    for repair_sdk in SDK_REPAIRS:
        yield from repair_sdk(tree)
    for repair_engine in ENGINE_REPAIRS:
        yield from repair_engine(tree, app)


def _matching(repairs: Iterable[Repair], findings: list[Finding]) -> list[Repair]:
    """Those repairs that a finding asks for."""
    places = {(finding.line, finding.rule) for finding in findings}
    return [repair for repair in repairs if (repair.line, repair.rule) in places]


def _are_repaired(repairs: list[Repair], before: list[Finding], after: list[Finding]) -> bool:
    """True if the text is still valid, and each repaired place has a finding less."""
    places = Counter(rule for _, rule in {(repair.line, repair.rule) for repair in repairs})
    old, new = (Counter(finding.rule for finding in findings) for findings in (before, after))
    return not new["syntax"] and all(new[rule] <= old[rule] - number for rule, number in places.items())
