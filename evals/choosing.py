"""Which tasks an evaluation asks: by set, split and name, and always the controls."""

from fnmatch import fnmatch
from typing import Any

from evals import cases, demands
from modal_serve_gen.errors import BadInput, nearest, quoted


def tasks(asked: dict[str, Any]) -> list[cases.Task]:
    """What is to be asked, the controls among it. Raises BadInput for cases that could not be asked or graded."""
    found = []
    if asked["which"] != "trigger":
        found += [demands.checked(task) for task in cases.evals(asked["evals_file"])]
    if asked["which"] != "evals":
        queries = cases.triggers(asked["triggers_file"])
        found += [task for task in queries if asked["split"] in ("all", task.query.split) or task.control]
    wanted = asked["case"] or []
    for pattern in wanted:
        if not any(named(task, [pattern]) for task in found):
            near = nearest(pattern, sorted({name for task in found for name in _names(task)}))
            raise BadInput(
                f"There is no case {quoted(pattern)}.{near}", "See python -m evals list; * stands for any text."
            )
    if wanted:
        sets = {cases.set_of(task.id) for task in found if named(task, wanted)}
        found = [task for task in found if named(task, wanted) or (task.control and cases.set_of(task.id) in sets)]
    for kind in {cases.set_of(task.id) for task in found}:
        if not any(task.control for task in found if cases.set_of(task.id) == kind):
            raise BadInput(
                f"No {kind} is a control, so nothing would show that the skill can fire.", 'Give one "control": true.'
            )
    return found


def named(task: cases.Task, patterns: list[str]) -> bool:
    """Whether one of `patterns` is a task's id, number or name."""
    return any(fnmatch(name, pattern) for name in _names(task) for pattern in patterns)


def _names(task: cases.Task) -> set[str]:
    return {task.id, task.name, *([str(task.case.id)] if task.case else [])}
