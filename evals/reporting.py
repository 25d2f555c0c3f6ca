"""Write the reports of an evaluation: benchmark.json, report.html, junit.xml, and a summary for the terminal."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import cases, comparing, junit, page
from evals.benchmark import Benchmark, Comparison
from evals.grading import WITH, WITHOUT
from evals.results import benchmark
from evals.stats import Rate
from evals.store import Store
from evals.transcript import ERROR, MONEY, TIME
from modal_serve_gen.errors import BadInput, quoted

RESULTS = cases.FOLDER / "results"
COMPARISON = "comparison.json"
FILES = ("benchmark.json", "report.html", "junit.xml")


@dataclass(frozen=True)
class Report:
    """The reports that were written, and their content."""

    folder: Path
    benchmark: Benchmark
    comparison: Comparison | None

    @property
    def counts(self) -> tuple[int, int]:
        """Conclusive runs with the skill, and how many of them passed: cases and queries together."""
        own = self.benchmark.evals.get(WITH)
        queries = [query for query in self.benchmark.queries if query.triggered is not None]
        right = sum(query.triggered == query.should_trigger for query in queries)
        return (own.told if own else 0) + len(queries), (own.passed.hits if own else 0) + right

    @property
    def inconclusive(self) -> int:
        """Runs that ended in an error, a time-out or at the cost limit."""
        return sum(count for name, count in self.benchmark.outcomes.items() if name in (ERROR, TIME, MONEY))

    def document(self) -> dict[str, Any]:
        """The reports as a JSON object."""
        return {
            "files": {name: str(self.folder / name) for name in FILES},
            "benchmark": self.benchmark.model_dump(mode="json"),
            "comparison": self.comparison and self.comparison.model_dump(mode="json"),
        }

    def text(self) -> str:
        """The main figures."""
        document = self.benchmark
        void = [note for note in document.notes if note.startswith("VOID")]
        lines = [*void, ""] if void else []
        if document.queries:
            for name in ("recall", "precision", "specificity"):
                lines.append(f"trigger {name}: {rate_text(getattr(document.trigger['all'], name))}")
        for name in (WITH, WITHOUT):
            if name in document.evals:
                of = document.evals[name]
                routed = f", and routed correctly {rate_text(of.passed)}" if name == WITH else ""
                lines.append(f"{name.replace('_', ' ')}: delivered {rate_text(of.delivered)}{routed}")
        if gain := document.gain:
            points = [f"{value * 100:+.0f}" for value in (gain.value, gain.low, gain.high)]
            lines.append(f"the skill adds {points[0]} points of delivered (95 %: {points[1]} to {points[2]})")
        if document.workflow_matrix.labels:
            lines.append(f"correct workflow of the app: {rate_text(document.workflow_matrix.right)}")
        lines += [f"Note: {note}" for note in document.notes if not note.startswith("VOID")]
        if self.comparison:
            lines += ["", *comparing.lines(self.comparison)]
        return "\n".join([*lines, "", *(str(self.folder / name) for name in FILES)])

    def publish(self, name: str) -> Path:
        """Save the figures for the documentation. Raises BadInput for an evaluation that is void or incomplete."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,60}", name):
            raise BadInput(
                f"--publish {quoted(name)} is not a valid name.", "Use lowercase letters, digits, dots and hyphens."
            )
        complete, settings = self.benchmark.complete, self.benchmark.settings
        if self.benchmark.control.void or complete.done < complete.planned:
            raise BadInput(
                "An evaluation that is void or incomplete cannot be published.", "Complete it with --resume."
            )
        files = {settings.evals_file, settings.triggers_file}
        if settings.cases or files != {"evals/evals.json", "evals/trigger-evals.json"}:
            raise BadInput(
                "An evaluation of selected cases cannot be published.",
                "Run all cases and queries, without --case and with the default files.",
            )
        RESULTS.mkdir(exist_ok=True)
        document = self.benchmark.model_dump(mode="json", exclude={"failures"})
        for key in ("evals_file", "triggers_file"):  # paths of this machine
            del document["settings"][key]
        document["settings"]["agent"] |= {"program": "", "base_url": ""}
        path = RESULTS / f"{name}.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return path


def rate_text(rate: Rate) -> str:
    """A rate with its counts and interval."""
    if not rate.of:
        return "unknown (0 runs)"
    return f"{rate.value:.0%} ({rate.hits} of {rate.of}; 95 %: {rate.low:.0%} to {rate.high:.0%})"


def write(folder: Path, against: Path | None = None) -> Report:
    """Write all reports. Raises BadInput if the folder holds no evaluation."""
    store = Store(folder, str)
    document = benchmark(store)
    saved = folder / COMPARISON  # a later report without `against` shows the comparison again
    if against:
        comparison = comparing.compare(comparing.load(against), document)
        saved.write_text(comparison.model_dump_json(indent=1), "utf-8")
    elif saved.exists():
        comparison = Comparison.model_validate_json(saved.read_text("utf-8"))
    else:
        comparison = None
    texts = (
        json.dumps(document.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n",
        page.render(document, store, comparison),
        junit.document(store),
    )
    for name, text in zip(FILES, texts, strict=True):
        temporary = folder / f"{name}.tmp"
        try:
            temporary.write_text(text, "utf-8", errors="xmlcharrefreplace")
        except OSError as error:
            text = f"{quoted(folder / name)} cannot be written: {error.strerror}."
            raise BadInput(text, "Free some disk space.") from None
        os.replace(temporary, folder / name)  # noqa: PTH105
    return Report(folder, document, comparison)
