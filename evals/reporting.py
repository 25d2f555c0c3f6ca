"""The reports of one evaluation: benchmark.json, report.html, junit.xml, and a few lines for the terminal."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import cases, comparing, junit, page
from evals.grading import WITH, WITHOUT
from evals.results import benchmark
from evals.store import Store
from evals.transcript import ERROR, MONEY, TIME
from modal_serve_gen.errors import BadInput, quoted

RESULTS = cases.HERE / "results"
COMPARISON = "comparison.json"
FILES = ("benchmark.json", "report.html", "junit.xml")


@dataclass(frozen=True)
class Written:
    """What was written, and what it says."""

    folder: Path
    benchmark: dict[str, Any]
    comparison: dict[str, Any] | None

    @property
    def counts(self) -> tuple[int, int]:
        """Runs with the skill that tell something, and how many of them are good: of cases and of queries."""
        of = self.benchmark["evals"].get(WITH, {"told": 0, "passed": {"hits": 0}})
        queries = [each for each in self.benchmark["queries"] if each["triggered"] is not None]
        right = sum(each["triggered"] == each["should_trigger"] for each in queries)
        return of["told"] + len(queries), of["passed"]["hits"] + right

    @property
    def mute(self) -> int:
        """Runs that tell nothing: they ended in an error, or out of time or money."""
        return sum(many for name, many in self.benchmark["outcomes"].items() if name in (ERROR, TIME, MONEY))

    def document(self) -> dict[str, Any]:
        files = {name: str(self.folder / name) for name in FILES}
        return {"files": files, "benchmark": self.benchmark, "comparison": self.comparison}

    def text(self) -> str:
        """The main figures."""
        held = self.benchmark
        void = [note for note in held["notes"] if note.startswith("VOID")]
        lines = [*void, ""] if void else []
        for name in ("recall", "precision", "specificity") if held["queries"] else ():
            lines.append(f"trigger {name}: {shown_rate(held['trigger']['all'][name])}")
        for name in (WITH, WITHOUT):
            if name in held["evals"]:
                of = held["evals"][name]
                routed = f", and routed right {shown_rate(of['passed'])}" if name == WITH else ""
                lines.append(f"{name.replace('_', ' ')}: delivered {shown_rate(of['delivered'])}{routed}")
        if gain := held["gain"]:
            low, high = (f"{gain[key] * 100:+.0f}" for key in ("low", "high"))
            lines.append(f"the skill's part: {gain['value'] * 100:+.0f} points of delivered (95 %: {low} to {high})")
        if held["workflow_matrix"]["labels"]:
            lines.append(f"right workflow in the file: {shown_rate(held['workflow_matrix']['right'])}")
        lines += [f"Note: {note}" for note in held["notes"] if not note.startswith("VOID")]
        if self.comparison:
            lines += ["", *comparing.lines(self.comparison)]
        return "\n".join([*lines, "", *(str(self.folder / name) for name in FILES)])

    def published(self, name: str) -> Path:
        """Keep the figures for the README. Raises BadInput for a run that is void, or not whole."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,60}", name):
            raise BadInput(f"--publish {quoted(name)} is no name.", "Take small letters, digits, dots and hyphens.")
        whole, settings = self.benchmark["complete"], self.benchmark["settings"]
        if self.benchmark["control"]["void"] or whole["done"] < whole["planned"]:
            raise BadInput("An evaluation that is void or not whole is not published.", "Finish it with --resume.")
        files = {settings[key] for key in ("evals_file", "triggers_file")}
        if settings["cases"] or files != {"evals/evals.json", "evals/trigger-evals.json"}:
            raise BadInput("A choice of cases is not published.", "Ask all of them: without --case and other files.")
        RESULTS.mkdir(exist_ok=True)
        kept = {key: value for key, value in self.benchmark.items() if key != "failures"}
        where = ("evals_file", "triggers_file")  # of this machine
        kept["settings"] = {key: value for key, value in kept["settings"].items() if key not in where}
        kept["settings"]["agent"] = {**kept["settings"]["agent"], "program": "", "base_url": ""}
        path = RESULTS / f"{name}.json"
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return path


def shown_rate(rate: dict[str, Any]) -> str:
    """A rate with its counts and interval."""
    if not rate["of"]:
        return "unknown (0 runs)"
    return f"{rate['value']:.0%} ({rate['hits']} of {rate['of']}; 95 %: {rate['low']:.0%} to {rate['high']:.0%})"


def write(folder: Path, against: Path | None = None) -> Written:
    """Write every report anew. Raises BadInput where the folder holds no evaluation."""
    store = Store(folder, str)
    found = benchmark(store)
    kept = folder / COMPARISON  # so that a report written anew does not lose it
    if against:
        kept.write_text(json.dumps(comparing.compare(comparing.load(against), found), indent=1), "utf-8")
    comparison = json.loads(kept.read_text("utf-8")) if kept.exists() else None
    texts = (
        json.dumps(found, indent=1, ensure_ascii=False) + "\n",
        page.render(found, store, comparison),
        junit.document(store),
    )
    for name, text in zip(FILES, texts, strict=True):
        partly = folder / f"{name}.tmp"
        try:
            partly.write_text(text, "utf-8", errors="xmlcharrefreplace")
        except OSError as fault:
            raise BadInput(f"{quoted(str(folder / name))} cannot be written: {fault.strerror}.", "Make room.") from None
        os.replace(partly, folder / name)  # noqa: PTH105
    return Written(folder, found, comparison)
