"""Which workflow serves a goal, and when something else than an app of one's own serves better."""

from dataclasses import dataclass
from typing import Any

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, DoesNotFit, ModelError, nearest, quoted
from modal_serve_gen.plan import HOURS_A_MONTH, Plan
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.workflows import Workflow


class TooManyGpus(BadInput):
    """More GPUs than a workflow can use."""


@dataclass(frozen=True)
class Advice:
    """The workflow for a goal, why it and not the better liked ones, and what else to think of."""

    goal: str
    workflow: str
    why: str
    instead: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {"goal": self.goal, "workflow": self.workflow, "why": self.why, "instead": list(self.instead)}


def names() -> list[str]:
    """Every goal that some workflow serves."""
    return sorted({goal for name in workflows.names() for goal in workflows.load(name).goals})


def serving(goal: str) -> list[Workflow]:
    """The workflows of a goal, best first. BadInput for an unknown one."""
    if goal not in names():
        raise BadInput(
            f"--goal {quoted(goal)} is unknown.{nearest(goal, names())}", f"Use one of {', '.join(names())}."
        )
    found = [workflows.load(name) for name in workflows.names()]
    return sorted((one for one in found if goal in one.goals), key=lambda one: one.goals[goal])


def choose(goal: str, plan_for) -> tuple[Workflow, Plan, str]:
    """The best workflow whose plan fits, its plan, and why; else the first one's plan. `plan_for` plans a workflow, or
    raises ModelError where its engine does not serve the model."""
    passed, last, refused = [], None, None
    for workflow in serving(goal):
        try:
            plan = plan_for(workflow)
        except (ModelError, TooManyGpus) as refusal:
            passed.append(f"{workflow.name} is out: {refusal.problem.rstrip('.')}")
            refused = refusal
            continue
        if plan.fits:
            return workflow, plan, "; ".join([workflow.use_when, *passed])
        passed.append(f"{workflow.name} is out: {plan.reason.rstrip('.')}")
        last = last or (workflow, plan)
    if last is None:
        raise refused or DoesNotFit(f"No workflow serves {goal}.", "Leave out --goal.")
    return (*last, "nothing fits: " + "; ".join(passed))


def instead(workflow: Workflow, plan: Plan, *, free: bool) -> tuple[str, ...]:
    """What else to think of: sentences. `free`: nothing was asked of engine, flags or GPU."""
    rules, found = facts.elsewhere(), []
    if free and workflow.endpoints and plan.fits:
        found.append(_sentence(rules["managed"]))
    if plan.fits and workflow.endpoints:
        month = f"${plan.usd_per_month:,.0f} of GPU time for one container in {HOURS_A_MONTH} hours"
        found.append(f"{_sentence(rules['cluster'])[:-1]}: {month}.")
    return tuple(found)


def _sentence(rule: facts.Elsewhere) -> str:
    return f"Where {rule.when}, {rule.instead}."
