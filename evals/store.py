"""The folder of one evaluation: its settings, and a folder for each run that is done. Whatever is there is whole.

run.json                                   what was asked, of whom, with which skill; fixed when it begins
eval-3/with_skill/run-1/result.json        everything about a run: it is done when this is there
                        grading.json       the same in skill-creator's format, if the run tells something
                        timing.json        so, too
                        transcript.json    what the agent did; stream.jsonl: as the agent itself says it
                        outputs/           what it wrote
"""

import fcntl
import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals import cases
from evals.grading import Grade
from evals.transcript import ERROR, Transcript
from evals.workspace import Space
from modal_serve_gen.errors import BadInput, quoted

SETTINGS = "run.json"
RESULT = "result.json"
LARGEST = 1_000_000  # bytes of one file that an agent wrote; what is larger is not kept
MOST = 50  # files of an agent's that are kept


@dataclass(frozen=True)
class Run:
    """One task, asked once."""

    task: cases.Task
    configuration: str
    number: int

    @property
    def place(self) -> Path:
        return Path(self.task.id, self.configuration, f"run-{self.number}")


class Store:
    """The folder, held by one process at a time."""

    def __init__(self, folder: Path, clean: Callable[[str], str]):
        self.folder, self.clean = folder, clean

    def begin(self, settings: dict[str, Any]) -> None:
        """Make the folder and keep its settings. Raises BadInput where there is something already."""
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            also = f"Go on with --resume {self.folder}, or name" if (self.folder / SETTINGS).exists() else "Name"
            raise BadInput(f"{quoted(str(self.folder))} is there already.", f"{also} another folder with --out.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(self.folder / SETTINGS, settings)
        except OSError as fault:
            raise BadInput(
                f"{quoted(str(self.folder))} cannot be written: {fault.strerror}.", "Name another folder with --out."
            ) from None

    def settings(self) -> dict[str, Any]:
        """What `begin` kept. Raises BadInput where nothing was."""
        try:
            return json.loads((self.folder / SETTINGS).read_text("utf-8"))
        except (OSError, ValueError):
            raise BadInput(f"{quoted(str(self.folder))} holds no evaluation.", "Name the folder of one.") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out of it. Raises BadInput where one is at work in it."""
        with (self.folder / SETTINGS).open() as settings:
            try:
                fcntl.flock(settings, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(
                    f"Another process works in {quoted(str(self.folder))}.", "Wait for it, or end it."
                ) from None
            for left in self.folder.glob("*/*/*.part"):
                shutil.rmtree(left, ignore_errors=True)  # of a run that was cut off
            yield

    def done(self, run: Run) -> bool:
        return (self.folder / run.place / RESULT).exists()

    def outcome(self, run: Run) -> str:
        """How a kept run ended; '' of one that is not done."""
        path = self.folder / run.place / RESULT
        return json.loads(path.read_text("utf-8"))["outcome"] if path.exists() else ""

    def forget(self, run: Run) -> None:
        """Let a run be done again."""
        shutil.rmtree(self.folder / run.place, ignore_errors=True)

    def part(self, run: Run) -> Path:
        """An empty folder for a run that is under way; `finish` gives it its name."""
        path = self.folder / f"{run.place}.part"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def finish(self, run: Run, result: dict[str, Any], transcript: Transcript, written: dict[str, str]) -> None:
        """Keep a run, with what `written` has of the agent's files: all of it, or nothing."""
        part = self.folder / f"{run.place}.part"
        for name, text in written.items():
            (part / "outputs" / name).parent.mkdir(parents=True, exist_ok=True)
            (part / "outputs" / name).write_text(text, "utf-8", errors="replace")
        self._write(part / "transcript.json", transcript.document())
        if "grade" in result:
            self._write(part / "grading.json", grading_document(result, transcript))
            self._write(part / "timing.json", timing_document(result))
        self._write(part / RESULT, result)
        meta = part.parent.parent / "eval_metadata.json"
        if not meta.exists():
            self._write(
                meta,
                {
                    "eval_id": run.task.case.id if run.task.case else run.task.id,
                    "eval_name": run.task.name,
                    "prompt": run.task.prompt,
                },
            )
        part.rename(self.folder / run.place)

    def results(self) -> Iterator[dict[str, Any]]:
        """Each kept result, one at a time, in a fixed order, with its `place`."""
        for path in sorted(self.folder.glob(f"*/*/run-*/{RESULT}"), key=_in_order):
            yield json.loads(path.read_text("utf-8")) | {"place": str(path.parent.relative_to(self.folder))}

    def transcript(self, place: str) -> Transcript:
        return Transcript.from_document(json.loads((self.folder / place / "transcript.json").read_text("utf-8")))

    def outputs(self, place: str) -> dict[str, str]:
        """What the agent wrote in a kept run: name -> text."""
        folder = self.folder / place / "outputs"
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}

    def written(self, space: Space) -> dict[str, str]:
        """What the agent wrote as text, cleaned: new and changed files of its project, hidden folders apart."""
        found: dict[str, str] = {}
        for path in sorted(space.project.rglob("*")):
            inner = path.relative_to(space.project)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
            if hidden or path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST or len(found) >= MOST:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            if space.before.get(str(inner)) != text:
                found[str(inner)] = self.clean(text)
        return found

    def _write(self, path: Path, document: object) -> None:
        partly = path.with_name(f"{path.name}.{threading.get_ident()}.tmp")
        partly.write_text(json.dumps(self._cleaned(document), indent=1, ensure_ascii=False), "utf-8", errors="replace")
        partly.replace(path)

    def _cleaned(self, document: Any) -> Any:
        """A document with every text in it cleaned."""
        if isinstance(document, str):
            return self.clean(document)
        if isinstance(document, dict):
            return {self.clean(key): self._cleaned(value) for key, value in document.items()}
        return [self._cleaned(each) for each in document] if isinstance(document, list | tuple) else document


