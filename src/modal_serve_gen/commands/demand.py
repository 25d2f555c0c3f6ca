"""What a load and a time to be ready mean for an app: its containers, a refusal, or a note."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from modal_serve_gen.commands import ways_out
from modal_serve_gen.errors import DoesNotFit
from modal_serve_gen.models import Model
from modal_serve_gen.plan import Note, Plan
from modal_serve_gen.spec.request import Request
from modal_serve_gen.spec.serve_spec import ServeSpec
from modal_serve_gen.spec.workflows import Workflow


def with_containers(spec: ServeSpec, options: Mapping[str, Any], plan: Plan, workflow: Workflow) -> ServeSpec:
    """`spec` with the containers that the load or the batch needs; those that the user gave are kept.

    A target for the first token cannot wait for a start, so that one container is kept.
    """
    if plan.batch:
        most = options.get("max_containers", plan.batch.containers)
        return spec.model_copy(update={"max_containers": most})
    if plan.load is None:
        return spec
    least, most = spec.min_containers, spec.max_containers
    if plan.load.ttft_p95_target_s is not None and "min_containers" in workflow.options:
        least = options.get("min_containers", max(1, least))
    most = options.get("max_containers", max(plan.load.containers, least))
    return spec.model_copy(update={"min_containers": least, "max_containers": most})


def late_notes(model: Model, request: Request, workflow: Workflow, plan: Plan) -> tuple[Note, ...]:
    """A note where --ready-within may be missed. Raises DoesNotFit, with the ways out, where it certainly is."""
    if not ways_out.needed(request, plan):
        return ()
    ways, start = ways_out.ways(model, request, workflow, plan), plan.start
    if not plan.fits and start.low_s > (request.ready_within or 0):
        details = {**plan.model_dump(mode="json"), "ways_out": [asdict(way) for way in ways]}
        raise DoesNotFit(plan.reason, ways_out.sentence(ways), details=details)
    text = (
        f"A start takes an estimated {start.low_s:.0f} to {start.high_s:.0f} s, which may exceed --ready-within "
        f"{request.ready_within:g}. {ways_out.sentence(ways)}"
    )
    return (Note(kind="limit", text=text),)
