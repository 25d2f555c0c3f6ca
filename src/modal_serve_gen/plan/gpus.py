"""Modal's GPU names, their prices by region, and which weights they run (pure, over facts/gpus.toml)."""

import re
from dataclasses import dataclass

from modal_serve_gen import facts
from modal_serve_gen.errors import BadInput, nearest, quoted
from modal_serve_gen.models import Model

GPU = re.compile(r"\s*([A-Za-z0-9!+-]+?)\s*(?::\s*([0-9]+)\s*)?")
DOCUMENTED_SPELLING = {"A10G": "A10"}


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


@dataclass(frozen=True, slots=True)
class Support:
    """How a GPU runs a model's weights."""

    refusal: str | None = None  # why it does not run them
    native: bool = True  # computes in the format of the weights
    float16: bool = False  # the GPU has no bfloat16, so the model runs in float16
    remarks: tuple[str, ...] = ()  # sentences for the plan


def support(model: Model, gpu: str, cache_dtype: str) -> Support:
    """Whether and how this GPU runs the model's weights with that KV cache."""
    rules, capability = facts.quantization(), gpu_facts(gpu).compute_capability
    if cache_dtype.startswith("fp8") and capability < rules.kv_cache_fp8.least:
        return Support(f"{gpu} does not support FP8, which a KV cache in {cache_dtype} requires", False)
    if cache_dtype.startswith("nvfp4") and capability < rules.formats["nvfp4"].native:
        return Support(f"{gpu} does not support FP4, which a KV cache in {cache_dtype} requires", False)
    remarks, float16 = [], capability < rules.float16.bfloat16_from and model.dtype == "bfloat16"
    if float16:
        if {model.model_type, model.text_model_type} & set(rules.float16.unsupported):
            refusal = f"{gpu} has no bfloat16, and the engine does not run {model.model_type} in float16"
            return Support(refusal, False)
        remarks.append(f"{gpu} has no bfloat16: the model runs in float16, in which it was not trained.")
    rule = _rule(model.quantization)
    if rule is not None and capability < rule.least:
        refusal = f"{gpu} cannot run {model.quantization} weights (compute capability below {rule.least})"
        return Support(refusal, False)
    if rule is not None and capability < rule.native:
        remarks.append(f"{gpu} computes {model.quantization} weights in 16 bits ({rule.kernels_below}).")
    return Support(native=not remarks, float16=float16, remarks=tuple(remarks))


def _rule(quantization: str | None) -> facts.Format | None:
    formats, name = facts.quantization().formats, quantization or ""
    return formats.get(name) or formats.get(name.split("-int")[0])
