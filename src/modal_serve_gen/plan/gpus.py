"""Modal's GPU names, and their prices by region (pure, over facts/gpus.toml)."""

import re

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted

GPU = re.compile(r"\s*([A-Za-z0-9!+-]+?)\s*(?::\s*([0-9]+)\s*)?")
DOCUMENTED_SPELLING = {"A10G": "A10"}
HOURS_A_MONTH = 730


def parse_gpu(text: str) -> tuple[str, int]:
    """ "h100:2" -> ("H100", 2), in Modal's spelling; A100, H100! and B200+ stay as they are.

    Raises BadInput for an unknown name (naming the nearest) or a count out of range.
    """
    names = [*facts.gpus(), *facts.gpu_aliases()]
    match = GPU.fullmatch(text) if len(text) <= 40 else None
    by_lower = {name.lower(): name for name in names}
    name = by_lower.get(match[1].lower()) if match else None
    if not match or name is None:
        near = nearest((match[1] if match else text[:40]).upper(), names)
        raise BadInput(
            f"{quoted(text)} is not a GPU type that Modal documents.{near}",
            f"Use NAME or NAME:COUNT, where NAME is one of {', '.join(facts.gpus())}.",
        )
    count, limit = int(match[2] or 1), gpu_facts(name).max_count
    if not 1 <= count <= limit:
        raise BadInput(
            f"{quoted(text)} requests {count} GPUs; one container can have 1 to {limit} {name}.",
            f"Choose a count of 1 to {limit}{', or a GPU with more memory' if count else ''}.",
        )
    return DOCUMENTED_SPELLING.get(name, name), count


def gpu_option(gpu: str, count: int) -> str:
    """The value of --gpu, as `parse_gpu` reads it."""
    return gpu if count == 1 else f"{gpu}:{count}"


def gpu_facts(name: str) -> facts.Gpu:
    """The facts of a GPU by any spelling that `parse_gpu` returns."""
    return facts.gpus()[facts.gpu_aliases().get(name, name)]


def region_multiplier(region: str | None) -> float:
    """The factor of a compute region on the price; for a comma-separated list, the lowest."""
    if not region:
        return 1.0
    broad, price = facts.regions().compute.broad, facts.regions().multipliers
    return min(price.broad if part.strip() in broad else price.narrow for part in region.split(","))


def routing_region(compute: str | None) -> str:
    """The routing region for containers in this compute region (of a list, the first)."""
    routing = facts.regions().routing
    region = (compute or "").split(",")[0].strip()
    if region in routing.regions:
        return region
    return next((near for prefix, near in routing.nearest.items() if region.startswith(prefix)), routing.default)


def usd_per_hour(name: str, count: int, region: str | None = None) -> float:
    """USD per hour for the GPUs of one container, from the price per second; CPU and memory are extra."""
    return round(gpu_facts(name).usd_per_s * 3600 * count * region_multiplier(region), 2)
