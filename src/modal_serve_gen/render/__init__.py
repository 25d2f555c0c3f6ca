"""Render a Resolved record (options, model, plan, pins) as the text of an app. Pure: no network, no files written."""

from modal_serve_gen.render.provenance import provenance, read_provenance
from modal_serve_gen.render.resolved import ModelFacts, Pins, PlanFacts, Resolved
from modal_serve_gen.render.template import code, memory_mib

__all__ = ["ModelFacts", "Pins", "PlanFacts", "Resolved", "memory_mib", "read_provenance", "render"]


def render(resolved: Resolved) -> str:
    """Return the app's text with its provenance: the same bytes for the same `resolved`, always."""
    return f"{code(resolved)}\n\n\n{provenance(resolved)}"
