"""Modal's GPU strings, what they cost where, and which of them run which weights (pure, over facts/gpus.toml)."""

import re

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
            f"{quoted(text)} is not a GPU that Modal documents.{near}",
            f"Write NAME or NAME:COUNT, with NAME one of {', '.join(facts.gpus())}.",
        )
    count, limit = int(match[2] or 1), gpu_facts(name).max_count
    if not 1 <= count <= limit:
        raise BadInput(
            f"{quoted(text)} asks for {count} GPUs; one container takes 1 to {limit} of {name}.",
            f"Choose a count of 1 to {limit}{', or a GPU with more memory' if count else ''}.",
        )
    return DOCUMENTED_SPELLING.get(name, name), count


def gpu_facts(name: str) -> facts.Gpu:
    """The facts of a GPU by any spelling that `parse_gpu` returns."""
    return facts.gpus()[facts.gpu_aliases().get(name, name)]


def region_multiplier(region: str | None) -> float:
    """What a compute region, or a comma-separated list of them, multiplies the price by; of a list, the lowest."""
    if not region:
        return 1.0
    known, price = facts.regions().compute.broad, facts.regions().multipliers
    return min(price.broad if part.strip() in known else price.narrow for part in region.split(","))


def routing_region(compute: str | None) -> str:
    """Where requests should enter Modal for containers in this compute region (a list: the first counts)."""
    known = facts.regions().routing
    wanted = (compute or "").split(",")[0].strip()
    if wanted in known.regions:
        return wanted
    return next((near for prefix, near in known.nearest.items() if wanted.startswith(prefix)), known.default)


def usd_per_hour(name: str, count: int, region: str | None = None) -> float:
    """USD for one hour of one container's GPUs, from the price per second; CPU and memory are not in it."""
    return round(gpu_facts(name).usd_per_s * 3600 * count * region_multiplier(region), 2)


def runs_on(model: Model, name: str, cache_dtype: str) -> tuple[str | None, bool, str | None]:
    """Whether this GPU runs these weights: (why not, whether in its own arithmetic, a note for the plan)."""
    rules, capability = facts.quantization(), gpu_facts(name).compute_capability
    if cache_dtype.startswith("fp8") and capability < rules.kv_cache_fp8.least:
        return f"{name} has no FP8, which the KV cache in {cache_dtype} needs", False, None
    if cache_dtype.startswith("nvfp4") and capability < rules.formats["nvfp4"].native:
        return f"{name} has no FP4, which the KV cache in {cache_dtype} needs", False, None
    if capability < rules.float16.bfloat16_from and model.dtype == "bfloat16":
        if {model.model_type, model.text_model_type} & set(rules.float16.unsupported):
            return f"{name} has no bfloat16, and the engine refuses {model.model_type} in float16", False, None
        note = f"{name} has no bfloat16: the model runs in float16, which its makers did not train it in."
        native = False
    else:
        note, native = None, True
    rule = _rule(model.quantization)
    if rule is None:
        return None, native, note
    if capability < rule.least:
        return f"{name} cannot run {model.quantization} weights (compute capability below {rule.least})", False, None
    if capability < rule.native:
        below = f"{name} computes {model.quantization} weights in 16 bits ({rule.kernels_below})."
        return None, False, f"{note} {below}" if note else below
    return None, native, note


def _rule(quantization: str | None) -> facts.Format | None:
    formats, name = facts.quantization().formats, quantization or ""
    return formats.get(name) or formats.get(name.split("-int")[0])


def splits(model: Model, count: int) -> str | None:
    """Why the model cannot be cut over so many GPUs, or None when it can (vLLM 0.33.0's own conditions)."""
    if model.num_attention_heads % count:
        return f"{count} GPUs do not divide its {model.num_attention_heads} attention heads"
    for layer in model.layers:
        if layer.kv_heads and layer.kv_heads % count and count % layer.kv_heads:
            return f"{count} GPUs do not divide its {layer.kv_heads} KV heads"
    if model.quantization_block:
        for size in model.shard_sizes:
            if size % (count * model.quantization_block):
                return (
                    f"{count} GPUs cut a layer of {size:,} columns across its FP8 blocks of {model.quantization_block}"
                )
    return None
