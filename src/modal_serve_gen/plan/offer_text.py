"""Offers in sentences: what a smaller copy of the model, or a smaller GPU, holds of the workload (pure)."""

from modal_serve_gen.plan.candidates import Candidate
from modal_serve_gen.plan.gpus import gpu_option
from modal_serve_gen.plan.records import Offer, Sibling


def sibling_note(chosen: Candidate, sibling: Sibling) -> str:
    """The same model in another format, and what it runs on."""
    length, requests = chosen.requested
    fits = (
        f"{sibling.model} is the same model in {sibling.quantization}, with {sibling.weight_gib:g} GiB of weights: "
        f"{length:,} tokens and {requests:,} requests fit {gpu_option(sibling.gpu, sibling.gpus)} for "
        f"${sibling.usd_per_hour:.2f} per hour"
    )
    less = "; ".join(_held(offer, length, requests) for offer in sibling.smaller)
    unknown = "" if sibling.revision else " Its commit is not among the facts: `new` needs the Hub."
    return f"{fits}{'. For less: ' + less if less else ''}.{unknown}"


def _held(offer: Offer, length: int, requests: int) -> str:
    """What an offer holds of the requested size."""
    where = (
        f"{gpu_option(offer.gpu, offer.gpus)} (${offer.usd_per_hour:.2f}) holds {offer.max_num_seqs} requests at once"
    )
    if offer.max_model_len in (0, length):
        return where
    return f"{where}, or {requests} of up to {offer.max_model_len:,} tokens"
