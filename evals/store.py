"""The folder of an evaluation: its settings, and a folder for each completed run, renamed into place at once.

run.json                                   the settings, fixed when it begins
eval-3/with_skill/run-1/result.json        the result of a run; a run is done when this file exists
                        grading.json       the grade in skill-creator's format, if the run is conclusive
                        timing.json        tokens and seconds in skill-creator's format
                        transcript.json    what the agent did; stream.jsonl: its own records
                        outputs/           what it wrote
"""

import fcntl
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evals import cases
from evals.artifact import Verdict
from evals.grading import Grade
from evals.records import Result, Run, Settings
from evals.transcript import Transcript
from evals.workspace import Space
from modal_serve_gen.errors import BadInput, quoted

SETTINGS = "run.json"
RESULT = "result.json"
LARGEST = 1_000_000  # bytes; a larger file of an agent is not saved
MOST = 50  # files of an agent that are saved


class Store:
    """The folder, used by one process at a time. `clean` removes secrets from everything that is written."""

    def __init__(self, folder: Path, clean: Callable[[str], str]):
        self.folder, self.clean = folder, clean

    def begin(self, settings: Settings) -> None:
        """Create the folder and save the settings. Raises BadInput if it is not empty."""
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            resume = (
                f"Continue it with --resume {self.folder}, or name" if (self.folder / SETTINGS).exists() else "Name"
            )
            raise BadInput(f"{quoted(self.folder)} already exists.", f"{resume} another folder with --out.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write(self.folder / SETTINGS, settings.document())
        except OSError as error:
            raise BadInput(
                f"{quoted(self.folder)} cannot be written: {error.strerror}.", "Name another folder with --out."
            ) from None

    def settings(self) -> Settings:
        """The saved settings. Raises BadInput if there are none."""
        try:
            return Settings.model_validate_json((self.folder / SETTINGS).read_text("utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            raise BadInput(f"{quoted(self.folder)} holds no evaluation.", "Name the folder of an evaluation.") from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder. Raises BadInput if another process has locked it."""
        with (self.folder / SETTINGS).open() as settings:
            try:
                fcntl.flock(settings, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(
                    f"Another process is using {quoted(self.folder)}.", "Wait until it ends, or stop it."
                ) from None
            for partial in self.folder.glob("*/*/*.part"):
                shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
            yield

    def done(self, run: Run) -> bool:
        """True if the run is completed."""
        return (self.folder / run.place / RESULT).exists()

    def outcome(self, run: Run) -> str:
        """The outcome of a completed run; '' if it is not completed."""
        path = self.folder / run.place / RESULT
        return Result.model_validate_json(path.read_text("utf-8")).outcome if path.exists() else ""

    def forget(self, run: Run) -> None:
        """Delete a run, so that it is repeated."""
        shutil.rmtree(self.folder / run.place, ignore_errors=True)

    def part(self, run: Run) -> Path:
        """A new, empty folder for a run in progress; `finish` renames it."""
        path = self.folder / f"{run.place}.part"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def finish(self, run: Run, result: Result, transcript: Transcript, written: dict[str, str]) -> None:
        """Save a run with the agent's files: all of it, or nothing."""
        part = self.folder / f"{run.place}.part"
        for name, text in written.items():
            (part / "outputs" / name).parent.mkdir(parents=True, exist_ok=True)
            (part / "outputs" / name).write_text(text, "utf-8", errors="replace")
        self._write(part / "transcript.json", asdict(transcript))
        if result.grade:
            self._write(part / "grading.json", _grading(result.grade, transcript))
            self._write(part / "timing.json", _timing(result))
        self._write(part / RESULT, result.document())
        metadata = part.parent.parent / "eval_metadata.json"
        if not metadata.exists():
            number = run.task.id if isinstance(run.task, cases.Case) else run.task.task_id
            self._write(metadata, {"eval_id": number, "eval_name": run.task.name, "prompt": run.task.prompt})
        part.rename(self.folder / run.place)

    def results(self) -> Iterator[Result]:
        """The saved results, one at a time, in a fixed order."""
        for path in sorted(self.folder.glob(f"*/*/run-*/{RESULT}"), key=_order):
            place = str(path.parent.relative_to(self.folder))
            yield Result.model_validate_json(path.read_text("utf-8")).model_copy(update={"place": place})

    def transcript(self, place: str) -> Transcript:
        """The transcript of a saved run."""
        path = self.folder / place / "transcript.json"
        return TypeAdapter(Transcript).validate_json(path.read_text("utf-8"))

    def outputs(self, place: str) -> dict[str, str]:
        """The files that the agent wrote in a saved run: name and text."""
        folder = self.folder / place / "outputs"
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}

    def written(self, space: Space) -> dict[str, str]:
        """The new and changed files of the project as text, without secrets; hidden folders are left out."""
        files: dict[str, str] = {}
        for path in sorted(space.project.rglob("*")):
            inner = path.relative_to(space.project)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
            if hidden or path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST or len(files) >= MOST:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            if space.before.get(str(inner)) != text:
                files[str(inner)] = self.clean(text)
        return files

    def _write(self, path: Path, document: dict[str, Any]) -> None:
        temporary = path.with_name(f"{path.name}.{threading.get_ident()}.tmp")
        text = json.dumps(self._cleaned(document), indent=1, ensure_ascii=False)
        temporary.write_text(text, "utf-8", errors="replace")
        temporary.replace(path)

    def _cleaned(self, document: Any) -> Any:
        """A document with every text in it cleaned."""
        if isinstance(document, str):
            return self.clean(document)
        if isinstance(document, dict):
            return {self.clean(key): self._cleaned(value) for key, value in document.items()}
        return [self._cleaned(value) for value in document] if isinstance(document, list | tuple) else document


def _grading(grade: Grade, transcript: Transcript) -> dict[str, Any]:
    """A grading.json: skill-creator's keys first, then our own."""
    kinds = [event.kind for event in transcript.events if event.kind != "text"]
    return {
        "expectations": [asdict(verdict) for verdict in grade.delivered],
        "summary": summary(grade.delivered),
        "execution_metrics": {
            "tool_calls": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
            "total_tool_calls": len(kinds),
            "total_steps": transcript.turns,
            "errors_encountered": sum(event.failed for event in transcript.events),
            "transcript_chars": sum(len(event.what) + len(event.detail) for event in transcript.events),
        },
        "routing": [asdict(verdict) for verdict in grade.routing],
        "not_judged": grade.not_judged,
        "passed": grade.passed,
    }


def _timing(result: Result) -> dict[str, Any]:
    """A timing.json in skill-creator's format."""
    return {
        "total_tokens": result.tokens,
        "duration_ms": round(result.seconds * 1000),
        "total_duration_seconds": round(result.seconds, 3),
    }


def summary(verdicts: list[Verdict]) -> dict[str, Any]:
    """How many expectations passed, in skill-creator's format."""
    passed, total = sum(verdict.passed for verdict in verdicts), len(verdicts)
    rate = round(passed / total, 4) if total else 1.0
    return {"passed": passed, "failed": total - passed, "total": total, "pass_rate": rate}


def _order(path: Path) -> tuple[str, int, str, str, int]:
    id_, configuration, number = path.parts[-4:-1]
    kind, _, rest = id_.partition("-")
    return kind, int(rest) if rest.isdecimal() else 0, rest, configuration, int(number.removeprefix("run-"))
