"""JUnit's XML, which every CI shows: a test for each run."""

import re
import xml.etree.ElementTree as xml
from typing import Any

from evals.grading import WITHOUT, failed
from evals.store import Store

# What XML cannot hold, whatever it is escaped as.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(store: Store) -> str:
    """A suite of cases and one of queries; runs that tell nothing are errors, those without the skill left out."""
    root = xml.Element("testsuites", name="evals")
    suites: dict[str, xml.Element] = {}
    for row in store.results():
        if row["configuration"] == WITHOUT:
            continue
        kind = "queries" if "kind" in row else "cases"
        if kind not in suites:
            suites[kind] = xml.SubElement(root, "testsuite", name=kind)
        suite = suites[kind]
        test = xml.SubElement(
            suite, "testcase", classname=f"evals.{kind}.{row['id']}", name=_text(f"{row['name']} [{row['number']}]"),
            time=f"{row['seconds']:.3f}",
        )  # fmt: skip
        _outcome(test, row)
    for suite in suites.values():
        for key, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
            suite.set(key, str(len(suite.findall(tag))))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _outcome(test: xml.Element, row: dict[str, Any]) -> None:
    if "grade" not in row:
        xml.SubElement(test, "error", type=row["outcome"], message=_text(row["reason"])).text = _text(row["place"])
    elif not row["grade"]["passed"]:
        bad = failed(row["grade"])
        lines = [f"{each['text']}: {each['evidence']}" for each in bad]
        failure = xml.SubElement(test, "failure", type=bad[0]["name"], message=_text(lines[0]))
        failure.text = _text("\n".join([*lines, row["place"]]))


def _text(text: str) -> str:
    return FORBIDDEN.sub("�", text)