def grading_document(result: dict[str, Any], transcript: Transcript) -> dict[str, Any]:
    """A run's grading.json as skill-creator's readers want it; what only ours know stands beside it."""
    grade = result["grade"]
    kinds = [event.kind for event in transcript.events if event.kind != "text"]
    return {
        "expectations": grade["delivered"],
        "summary": summary(grade["delivered"]),
        "execution_metrics": {
            "tool_calls": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
            "total_tool_calls": len(kinds),
            "total_steps": transcript.turns,
            "errors_encountered": sum(event.failed for event in transcript.events),
            "transcript_chars": sum(len(event.what) + len(event.detail) for event in transcript.events),
        },
        "routing": grade["routing"],
        "not_judged": grade["not_judged"],
        "passed": grade["passed"],
    }


def timing_document(result: dict[str, Any]) -> dict[str, Any]:
    """A run's timing.json: where skill-creator's readers look for tokens and seconds."""
    used, seconds = result["usage"], result["seconds"]
    tokens = used["input_tokens"] + used["output_tokens"]
    return {"total_tokens": tokens, "duration_ms": round(seconds * 1000), "total_duration_seconds": round(seconds, 3)}


def summary(verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """How many expectations were met."""
    passed = sum(bool(each["passed"]) for each in verdicts)
    total = len(verdicts)
    return {
        "passed": passed,
        "failed": total - passed,
        "total": total,
        "pass_rate": round(passed / total, 4) if total else 1.0,
    }


def result_document(run: Run, transcript: Transcript, grade: Grade | None) -> dict[str, Any]:
    """Everything about a run but what was said and written in it."""
    task = run.task
    about = {
        "id": task.id,
        "name": task.name,
        "prompt": task.prompt,
        "configuration": run.configuration,
        "number": run.number,
        "expect_skill": task.expect_skill,
        "expect_workflow": task.workflow,
        "control": task.control,
    }
    if task.query:
        about |= {"kind": task.query.kind, "topic": task.query.topic, "split": task.query.split}
    held = {
        **about,
        "outcome": transcript.outcome or ERROR,
        "reason": transcript.reason,
        "turns": transcript.turns,
        "seconds": round(transcript.seconds, 3),
        "usage": transcript.document()["usage"],
        "model": transcript.model,
        "agent": transcript.agent,
        "offered": transcript.offered,
        "malformed": transcript.malformed,
        "tool_calls": sum(event.kind != "text" for event in transcript.events),
        "tool_errors": sum(event.failed for event in transcript.events),
    }
    return held | ({"grade": grade.document()} if grade else {})


def fingerprint(*paths: Path) -> str:
    """One hash of the content of files and folders: whether they are still the same."""
    found = hashlib.sha256()
    for root in paths:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def _in_order(path: Path) -> tuple:
    id_, configuration, number = path.parts[-4:-1]
    kind, _, rest = id_.partition("-")
    return kind, int(rest) if rest.isdecimal() else 0, rest, configuration, int(number.removeprefix("run-"))
