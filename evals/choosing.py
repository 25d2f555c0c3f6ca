"""Which tasks an evaluation asks: by set, split and name, and always the controls."""

from typing import Any

from evals import cases
from modal_serve_gen.errors import BadInput, nearest, shown


def tasks(asked: dict[str, Any]) -> list[cases.Task]:
    """What is to be asked, the controls among it."""
    found = []
    if asked["which"] != "trigger":
        found += cases.evals(asked["evals_file"])
    if asked["which"] != "evals":
        queries = cases.triggers(asked["triggers_file"])
        found += [task for task in queries if asked["split"] in ("all", task.query.split) or task.control]
    wanted = asked["case"] or []
    known = {name for task in found for name in (task.id, task.name, str(task.case.id) if task.case else task.id)}
    for name in wanted:
        if name not in known:
            raise BadInput(
                f"There is no case {shown(name)}.{nearest(name, sorted(known))}", "See python -m evals list."
            )
    if wanted:
        sets = {task.id.partition("-")[0] for task in found if _named(task, wanted)}
        found = [task for task in found if _named(task, wanted) or (task.control and task.id.partition("-")[0] in sets)]
    for kind in {task.id.partition("-")[0] for task in found}:
        if not any(task.control for task in found if task.id.startswith(kind)):
            raise BadInput(
                f"No {kind} is a control, so nothing would show that the skill can fire.", 'Give one "control": true.'
            )
    return found


def _named(task: cases.Task, wanted: list[str]) -> bool:
    return bool({task.id, task.name, str(task.case.id) if task.case else task.id} & set(wanted))
