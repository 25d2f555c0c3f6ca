"""Select the tasks of an evaluation by set, split and name; the controls are always included."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from evals import cases, demands
from modal_serve_gen.errors import BadInput, nearest, quoted

Set = Literal["evals", "trigger", "all"]
Split = Literal["tune", "held-out", "all"]


@dataclass(frozen=True)
class Selection:
    """Which tasks: of a set, of a split of the queries, and, if there are `patterns`, only those that match one."""

    which: Set = "all"
    split: Split = "all"
    patterns: tuple[str, ...] = ()
    evals_file: Path = cases.EVALS
    triggers_file: Path = cases.TRIGGERS


def tasks(selection: Selection) -> list[cases.Task]:
    """The selected tasks and the controls of their sets. Raises BadInput for cases that could not be run or graded."""
    selected: list[cases.Task] = []
    if selection.which != "trigger":
        selected += [demands.validate(case) for case in cases.evals(selection.evals_file)]
    if selection.which != "evals":
        queries = cases.triggers(selection.triggers_file)
        selected += [query for query in queries if selection.split in ("all", query.split) or query.control]
    for pattern in selection.patterns:
        if not any(matches(task, [pattern]) for task in selected):
            near = nearest(pattern, sorted({name for task in selected for name in _names(task)}))
            raise BadInput(
                f"No case or query matches {quoted(pattern)}.{near}",
                "`python -m evals list` prints their names; * matches any text.",
            )
    if selection.patterns:
        named = [task for task in selected if matches(task, selection.patterns)]
        sets = {cases.task_set(task.task_id) for task in named}
        selected = [
            task for task in selected if task in named or (task.control and cases.task_set(task.task_id) in sets)
        ]
    for kind in {cases.task_set(task.task_id) for task in selected}:
        if not any(task.control for task in selected if cases.task_set(task.task_id) == kind):
            raise BadInput(
                f"No {kind} is a control, so nothing would show that the skill can fire.",
                'Set "control": true on one of them.',
            )
    return selected


def matches(task: cases.Task, patterns: tuple[str, ...] | list[str]) -> bool:
    """True if one of `patterns` matches the task's id, number or name."""
    return any(fnmatch(name, pattern) for name in _names(task) for pattern in patterns)


def _names(task: cases.Task) -> set[str]:
    number = [str(task.id)] if isinstance(task, cases.Case) else []
    return {task.task_id, task.name, *number}
