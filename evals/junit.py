"""JUnit XML for CI: a test for each run with the skill."""

import re
import xml.etree.ElementTree as xml

from evals.grading import WITHOUT
from evals.records import Result
from evals.store import Store

# Characters that XML cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(store: Store) -> str:
    """A suite of cases and one of queries; inconclusive runs are errors."""
    root = xml.Element("testsuites", name="evals")
    suites: dict[str, xml.Element] = {}
    for result in store.results():
        if result.configuration == WITHOUT:
            continue
        kind = "queries" if result.is_query else "cases"
        if kind not in suites:
            suites[kind] = xml.SubElement(root, "testsuite", name=kind)
        name = _text(f"{result.name} [{result.number}]")
        test = xml.SubElement(suites[kind], "testcase", classname=f"evals.{kind}.{result.id}", name=name)
        test.set("time", f"{result.seconds:.3f}")
        _outcome(test, result)
    for suite in suites.values():
        for key, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
            suite.set(key, str(len(suite.findall(tag))))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _outcome(test: xml.Element, result: Result) -> None:
    if result.grade is None:
        error = xml.SubElement(test, "error", type=result.outcome, message=_text(result.reason))
        error.text = _text(result.place)
    elif failed := result.grade.failed:
        lines = [f"{verdict.text}: {verdict.evidence}" for verdict in failed]
        failure = xml.SubElement(test, "failure", type=failed[0].name, message=_text(lines[0]))
        failure.text = _text("\n".join([*lines, result.place]))


def _text(text: str) -> str:
    return FORBIDDEN.sub("�", text)
