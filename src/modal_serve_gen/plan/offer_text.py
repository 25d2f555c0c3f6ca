"""Offers in sentences: what a smaller copy of the model, or a smaller GPU, holds of the workload (pure)."""

from modal_serve_gen.plan.candidates import Candidate
from modal_serve_gen.plan.gpus import gpu_option
from modal_serve_gen.plan.records import Budget, Offer, Sibling


def sibling_note(chosen: Candidate, sibling: Sibling) -> str:
    """The same model in another format, and what it runs on."""
    length, requests = chosen.requested
    where = gpu_option(sibling.gpu, sibling.gpus)
    if chosen.workload.has_load:
        what, where = "this load", f"{sibling.containers} x {where}"
    else:
        what = f"{length:,} tokens and {requests:,} requests"
    fits = (
        f"{sibling.model} is the same model in {sibling.quantization}, with {sibling.weight_gib:g} GiB of weights: "
        f"{what} fit{'s' if chosen.workload.has_load else ''} {where} for ${sibling.usd_per_hour:.2f} per hour"
    )
    less = "; ".join(_held(offer, length, requests) for offer in sibling.smaller)
    unknown = "" if sibling.revision else " Its commit is not among the facts: `new` needs the Hub."
    return f"{fits}{'. For less: ' + less if less else ''}.{unknown}"


def _held(offer: Offer, length: int, requests: int) -> str:
    """What an offer holds of the requested size."""
    where = f"{gpu_option(offer.gpu, offer.gpus)} (${offer.usd_per_hour:.2f}) holds"
    if offer.max_num_seqs:
        held = f"{where} {offer.max_num_seqs} requests at once"
    else:
        held = f"{where} one request of up to {offer.longest:,} tokens"
    if offer.max_model_len in (0, length):
        return held
    return f"{held}, or {requests} of up to {offer.max_model_len:,} tokens"


def budget_text(chosen: Candidate, budget: Budget) -> str:
    """What the budget buys, and what the next step up costs."""
    length, requests = chosen.requested
    price = f"${budget.usd_per_hour:.2f} per hour"
    if budget.buys is None:
        buys = f"{price} buys no GPU that runs {chosen.model.id}"
    else:
        buys = f"For {price}, {_held(budget.buys, length, requests)}"
    if budget.next is None:
        return f"{buys}."
    up = f"{gpu_option(budget.next.gpu, budget.next.gpus)} for ${budget.next.usd_per_hour:.2f} per hour"
    brings = "" if chosen.fits else f", which holds {requests} requests of {length:,} tokens"
    return f"{buys}. The next step up is {up}{brings}."
