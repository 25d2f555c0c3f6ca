"""Choose the workflow for a goal, and name the cases in which a generated app is not the best choice."""

from collections.abc import Callable
from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, DoesNotFit, ModelError, ServeError, nearest, quoted
from modal_serve_gen.plan import HOURS_A_MONTH, Plan
from modal_serve_gen.spec import workflows
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.workflows import Workflow


class Unsuitable(BadInput):
    """Something that this workflow cannot do, but another one may."""


class TooManyGpus(Unsuitable):
    """More GPUs than the workflow can use."""


def require_kind(workflow: Workflow, request: Request) -> None:
    """Raise Unsuitable for a batch on a server, and for a load on a workflow that works through a file."""
    load, batch = request.has_load, request.prompts is not None
    if load == batch or batch != bool(workflow.endpoints):
        return
    others = [workflows.load(name) for name in workflows.names()]
    suitable = sorted({goal for other in others if bool(other.endpoints) == load for goal in other.goals})
    kind, does = (
        ("--prompts is a batch", "serves requests") if batch else ("A load is one of a server", "works through a file")
    )
    raise Unsuitable(f"{kind}, but {workflow.name} {does}.", f"Use --goal {' or '.join(suitable)}.")


@dataclass(frozen=True)
class Advice:
    """The workflow for a goal, why it was chosen, and alternatives to a generated app."""

    goal: str
    workflow: str
    why: str
    instead: tuple[str, ...]


def names() -> list[str]:
    """Every goal that at least one workflow serves."""
    return sorted({goal for name in workflows.names() for goal in workflows.load(name).goals})


def serving(goal: str) -> list[Workflow]:
    """The workflows for a goal, best first. Raises BadInput for an unknown goal."""
    if goal not in names():
        raise BadInput(
            f"--goal {quoted(goal)} is unknown.{nearest(goal, names())}", f"Use one of {', '.join(names())}."
        )
    known = [workflows.load(name) for name in workflows.names()]
    return sorted((workflow for workflow in known if goal in workflow.goals), key=lambda workflow: workflow.goals[goal])


def choose(goal: str, plan_for: Callable[[Workflow], Plan]) -> tuple[Workflow, Plan, str]:
    """The best workflow whose plan fits, its plan, and the reason; if none fits, the first that has a plan.

    `plan_for` raises ModelError or Unsuitable for a workflow that cannot serve the model.
    """
    unsuitable: list[str] = []
    first: tuple[Workflow, Plan] | None = None
    error: ServeError | None = None
    for workflow in serving(goal):
        try:
            plan = plan_for(workflow)
        except (ModelError, Unsuitable) as refusal:
            unsuitable.append(f"{workflow.name} is not suitable: {refusal.problem.rstrip('.')}")
            error = refusal
            continue
        if plan.fits and (too_large := _snapshot_refusal(workflow, plan)):
            unsuitable.append(f"{workflow.name} is not suitable: {too_large}")
            continue
        if plan.fits:
            return workflow, plan, "; ".join([workflow.use_when, *unsuitable])
        unsuitable.append(f"{workflow.name} is not suitable: {plan.reason.rstrip('.')}")
        first = first or (workflow, plan)
    if first is None:
        raise error or DoesNotFit(f"No workflow serves {goal}.", "Leave out --goal.")
    return (*first, "nothing fits: " + "; ".join(unsuitable))


def _snapshot_refusal(workflow: Workflow, plan: Plan) -> str | None:
    """Why a memory snapshot does not help to start this model; None if it does."""
    weights, most = (
        next(row.gib for row in plan.ledger if row.item == "weights"),
        facts.overheads().sleep.worth_below_gib,
    )
    if not workflow.sleep or weights < most:
        return None
    return f"a snapshot does not speed up reading {weights:.0f} GiB of weights, most of a start from {most:g} GiB on"


def instead(workflow: Workflow, plan: Plan, *, free: bool) -> tuple[str, ...]:
    """Alternatives to a generated app, as sentences. `free`: no option restricts the engine, its flags or the GPU."""
    if not plan.fits or not workflow.endpoints:
        return ()
    rules = facts.elsewhere()
    managed, cluster = (f"If {rules[key].when}, {rules[key].instead}" for key in ("managed", "cluster"))
    month = f"here, one container costs ${plan.usd_per_month:,.0f} for {HOURS_A_MONTH} hours of GPU time"
    return (*([f"{managed}."] if free else []), f"{cluster}: {month}.")
